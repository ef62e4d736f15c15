"""The interventional robustness score against a slow loop, closed forms, and what its scale means."""

import numpy as np
import pytest

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable
from equilab.metrics.supervised.irs import IRS, expected_deviations
from tests.refused import refused

SIZES = (3, 4, 5, 30)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
UNIT = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)


def score(codes: np.ndarray, *, metric: IRS | None = None, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    return (metric or IRS(5000))(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


def entangled() -> np.ndarray:
    rng = np.random.default_rng(0)
    return UNIT @ (np.eye(4, 6) + 0.4 * rng.standard_normal((4, 6))) + 0.3 * rng.standard_normal((len(UNIT), 6))


def slow_score(codes: np.ndarray, factors: np.ndarray, quantile: float) -> tuple[float, np.ndarray]:
    """One block, one factor, one bin at a time."""
    matrix, weights = np.zeros((codes.shape[1], factors.shape[1])), np.zeros(codes.shape[1])
    for row, code in enumerate(codes.T):
        weights[row] = max(abs(value - code.mean()) for value in code)
        for column, factor in enumerate(factors.T):
            bins = np.digitize(factor, np.histogram(factor, 20)[1][:-1])
            found = []
            for value in set(bins.tolist()):
                group = code[bins == value]
                found.append(np.quantile(np.abs(group - group.mean()), quantile))
            matrix[row, column] = 1 - np.mean(found) / weights[row]
    return float(np.average(matrix.max(axis=1), weights=weights)), matrix


@pytest.mark.parametrize("quantile", [0.99, 1.0])
def test_the_score_is_that_of_the_procedure_written_as_a_loop(quantile):
    codes = entangled()
    rows = CodeTable(codes, FACTORS).sample(5000, np.random.default_rng(3))
    value, matrix = slow_score(codes[rows], FACTORS[rows], quantile)
    found = score(codes, metric=IRS(5000, quantile=quantile), seed=3)
    assert 0.2 < value < 0.9
    assert found.value == pytest.approx(value, abs=1e-12)
    np.testing.assert_allclose(found.matrix, matrix, atol=1e-12)
    np.testing.assert_allclose(list(found.per_block.values()), matrix.max(axis=1), atol=1e-12)


def test_a_perfect_code_scores_one_where_values_fit_the_bins():
    found = score(UNIT[:, :3])
    assert found.value == pytest.approx(1, abs=1e-12)
    assert score(UNIT).per_block["z3"] == pytest.approx(0.97, abs=0.02)  # 30 values in 20 bins


def test_a_code_of_two_factors_is_as_robust_as_its_larger_share():
    """z = a + 2 b, a and b of three values: fixing b leaves a deviation of 1 at 2 of 3, of 3 at most."""
    factors = np.stack(np.unravel_index(np.arange(9), (3, 3)), axis=1)
    code = factors[:, :1] + 2.0 * factors[:, 1:]
    found = score(code, metric=IRS(3000, quantile=1.0), factors=factors)
    np.testing.assert_allclose(found.matrix, [[1 - 2 / 3, 1 - 1 / 3]])  # each of the nine rows once
    assert found.value == pytest.approx(found.matrix.max())


def test_noise_scores_one_minus_the_quantile_of_its_deviations_over_their_maximum():
    rng = np.random.default_rng(0)
    uniform, gaussian = rng.uniform(-1, 1, (200_000, 2)), rng.standard_normal((200_000, 2))
    factors = rng.integers((3, 4), size=(200_000, 2))
    metric = IRS(20_000)
    assert score(uniform, metric=metric, factors=factors).value == pytest.approx(0.01, abs=0.02)
    largest = np.abs(gaussian[CodeTable(gaussian, factors).sample(20_000, np.random.default_rng(0))]).max(axis=0)
    expected = np.average(1 - 2.576 / largest, weights=largest)
    assert score(gaussian, metric=metric, factors=factors).value == pytest.approx(expected, abs=0.03)
    assert expected > 0.3


def test_a_common_scale_does_not_matter_but_that_of_one_code_is_its_weight():
    codes = entangled()
    assert score(8 * codes).value == pytest.approx(score(codes).value, abs=1e-12)
    found = score(codes)
    best = max(found.per_block, key=found.per_block.__getitem__)
    louder = codes * np.where(np.arange(6) == int(best[1:]), 1000.0, 1.0)
    assert score(louder).value == pytest.approx(found.per_block[best], abs=0.01)
    assert score(louder).value > found.value + 0.01


@pytest.mark.parametrize("constant", [0.0, 0.1, 7.0])
def test_dead_codes_weigh_nothing_and_alone_score_zero(constant):
    found = score(np.column_stack([UNIT, np.full(len(UNIT), constant)]))
    assert found.value == pytest.approx(score(UNIT).value, abs=1e-12)
    assert found.per_block["z4"] == 0
    dead = score(np.full((len(UNIT), 2), constant))
    assert dead.value == 0
    assert not dead.matrix.any()
    assert set(dead.per_factor.values()) == {0.0}


def test_duplicates_and_order_do_not_matter():
    codes = entangled()
    assert score(np.column_stack([codes, codes])).value == pytest.approx(score(codes).value, abs=1e-12)
    assert score(codes[:, ::-1]).value == pytest.approx(score(codes).value, abs=1e-12)


def test_distances_in_a_block_are_euclidean_and_free_of_rotation():
    codes = np.column_stack([UNIT[:, 0], UNIT[:, 1], UNIT[:, 2]])
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    turned = np.column_stack([codes[:, :2] @ turn, codes[:, 2]])
    found = score(codes, blocks=[(0, 1), 2])
    np.testing.assert_allclose(score(turned, blocks=[(0, 1), 2]).matrix, found.matrix, atol=1e-9)
    assert abs(score(turned).value - score(codes).value) > 0.1


def test_a_perfect_circle_scores_one():
    angle = 2 * np.pi * FACTORS[:, 2] / 5
    codes = np.column_stack([np.cos(angle), np.sin(angle), UNIT[:, :2]])
    assert score(codes, blocks=[CodeBlock((0, 1), Circle()), 2, 3]).value == pytest.approx(1, abs=1e-9)


def test_names_and_gaps_of_factor_values_do_not_matter():
    """Bins of raw values would put 0, 1 and 2 together beside 1000."""
    renamed = FACTORS.copy()
    renamed[:, 2] = np.array([-1, 0, 1, 2, 1000])[FACTORS[:, 2]]
    assert score(UNIT, factors=renamed).value == score(UNIT).value


def test_the_mean_over_values_counts_each_value_once():
    values, cells = [np.array([[0.0], [2.0], [5.0], [5.0], [5.0], [5.0]])], np.array([[0], [0], [1], [1], [1], [1]])
    assert expected_deviations(values, cells, quantile=1.0).tolist() == [[0.5]]


@pytest.mark.parametrize(("setting", "value"), [("num_samples", 1), ("bins", 1), ("quantile", 1.1), ("quantile", -0.1)])
def test_settings_that_make_no_sense_are_refused(setting, value):
    with refused(SettingError, setting, got=value):
        IRS(**{setting: value})
