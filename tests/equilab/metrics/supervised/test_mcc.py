"""The mean correlation coefficient against scipy and all assignments, and its closed forms."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import spearmanr

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable
from equilab.metrics.supervised.mcc import MCC, MCCSpearman, assign
from tests.refused import refused

SIZES = (3, 4, 5, 6)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
BOTH = pytest.mark.parametrize("metric", [MCC(), MCCSpearman()], ids=["pearson", "spearman"])


def score(metric: MCC | MCCSpearman, codes: np.ndarray, *, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    return metric(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


def entangled() -> np.ndarray:
    rng = np.random.default_rng(0)
    return FACTORS @ (np.eye(4, 6) + 0.4 * rng.standard_normal((4, 6))) + rng.standard_normal((len(FACTORS), 6))


@BOTH
def test_the_score_is_that_of_the_best_assignment_by_trying_all(metric):
    codes = entangled()
    rows = CodeTable(codes, FACTORS).sample(10_000, np.random.default_rng(2))
    joined = np.column_stack([codes[rows], FACTORS[rows]])
    every = np.corrcoef(joined.T) if isinstance(metric, MCC) else spearmanr(joined).statistic
    correlations = np.abs(every[:6, 6:])
    best = max(correlations[list(chosen), range(4)].mean() for chosen in permutations(range(6), 4))
    found = score(metric, codes, seed=2)
    assert found.value == pytest.approx(best, abs=1e-10)
    np.testing.assert_allclose(found.matrix, correlations, atol=1e-10)
    assert sum(found.per_block.values()) == pytest.approx(sum(found.per_factor.values()))


@BOTH
def test_a_perfect_code_scores_one_whatever_its_order_scale_sign_and_offset(metric):
    codes = (FACTORS * [1e-8, -3.0, 1e6, 2.0] + [5.0, 0.0, -1e6, 1e3])[:, [2, 0, 3, 1]]
    assert score(metric, codes).value == pytest.approx(1, abs=1e-9)


def test_a_monotone_code_scores_one_by_ranks_alone():
    codes = np.exp(FACTORS.astype(np.float64))
    codes[:, 1] *= -1
    assert score(MCCSpearman(), codes).value == pytest.approx(1, abs=1e-9)
    expected = np.mean([abs(np.corrcoef(FACTORS[:, k], codes[:, k])[0, 1]) for k in range(4)])
    assert score(MCC(), codes).value == pytest.approx(expected, abs=0.01)
    assert expected < 0.95


def test_one_code_of_two_factors_serves_one_of_them():
    """z = a + b, both of variance 1: correlation 1 / sqrt 2 with each, and only one may have it."""
    factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), axis=1)
    found = score(MCC(), factors.sum(axis=1, keepdims=True).astype(np.float64), factors=factors)
    np.testing.assert_allclose(found.matrix, 1 / np.sqrt(2), atol=0.02)
    assert sorted(found.per_factor.values())[0] == 0
    assert found.value == pytest.approx(1 / np.sqrt(8), abs=0.01)


@BOTH
def test_duplicated_and_dead_codes_change_nothing(metric):
    perfect = score(metric, FACTORS).value
    assert score(metric, np.column_stack([FACTORS, FACTORS, np.full(len(FACTORS), 0.1)])).value == perfect
    dead = score(metric, np.full((len(FACTORS), 3), 0.1))
    assert dead.value == 0
    assert not dead.matrix.any()


@BOTH
def test_noise_scores_next_to_nothing_but_not_zero(metric):
    rng = np.random.default_rng(0)
    factors = rng.integers(SIZES, size=(50_000, 4))
    found = score(metric, rng.standard_normal((50_000, 10)), factors=factors).value
    assert 0.005 < found < 0.04


def test_the_assignment_is_the_best_as_a_whole_and_not_the_first_found():
    """Greedy takes 0.9 first, then is left with 0.1: 1.0 in place of 1.5."""
    correlations = np.array([[0.9, 0.8], [0.7, 0.1]])
    assert correlations[assign(correlations)].sum() == pytest.approx(1.5)
    assert correlations.max(axis=0).mean() > 0.8  # the broken version, which may use a code twice


def test_the_multiple_correlation_of_a_block_is_free_of_how_it_is_mixed():
    mixed = FACTORS.astype(np.float64)
    mixed[:, :2] = mixed[:, :2] @ np.array([[1.0, 2.0], [3.0, -1.0]])
    found = score(MCC(), mixed, blocks=[(0, 1), 2, 3])
    np.testing.assert_allclose(found.matrix[0, :2], 1, atol=1e-9)
    assert found.value == pytest.approx(0.75, abs=0.01)  # three blocks for four factors


def test_an_angle_is_not_linear_in_its_circle():
    angle = 2 * np.pi * FACTORS[:, 3] / 6
    codes = np.column_stack([9 * np.cos(angle), 9 * np.sin(angle), FACTORS[:, :3]])
    found = score(MCC(), codes, blocks=[CodeBlock((0, 1), Circle()), 2, 3, 4])
    assert found.per_factor["factor3"] == pytest.approx(np.sqrt(6 / 35) / np.sin(np.pi / 6), abs=0.01)


@BOTH
def test_names_and_gaps_of_factor_values_do_not_matter(metric):
    renamed = FACTORS.copy()
    renamed[:, 3] = np.array([-9, 0, 1, 2, 50, 1000])[FACTORS[:, 3]]
    assert score(metric, FACTORS, factors=renamed).value == pytest.approx(score(metric, FACTORS).value, abs=1e-12)


@pytest.mark.parametrize("metric", [MCC, MCCSpearman], ids=["pearson", "spearman"])
def test_settings_that_make_no_sense_are_refused(metric):
    with refused(SettingError, "num_samples", expected="at least 2", got=0):
        metric(0)
