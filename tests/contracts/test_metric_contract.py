"""What every metric promises; a new one is found here by itself."""

import dataclasses
import functools
import inspect

import numpy as np
import pytest

import equilab.metrics
from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock, parse_blocks
from equilab.metrics import MIG, GradientBoosting, Metric, Score
from tests.refused import refused
from tests.tables import gaussian_table

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
CODES = {"perfect": PERFECT, "noise": NOISE, "dead": 0 * NOISE, "mixed": MIXED}
LOG_VAR = np.random.default_rng(2).normal(-3, 0.1, NOISE.shape)
COUNT = 1_500  # what settings called num_... are reduced to

FIT_MUCH = {
    "dci",
    "dci_forest",
    "downstream_boosting",
    "downstream_logistic",
    "fairness",
    "strong_generalisation",
}  # fit many predictors

# What a metric does not promise, and why.
FACTORS_UNREAD = {"active_units", "gaussian_total_correlation", "gaussian_wasserstein", "mean_pairwise_mi"}
PERFECT_IS_LESS = {  # scores of a perfect code below one, by the protocols' own limits
    "downstream_logistic": 0.65,  # a linear classifier of a line names its ends
    "explicitness": 0.98,
    "kde_mig": 0.89,  # posteriors overlap
    "sap": 0.34,  # of 240 rows; its penalty counts for less on more
    "strong_generalisation": 0.96,  # three stages of trees on what is left of 360 rows
}
NOISE_IS_MORE = {"explicitness": 0.6, "infomec": 0.65, "modularity": 0.65}  # where chance is above 1 / k + 0.1
FACTORS_ARE_NUMBERS = {"dci_es", "dci_forest", "dci_lasso", "mcc", "sap_r2"}  # values are read as numbers, not as names
DIMENSIONS_COUNT = {"modularity"}  # a dead dimension is one more dimension, which counts 0
BETWEEN_IS_ANYWHERE = {"fairness"}  # predictions that fail are fair, too
DRAWS_NOTHING = {"active_units"}  # it reads the whole table
ORDER_MATTERS = {
    "dci_es": 0.005,
    "dci_forest": 0.03,
    "kde_mig": 0.01,
    "strong_generalisation": 0.01,
}  # draws are made dimension by dimension: how much their order moves the score
BLOCKS_DIFFER = {
    "dci_es": 0.06,
    "dci_lasso": 0.03,
    "downstream_logistic": 0.2,
    "kde_mig": 0.04,
    "mcc": 0.05,
    "mcc_spearman": 0.05,
    "sap": 0.2,
    "sap_r2": 0.1,
    "strong_generalisation": 0.06,
}  # a circle is read in another way than a line: how far its perfect score lies off


@pytest.fixture(params=METRICS, ids=lambda found: found.__name__)
def metric(request: pytest.FixtureRequest) -> Metric:
    return small(request.param())


def small(metric: Metric) -> Metric:
    """The metric with fewer draws."""
    counts = {each.name: getattr(metric, each.name) for each in dataclasses.fields(metric)}
    fewer = {
        name: min(count, 300 if metric.name in FIT_MUCH else COUNT)
        for name, count in counts.items()
        if name.startswith("num_")
    }
    if "boosting" in counts:
        fewer["boosting"] = GradientBoosting(stages=3)
    return dataclasses.replace(metric, **fewer)


