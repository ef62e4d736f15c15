"""The interval of a mean of few Gaussian values: its coverage, and where there is none."""

import numpy as np
import pytest

from equilab.runs.study.summary import mean_interval


def test_the_interval_holds_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    for n in (2, 3, 10):
        inside = [low < 0 < high for low, high in (mean_interval(row.tolist()) for row in rng.normal(size=(2000, n)))]
        assert np.mean(inside) == pytest.approx(0.95, abs=0.02)
    assert mean_interval([0.5]) is None
    assert mean_interval([0.5, 0.5, 0.5]) is None
    assert mean_interval([0.3, 0.1 + 0.2]) is None  # equal but for round-off
