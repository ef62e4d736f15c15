"""Rank correlations are scipy's; a score that orders nothing has none."""

import numpy as np
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
