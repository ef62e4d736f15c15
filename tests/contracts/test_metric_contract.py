"""What every metric promises; a new one is found here by itself."""

import dataclasses
import inspect

import numpy as np
import pytest

import equilab.metrics
from equilab.errors import SettingError
from equilab.latents import Block, parse_blocks
from equilab.metrics import CodeTable, Metric

METRICS = [
    value
    for value in vars(equilab.metrics).values()
    if inspect.isclass(value) and issubclass(value, Metric) and not inspect.isabstract(value)
]
SIZES = (3, 4, 5, 6)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
PERFECT = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
NOISE = np.random.default_rng(0).standard_normal((len(FACTORS), 6))
MIXED = np.column_stack([PERFECT @ np.random.default_rng(1).standard_normal((4, 4)), PERFECT[:, :2]]) + NOISE


@pytest.fixture(params=METRICS, ids=lambda found: found.__name__)
def metric(request: pytest.FixtureRequest) -> Metric:
    return request.param()


def score(metric: Metric, codes: np.ndarray, *, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    return metric(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


def test_there_are_metrics_and_each_is_in_a_protocol():
    assert {"FactorVAEScore", "BetaVAEScore", "MIG"} <= {found.__name__ for found in METRICS}
    used = {type(metric) for metrics in equilab.metrics.PROTOCOLS.values() for metric in metrics}
    assert used == set(METRICS)


def test_a_metric_is_a_frozen_dataclass_of_few_settings_with_a_name_for_keys(metric):
    assert dataclasses.is_dataclass(metric)
    assert metric.__dataclass_params__.frozen
    assert len(dataclasses.fields(metric)) <= 8
    assert metric.name.isidentifier()
    assert metric.name == metric.name.lower()


def test_one_seed_gives_one_score(metric):
    first, again = score(metric, MIXED), score(metric, MIXED)
    assert first.value == again.value
    assert first.per_factor == again.per_factor
    np.testing.assert_array_equal(first.matrix, again.matrix)


def test_all_draws_come_from_the_generator(metric):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, other = score(metric, MIXED), score(metric, MIXED, seed=1)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    assert not np.array_equal(first.matrix, other.matrix)


def test_codes_and_factors_are_left_as_they_were(metric):
    codes, factors = MIXED.copy(), FACTORS.copy()
    codes.flags.writeable = factors.flags.writeable = False
    score(metric, codes, factors=factors)


@pytest.mark.parametrize("codes", [PERFECT, MIXED, NOISE, 0 * NOISE], ids=["perfect", "mixed", "noise", "dead"])
def test_a_score_lies_between_zero_and_one_and_names_every_factor(metric, codes):
    found = score(metric, codes)
    assert found.name == metric.name
    assert list(found.per_factor) == [f"factor{index}" for index in range(4)]
    assert np.isfinite(found.matrix).all()
    for value in (found.value, *found.per_factor.values()):
        assert type(value) is float
        assert 0 <= value <= 1 + 1e-12


def test_a_perfect_code_scores_one_and_noise_no_better_than_chance(metric):
    assert score(metric, PERFECT).value > 0.99
    assert score(metric, NOISE).value < 1 / len(SIZES) + 0.1


def test_a_worse_code_scores_less(metric):
    assert score(metric, NOISE).value < score(metric, MIXED).value < score(metric, PERFECT).value


def test_the_order_of_the_dimensions_does_not_matter(metric):
    order = np.random.default_rng(3).permutation(MIXED.shape[1])
    found, permuted = score(metric, MIXED), score(metric, MIXED[:, order])
    assert permuted.value == pytest.approx(found.value, abs=2e-3)  # a solver sums in another order


def test_dead_dimensions_change_nothing_but_by_sampling(metric):
    padded = np.column_stack([np.zeros(len(PERFECT)), PERFECT, np.full(len(PERFECT), 7.0)])
    assert score(metric, padded).value == pytest.approx(score(metric, PERFECT).value, abs=0.01)


def test_a_constant_factor_is_left_out(metric):
    with_color = np.column_stack([FACTORS[:, :2], np.full(len(FACTORS), 9), FACTORS[:, 2:]])
    found = score(metric, MIXED, factors=with_color)
    assert list(found.per_factor) == ["factor0", "factor1", "factor3", "factor4"]
    assert found.value == score(metric, MIXED).value


def test_names_and_gaps_of_factor_values_do_not_matter(metric):
    renamed = FACTORS * [7, 100, 3, 10**6] + [0, -50, 10**6, 2]
    assert score(metric, MIXED, factors=renamed).value == pytest.approx(score(metric, MIXED).value, abs=1e-12)


def test_without_blocks_each_dimension_is_one(metric):
    plain = score(metric, MIXED)
    for blocks in (list(range(6)), [(index,) for index in range(6)], parse_blocks(None, 6)):
        found = score(metric, MIXED, blocks=blocks)
        assert found.value == plain.value
        np.testing.assert_array_equal(found.matrix, plain.matrix)


def test_a_perfect_code_in_blocks_scores_one(metric):
    angle = 2 * np.pi * FACTORS[:, 2] / SIZES[2]
    codes = np.column_stack([np.cos(angle), PERFECT[:, [0, 1]], np.sin(angle), PERFECT[:, 3]])
    for pair in (Block((0, 3), "circle"), (0, 3)):
        assert score(metric, codes, blocks=[1, pair, 4, 2]).value > 0.99


def test_blocks_that_do_not_fit_are_refused(metric):
    with pytest.raises(SettingError, match="are in no block"):
        score(metric, MIXED, blocks=[(0, 1), 2])


def test_float32_scores_like_float64(metric):
    assert score(metric, MIXED.astype(np.float32)).value == pytest.approx(score(metric, MIXED).value, abs=0.01)
