"""What the verdict of the report on cyclic factors does not claim: few values, and steps that were not fitted."""

import numpy as np
import pytest

from equilab.metrics.symmetry.lsbd_report import LSBDReport, lsbd_report_codes

A, B = 2 * np.pi * np.indices((16, 12)) / np.array([16, 12]).reshape(2, 1, 1)
PERFECT = np.stack([np.cos(A), np.sin(A), np.cos(B), np.sin(B)], -1)


def report(*, residuals: bool = True) -> LSBDReport:
    return lsbd_report_codes(PERFECT, rng=np.random.default_rng(0), residuals=residuals)


@pytest.mark.parametrize(("size", "words"), [(3, "uninformative for x: with 3"), (4, "says little about x: with 4")])
def test_few_values_are_warned_of(size, words):
    """Random points: three score 0, four 0.37 in the mean, and the broken version found a plane turned linearly."""
    points = np.random.default_rng(0).standard_normal((size, 2))
    found = lsbd_report_codes(points, rng=np.random.default_rng(0), names=("x",), residuals=False)
    assert found.chance.tolist() == [{3: 0.0, 4: 0.37}[size]]
    assert words in found.verdict
    assert "values random codes score" in found.verdict
    assert "linearly" not in found.verdict
    assert found.flat()["lsbd_chance_x"] == found.chance[0]


def test_without_the_fits_nothing_is_called_linear():
    assert "linearly" in report().verdict
    found = report(residuals=False).verdict
    assert found.endswith("rotates its own plane once per cycle, linearity not tested; no diagnostic contradicts this")
