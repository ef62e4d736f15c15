"""What noise scores in D_LSBD: the formula and its exceptions against draws, which the metric itself scores."""

import numpy as np
import pytest

from equilab.metrics.symmetry.chance import chance_level
from equilab.metrics.symmetry.lsbd import lsbd_distances


@pytest.mark.parametrize(("size", "tolerance"), [(3, 1e-12), (4, 0.03), (5, 0.03), (6, 0.03), (16, 0.02), (64, 0.01)])
def test_it_is_the_mean_of_random_points(size, tolerance):
    rng = np.random.default_rng(0)
    scores = [lsbd_distances(rng.standard_normal((size, 2))).distance[0] for _ in range(400)]
    assert chance_level(size) == pytest.approx(np.mean(scores), abs=tolerance)


def test_it_rises_with_the_number_of_values():
    levels = [chance_level(size) for size in range(3, 80)]
    assert levels == sorted(levels)
    assert 0 == levels[0] < levels[-1] < 1
