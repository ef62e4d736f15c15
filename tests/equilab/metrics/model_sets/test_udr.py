"""UDR: models of one set of axes agree, rotated ones do not; the formula of the paper against a slow loop."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import Lasso

from equilab.errors import DataError, SettingError, ShapeError
from equilab.metrics import udr
from equilab.metrics.model_sets.udr import relative_strength
from tests.refused import refused

RNG = np.random.default_rng(0)
CODES = RNG.standard_normal((1_000, 4))
CODES = np.linalg.qr(CODES - CODES.mean(0))[0] * np.sqrt(1_000)  # of covariance one, exactly
METHODS = ["lasso", "spearman"]


def rotated(seed: int) -> np.ndarray:
    return CODES @ np.linalg.qr(np.random.default_rng(seed).standard_normal((4, 4)))[0]


def slow(codes: list[np.ndarray], active: list[np.ndarray], method: str) -> np.ndarray:
    """UDR_ij of the paper, eq. 3, one pair and one dimension at a time."""
    found = np.zeros((len(codes), len(codes)))
    units = [(each - each.mean(0)) / each.std(0) * kept for each, kept in zip(codes, active, strict=True)]
    for i, first in enumerate(units):
        for j, second in enumerate(units):
            if i == j:
                continue
            relation = np.zeros((first.shape[1], second.shape[1]))
            for b in np.flatnonzero(active[j]):
                if method == "lasso":
                    relation[:, b] = np.abs(Lasso(alpha=0.1, tol=1e-10).fit(first, second[:, b]).coef_)
                else:
                    for a in np.flatnonzero(active[i]):
                        relation[a, b] = abs(spearmanr(codes[i][:, a], codes[j][:, b]).statistic)
            relation = relation[active[i]][:, active[j]]
            by_b = [column.max() ** 2 / column.sum() if column.sum() else 0 for column in relation.T]
            by_a = [row.max() ** 2 / row.sum() if row.sum() else 0 for row in relation]
            found[i, j] = (sum(by_b) + sum(by_a)) / (active[i].sum() + active[j].sum())
    return found


@pytest.mark.parametrize("method", METHODS)
def test_the_scores_are_the_papers_formula(method):
    rng = np.random.default_rng(3)
    codes = [rotated(1) + 0.3 * rng.standard_normal((1_000, 4)), CODES, rotated(2)[:, :3] ** 3, np.exp(CODES[:, ::-1])]
    kl = [np.array([1, 0.009, 2, 3]), np.ones(4), np.array([0.011, 0.5, 1]), np.array([1, 1, 0.0, 1])]
    found = udr(codes, kl=kl, method=method)
    expected = slow(codes, [each > 0.01 for each in kl], method)
    np.testing.assert_allclose(found.pairwise, expected, atol=1e-5)
    for model in range(4):
        assert found.scores[model] == pytest.approx(np.median(np.delete(expected[:, model], model)), abs=1e-5)
    assert found.name == f"udr_{method}"


@pytest.mark.parametrize(("method", "perfect"), [("lasso", 0.9), ("spearman", 1.0)])
def test_permuted_mirrored_and_rescaled_models_agree_fully(method, perfect):
    codes = [CODES, -CODES[:, ::-1], CODES[:, [1, 0, 3, 2]] * [1, 2, -3, 40] + 7]
    found = udr(codes, kl=[np.ones(4)] * 3, method=method)
    assert (perfect - 0.07 < found.scores).all()  # ranks of independent codes correlate by chance
    assert (found.scores <= perfect + 1e-9).all()
    if method == "lasso":  # 1 - alpha, as weights are shrunk by it, and exactly 0 across orthogonal codes
        np.testing.assert_allclose(found.scores, 0.9, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_rotated_models_disagree_and_the_aligned_ones_are_picked(method):
    codes = [rotated(5), CODES, CODES[:, ::-1], rotated(6), -CODES, rotated(7)[:, :3]]
    found = udr([*codes, CODES[:, [2, 0, 1, 3]]], method=method)
    aligned = [1, 2, 4, 6]
    assert found.best in aligned
    assert found.scores[aligned].min() > found.scores[[0, 3, 5]].max()


def test_spearman_sees_through_a_monotone_warp():
    found = udr([CODES, np.exp(2 * CODES), CODES**3], method="spearman")
    np.testing.assert_allclose(found.pairwise[0, 1:], udr([CODES, CODES], method="spearman").pairwise[0, 1])


@pytest.mark.parametrize("method", METHODS)
def test_dead_dimensions_do_not_count(method):
    noise = 0.01 * np.random.default_rng(4).standard_normal((1_000, 2))
    padded = np.column_stack([noise[:, :1], CODES, np.full(1_000, 0.1), noise[:, 1:]])
    expected = udr([CODES, rotated(1), CODES], method=method)
    found = udr([padded, rotated(1), CODES], method=method)
    np.testing.assert_allclose(found.pairwise, expected.pairwise, atol=1e-9)
    assert found.active[0].tolist() == [False, True, True, True, True, False, False]
    kl = [np.r_[0.0, np.ones(4), 0.01, 0.005], np.ones(4), np.ones(4)]
    np.testing.assert_allclose(udr([padded, rotated(1), CODES], kl=kl, method=method).pairwise, expected.pairwise)


@pytest.mark.parametrize("method", METHODS)
def test_a_collapsed_model_scores_zero_and_is_no_model_to_agree_with(method):
    found = udr([0 * CODES, CODES, CODES[:, ::-1], CODES], method=method)
    assert found.scores[0] == 0
    assert (found.pairwise[0] == 0).all()
    assert found.scores[1:].min() > 0.85
    assert (udr([0 * CODES, 0 * CODES], method=method).scores == 0).all()
    constant = udr([np.ones((9, 2)), np.ones((9, 2))], kl=[np.ones(2)] * 2, method=method)  # alive by KL, yet constant
    assert (constant.scores == 0).all()


def test_the_two_sides_are_weighted_by_their_numbers_of_dimensions():
    """Not the mean of two means: one dimension that two of the other follow equally has (1 / 2 + 1 + 1) / 3."""
    assert relative_strength(np.ones((2, 1))) == pytest.approx((0.5 + 1 + 1) / 3)
    assert relative_strength(np.ones((1, 2))) == pytest.approx((0.5 + 1 + 1) / 3)
    assert relative_strength(np.zeros((2, 3))) == relative_strength(np.zeros((0, 3))) == 0


def test_the_order_of_models_and_dimensions_does_not_matter():
    codes = [CODES, rotated(1), rotated(2)]
    found = udr(codes).scores
    np.testing.assert_allclose(udr(codes[::-1]).scores, found[::-1], atol=1e-6)
    np.testing.assert_allclose(udr([each[:, [2, 0, 3, 1]] for each in codes]).scores, found, atol=1e-5)


def test_models_are_compared_with_those_of_their_group_only():
    codes = [CODES, CODES[:, ::-1], rotated(1), rotated(2), rotated(3)]
    found = udr(codes, groups=["a", "a", "b", "b", "c"])
    assert found.scores[:2] == pytest.approx(udr(codes[:2]).scores)
    assert found.scores[2:4] == pytest.approx(udr(codes[2:4]).scores)
    assert np.isnan(found.scores[4])
    assert found.best == 0
    numbered = udr(codes, groups=np.array([7, 7, 3, 3, 5]))
    np.testing.assert_array_equal(numbered.pairwise, found.pairwise)
    np.testing.assert_array_equal(numbered.scores, found.scores)


def test_mistakes_are_explained():
    with refused(DataError, "codes", expected="two or more", got=1):
        udr([CODES])
    with refused(ShapeError, "codes[1]", got="(999, 4) beside (1000, 4)"):
        udr([CODES, CODES[1:]])
    with refused(DataError, "codes[1]", expected="finite"):
        udr([CODES, np.where(CODES > 2, np.nan, CODES)])
    with refused(ShapeError, "kl", expected="[(4,), (4,)]", got=[(4,), (3,)]):
        udr([CODES, CODES], kl=[np.ones(4), np.ones(3)])
    with refused(ShapeError, "groups", expected="2 models", got=1):
        udr([CODES, CODES], groups=["a"])
    with refused(SettingError, "alpha", expected="positive", got=0.0):
        udr([CODES, CODES], alpha=0.0)
