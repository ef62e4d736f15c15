"""The FactorVAE score against slow loops, its laws, and the mistakes that give another number."""

from dataclasses import replace

import numpy as np
import pytest

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock, parse_blocks
from equilab.metrics import CodeTable, FactorVAEScore
from equilab.metrics.supervised.factor_vae_score import count_votes, majority_accuracy, relative_variances
from tests.refused import refused

SIZES = (3, 6, 10, 8, 8)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
UNIT = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)  # a perfect code of variance 1
QUICK = FactorVAEScore(num_train=1500, num_test=1500)


def entangled(seed: int = 0, noise: float = 1.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixing = np.eye(5, 7) + 0.5 * rng.standard_normal((5, 7))
    return UNIT @ mixing + noise * rng.standard_normal((len(UNIT), 7))


def score(codes: np.ndarray, *, metric: FactorVAEScore = QUICK, seed: int = 0, blocks=None):
    return metric(CodeTable(codes, FACTORS), rng=np.random.default_rng(seed), blocks=blocks)


def slow_score(codes: np.ndarray, num: int, rng: np.random.Generator, *, batch_size: int = 64) -> float:
    """The published procedure, one vote at a time, sampling factors and looking up the row that shows them."""
    rows = rng.integers(SIZES, size=(10_000, 5))
    spread = codes[np.ravel_multi_index(tuple(rows.T), SIZES)].var(axis=0, ddof=1)
    tables = np.zeros((2, codes.shape[1], 5), int)
    for table in tables:
        for _ in range(num):
            factor = rng.integers(5)
            batch = rng.integers(SIZES, size=(batch_size, 5))
            batch[:, factor] = batch[0, factor]
            local = codes[np.ravel_multi_index(tuple(batch.T), SIZES)].var(axis=0, ddof=1)
            table[np.argmin(local / spread), factor] += 1
    train, test = tables
    return sum(test[code, np.argmax(train[code])] for code in range(codes.shape[1])) / num


def test_a_perfect_code_scores_one():
    found = score(UNIT)
    assert found.value == 1
    assert set(found.per_factor.values()) == {1.0}
    assert np.count_nonzero(found.matrix) == 5


@pytest.mark.parametrize("noise", [1.5, 2.5])
def test_the_score_is_that_of_the_procedure_written_as_a_loop(noise):
    codes = entangled(noise=noise)
    slow = slow_score(codes, 1500, np.random.default_rng(1))
    assert 0.3 < slow < 0.97  # neither chance nor the ceiling, where anything agrees
    assert score(codes).value == pytest.approx(slow, abs=0.06)  # 4 standard errors of two samples of 1500


def test_noise_scores_about_one_in_five():
    noise = np.random.default_rng(0).standard_normal((len(FACTORS), 7))
    assert score(noise, metric=FactorVAEScore()).value == pytest.approx(0.2, abs=0.03)


def test_relative_variances_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    local, total, active = rng.random((4, 5)), rng.random(5), np.array([True, False, True, True, False])
    blocks = parse_blocks([(0, 1, 2), 3, 4], 5)
    found = relative_variances(local, total, active, blocks)
    for row in range(4):
        assert found[row, 0] == pytest.approx((local[row, 0] + local[row, 2]) / (total[0] + total[2]))
        assert found[row, 1] == pytest.approx(local[row, 3] / total[3])
        assert found[row, 2] == np.inf


@pytest.mark.parametrize("dead", [0.0, 3.0])
def test_a_dead_dimension_never_wins(dead):
    """0/0 is NaN, and numpy's argmin takes the first NaN: without a guard a constant code wins every vote."""
    codes = np.column_stack([np.full(len(UNIT), dead), UNIT])

    def unguarded() -> float:
        total = codes.var(axis=0, ddof=1)
        batch = codes[FACTORS[:, 2] == 4]
        with np.errstate(invalid="ignore"):
            return float(np.argmin(batch.var(axis=0, ddof=1) / total))

    assert unguarded() == 0
    for threshold in (0.05, 0.0):
        found = score(codes, metric=replace(QUICK, active_std=threshold))
        assert found.value == 1
        assert not found.matrix[0].any()


def test_a_dimension_below_the_threshold_is_dead_however_much_it_knows():
    codes = np.column_stack([UNIT[:, :4], 0.049 * UNIT[:, 4]])
    found = score(codes)
    assert not found.matrix[4].any()
    assert found.value < 0.9
    assert score(codes, metric=replace(QUICK, active_std=0.04)).value == 1


@pytest.mark.parametrize("threshold", [-0.1, np.nan])
def test_a_threshold_that_makes_no_sense_is_refused(threshold):
    with refused(SettingError, "active_std", expected="0 or more", got=threshold):
        FactorVAEScore(active_std=threshold)


def test_when_all_dimensions_are_dead_the_score_is_zero():
    found = score(0.01 * UNIT)
    assert found.value == 0
    assert set(found.per_factor.values()) == {0.0}
    assert found.matrix.shape == (5, 5)
    assert not found.matrix.any()


def test_the_standard_deviation_has_ddof_one():
    """Two observations 0.08 apart have standard deviation 0.057 with ddof 1, and 0.04, dead, with ddof 0."""
    factors = np.array([[0], [0], [1], [1]])
    metric = FactorVAEScore(num_train=5, num_test=5, batch_size=2, num_variance=2)
    table = CodeTable(np.array([[0.0], [0.0], [0.08], [0.08]]), factors)
    assert {metric(table, rng=np.random.default_rng(seed)).value for seed in range(20)} == {0.0, 1.0}


def test_variances_are_relative_so_the_scale_of_an_active_dimension_does_not_matter():
    codes = entangled()
    scaled = codes * 2.0 ** np.array([-2, 5, 0, 3, -1, 8, 0])
    assert score(scaled).value == score(codes).value
    np.testing.assert_array_equal(score(scaled).matrix, score(codes).matrix)
    local = scaled[FACTORS[:, 0] == 1].var(axis=0)  # the broken version: the least absolute variance
    assert local.argmin() == scaled.var(axis=0).argmin()


def test_votes_of_the_table_are_not_scored_again():
    """With few votes on noise the table fits its own votes far better than fresh ones."""
    noise = np.random.default_rng(0).standard_normal((len(FACTORS), 20))
    table, blocks = CodeTable(noise, FACTORS), parse_blocks(None, 20)
    ours, broken = [], []
    for seed in range(40):
        ours.append(FactorVAEScore(60, 60)(table, rng=np.random.default_rng(seed)).value)
        rng, total = np.random.default_rng(seed), noise.var(axis=0)
        train = count_votes(table, blocks, total, total > 0, num=60, batch_size=64, rng=rng)
        broken.append(majority_accuracy(train, train).accuracy)
    assert np.mean(ours) == pytest.approx(0.2, abs=0.04)
    assert np.mean(broken) > 0.4


def test_majority_accuracy_is_that_of_a_loop():
    rng = np.random.default_rng(0)
    train, test = rng.integers(20, size=(2, 6, 4))
    right = np.zeros(4)
    for block in range(6):
        right[train[block].argmax()] += test[block, train[block].argmax()]
    found = majority_accuracy(train, test)
    assert found.accuracy == pytest.approx(right.sum() / test.sum())
    np.testing.assert_allclose(found.per_factor, right / test.sum(axis=0))


def test_a_circle_is_one_block_whose_votes_are_for_its_angle():
    rng = np.random.default_rng(0)
    angle = 2 * np.pi * FACTORS[:, 2] / 10
    codes = np.column_stack([np.cos(angle), np.sin(angle), UNIT[:, [0, 1, 3, 4]]])
    codes[:, :2] += 0.1 * rng.standard_normal((len(codes), 2))
    found = score(codes, blocks=[2, CodeBlock((0, 1), Circle()), 3, 4, 5])
    assert found.value == 1
    assert found.matrix[1].tolist() == [0, 0, found.matrix[:, 2].sum(), 0, 0]


def test_a_block_is_active_when_one_of_its_axes_is():
    codes = np.column_stack([UNIT, np.zeros(len(UNIT))])
    found = score(codes, blocks=[(0, 5), 1, 2, 3, 4])
    assert found.value == 1
    assert found.matrix.shape == (5, 5)


def test_a_factor_with_one_value_is_neither_asked_nor_listed():
    factors = np.column_stack([np.zeros(len(FACTORS), int), FACTORS])
    table = CodeTable(UNIT, factors, ("color", "a", "b", "c", "d", "e"))
    found = QUICK(table, rng=np.random.default_rng(0))
    assert found.value == 1
    assert list(found.per_factor) == ["a", "b", "c", "d", "e"]


def test_a_large_offset_does_not_disturb_the_variance():
    codes = (UNIT + 1000).astype(np.float32)
    assert score(codes).value == 1


@pytest.mark.parametrize(
    ("setting", "least"), [("num_train", 1), ("num_test", 1), ("batch_size", 2), ("num_variance", 2)]
)
def test_settings_that_make_no_sense_are_refused(setting, least):
    with refused(SettingError, setting, expected=f"at least {least}", got=0):
        FactorVAEScore(**{setting: 0})
