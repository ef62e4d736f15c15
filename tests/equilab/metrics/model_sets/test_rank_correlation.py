"""Rank correlations are scipy's; a score that orders nothing has none."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from equilab.metrics import rank_correlations


def test_they_are_spearmans_with_ties():
    scores = np.random.default_rng(0).integers(0, 6, size=(30, 4)) * [1.0, -2.0, 1e9, 1e-9]
    np.testing.assert_allclose(rank_correlations(scores), spearmanr(scores).statistic, atol=1e-12)


def test_only_the_order_counts():
    scores = np.random.default_rng(1).uniform(size=(20, 3))
    warped = np.column_stack([np.exp(5 * scores[:, 0]), scores[:, 1] ** 3, -1 / (1 + scores[:, 2])])
    np.testing.assert_allclose(rank_correlations(warped), rank_correlations(scores))


def test_a_constant_score_has_no_correlation_but_with_itself():
    found = rank_correlations(np.array([[1.0, 5.0, 2.0], [2.0, 5.0, 1.0], [3.0, 5.0, 0.0]]))
    assert np.isnan(found[1, [0, 2]]).all()
    assert np.isnan(found[[0, 2], 1]).all()
    assert (found.diagonal() == 1).all()
    np.testing.assert_allclose(found[0, 2], -1)


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_scores_that_are_equal_but_for_rounding_tie(size):
    rounding = 1e-16 * np.random.default_rng(2).standard_normal(8)
    other = np.arange(8.0)
    constant = size * (0.7 + rounding)
    assert len(set(constant)) > 1
    assert np.isnan(rank_correlations(np.column_stack([constant, other]))[0, 1])
    steps = np.array([0.1, 0.1, 0.1, 0.4, 0.4, 0.4, 0.9, 0.9])
    found = rank_correlations(np.column_stack([size * steps, size * (steps + rounding), other]))
    np.testing.assert_allclose(found[0, 1], 1.0)
    assert found[1, 2] == found[0, 2]


def test_small_differences_on_a_large_score_still_order():
    scores = 0.9 + 1e-9 * np.arange(6.0)
    np.testing.assert_allclose(rank_correlations(np.column_stack([scores, np.arange(6.0)]))[0, 1], 1.0)