def score(metric: Metric, codes: np.ndarray, *, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    log_var = np.resize(LOG_VAR[:, :1], (len(codes), 1))
    return metric(gaussian_table(codes, factors, log_var), rng=np.random.default_rng(seed), blocks=blocks)


@functools.cache
def score_of(metric: Metric, codes: str) -> Score:
    """The score of one of CODES, which several tests compare with."""
    return score(metric, CODES[codes])


def unlike(*reasons: set[str] | dict[str, float]):
    """The metrics that promise it."""
    left_out = {name for reason in reasons for name in reason}
    return pytest.mark.parametrize(
        "metric",
        [small(found()) for found in METRICS if found.name not in left_out],
        ids=[found.__name__ for found in METRICS if found.name not in left_out],
    )


def test_every_metric_is_in_a_protocol_and_no_two_have_one_name():
    names = [found.name for found in METRICS]
    assert len(set(names)) == len(names) > 20
    used = {type(metric) for metrics in equilab.metrics.PROTOCOLS.values() for metric in metrics}
    assert used == set(METRICS)
    for exceptions in (FACTORS_UNREAD, PERFECT_IS_LESS, NOISE_IS_MORE, FACTORS_ARE_NUMBERS, DIMENSIONS_COUNT):
        assert set(exceptions) <= set(names)


def test_a_metric_is_a_frozen_dataclass_of_few_settings_with_a_name_for_keys(metric):
    assert dataclasses.is_dataclass(metric)
    assert metric.__dataclass_params__.frozen
    assert len(dataclasses.fields(metric)) <= 8
    assert metric.name.isidentifier()
    assert metric.name == metric.name.lower()
    assert metric.better in ("up", "down", "")


def test_one_seed_gives_one_score_and_all_draws_come_from_the_generator(metric):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    many = {"codes": np.tile(MIXED, (9, 1)), "factors": np.tile(FACTORS, (9, 1))}  # more rows than are drawn
    first, again, other = (score(metric, **many, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    for one, two in zip(first.each(), again.each(), strict=True):
        assert (one.value, one.per_factor, one.per_block) == (two.value, two.per_factor, two.per_block)
        np.testing.assert_array_equal(one.matrix, two.matrix)
    assert metric.name in DRAWS_NOTHING or not np.array_equal(first.matrix, other.matrix)


def test_codes_and_factors_are_left_as_they_were(metric):
    codes, factors = MIXED.copy(), FACTORS.copy()
    codes.flags.writeable = factors.flags.writeable = False
    score(metric, codes, factors=factors)


@pytest.mark.parametrize("codes", ["perfect", "noise", "dead"])
def test_values_are_finite_plain_floats_in_their_range_and_named_after_factors_and_codes(metric, codes):
    found = score_of(metric, codes)
    assert (found.name, found.unit, found.better) == (metric.name, metric.unit, metric.better)
    for each in found.each():
        assert each.name == metric.name or each.name.startswith(f"{metric.name}_")
        assert list(each.per_factor) in ([], [f"factor{index}" for index in range(4)])
        assert list(each.per_block) in ([], [f"z{index}" for index in range(CODES[codes].shape[1])])
        assert np.isfinite(each.matrix).all()
        for value in (each.value, *each.per_factor.values(), *each.per_block.values()):
            assert type(value) is float
            assert np.isfinite(value)
        if each.unit == "0 to 1":
            assert -1e-12 <= each.value <= 1 + 1e-12
            assert all(-1e-12 <= value <= 1 + 1e-12 for value in each.per_factor.values())
    assert found.matrix.size
    assert found.per_factor or found.per_block


@unlike(FACTORS_UNREAD)
def test_a_perfect_code_scores_what_the_protocol_allows_and_noise_no_better_than_chance(metric):
    good, bad = score_of(metric, "perfect").value, score_of(metric, "noise").value
    if metric.better == "down":
        assert good < bad
        return
    assert (
        good == pytest.approx(PERFECT_IS_LESS[metric.name], abs=0.03) if metric.name in PERFECT_IS_LESS else good > 0.99
    )
    assert bad < NOISE_IS_MORE.get(metric.name, 1 / len(SIZES) + 0.1)


@unlike(FACTORS_UNREAD)
def test_a_worse_code_scores_less(metric):
    values = [score_of(metric, codes).value for codes in ("noise", "mixed", "perfect")]
    if metric.name in BETWEEN_IS_ANYWHERE:
        values[1] = (values[0] + values[2]) / 2
    assert values == sorted(values, reverse=metric.better == "down")
    assert values[0] != values[2]


def test_the_order_of_the_dimensions_does_not_matter(metric):
    order = np.random.default_rng(3).permutation(MIXED.shape[1])
    found, permuted = score_of(metric, "mixed"), score(metric, MIXED[:, order])
    assert permuted.value == pytest.approx(found.value, abs=2e-3 + ORDER_MATTERS.get(metric.name, 0))


@unlike(DIMENSIONS_COUNT)
def test_dead_dimensions_change_nothing_but_by_sampling(metric):
    padded = np.column_stack([np.zeros(len(PERFECT)), PERFECT, np.full(len(PERFECT), 7.0)])
    assert score(metric, padded).value == pytest.approx(score_of(metric, "perfect").value, abs=0.02)


def test_a_constant_factor_is_left_out(metric):
    with_color = np.column_stack([FACTORS[:, :2], np.full(len(FACTORS), 9), FACTORS[:, 2:]])
    found = score(metric, MIXED, factors=with_color)
    assert list(found.per_factor) in ([], ["factor0", "factor1", "factor3", "factor4"])
    assert found.value == score_of(metric, "mixed").value


@unlike(FACTORS_ARE_NUMBERS)
def test_names_and_gaps_of_factor_values_do_not_matter(metric):
    renamed = FACTORS**3 * [7, 100, 3, 10**6] + [0, -50, 10**6, 2]
    assert score(metric, MIXED, factors=renamed).value == pytest.approx(score_of(metric, "mixed").value, abs=1e-12)


def test_without_blocks_each_dimension_is_one():
    """Once for all metrics: blocks are read in `Metric.__call__`."""
    metric = small(MIG())
    plain = score_of(metric, "mixed")
    for blocks in (list(range(6)), parse_blocks(None, 6)):
        found = score(metric, MIXED, blocks=blocks)
        assert found.value == plain.value
        np.testing.assert_array_equal(found.matrix, plain.matrix)


@unlike(FACTORS_UNREAD)
def test_a_perfect_code_in_blocks_scores_like_one_without(metric):
    angle = 2 * np.pi * FACTORS[:, 2] / SIZES[2]
    codes = np.column_stack([np.cos(angle), PERFECT[:, [0, 1]], np.sin(angle), PERFECT[:, 3]])
    plain = score_of(metric, "perfect").value
    for pair in (CodeBlock((0, 3), Circle()), (0, 3)):
        found = score(metric, codes, blocks=[1, pair, 4, 2])
        assert found.value == pytest.approx(plain, abs=BLOCKS_DIFFER.get(metric.name, 0.01))
        assert list(found.per_block) in ([], ["z1", "z0+z3", "z4", "z2"])


def test_blocks_that_do_not_fit_are_refused():
    """Once for all metrics: they are read in `Metric.__call__`."""
    with refused(SettingError, "blocks"):
        score(METRICS[0](), MIXED, blocks=[(0, 1), 2])


def test_float32_scores_like_float64(metric):
    assert score(metric, MIXED.astype(np.float32)).value == pytest.approx(score_of(metric, "mixed").value, abs=0.01)
