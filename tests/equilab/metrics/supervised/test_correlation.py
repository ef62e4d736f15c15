"""Multiple correlations against least squares, and columns that have none."""

import numpy as np

from equilab.metrics.supervised.correlation import multiple_correlations, value_ranks


def test_one_axis_gives_the_absolute_correlation_and_several_that_of_the_fit():
    rng = np.random.default_rng(0)
    values, targets = rng.standard_normal((50, 3)), rng.standard_normal((50, 2))
    targets[:, 0] -= values[:, 0]
    found = multiple_correlations([values[:, [0]], values], targets)
    for column, target in enumerate(targets.T):
        assert np.isclose(found[0, column], abs(np.corrcoef(values[:, 0], target)[0, 1]))
        design = np.column_stack([np.ones(50), values])
        fit = design @ np.linalg.lstsq(design, target, rcond=None)[0]
        assert np.isclose(found[1, column], np.corrcoef(fit, target)[0, 1])


def test_constants_have_no_correlation_and_repeated_axes_add_none():
    x = np.random.default_rng(0).standard_normal((50, 1))
    y = x**2 + x
    for constant in (0.0, 0.1, 1e300):
        assert multiple_correlations([np.full((50, 1), constant), x], np.full((50, 1), constant)).tolist() == [[0], [0]]
    alone = multiple_correlations([x], y)
    repeated = np.concatenate([x, 3 * x, np.full((50, 1), 0.1), -x], axis=1)
    np.testing.assert_allclose(multiple_correlations([repeated], y), alone)


def test_tiny_and_huge_values_correlate_as_others_do():
    x = np.arange(10.0)[:, None]
    np.testing.assert_allclose(multiple_correlations([1e-200 * x, 1e200 * x], -x), 1)


def test_ranks_number_the_values_that_occur():
    factors = np.array([[5, -1], [9, -1], [5, 3], [7, 0]])
    assert value_ranks(factors).tolist() == [[0, 0], [2, 0], [0, 2], [1, 1]]
