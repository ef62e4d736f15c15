"""What every metric promises of blocks: of a circle only the angle counts, and one block may have all dimensions."""

import dataclasses
import functools
import inspect

import numpy as np
import pytest

import equilab.metrics
from equilab.latents import Circle, CodeBlock
from equilab.metrics import GradientBoosting, Metric, Score
from tests.tables import gaussian_table

pytestmark = pytest.mark.exhaustive  # the laws of blocks, once for every metric; test_metric_contract has one of each

METRICS = [
    value
    for value in vars(equilab.metrics).values()
    if inspect.isclass(value) and issubclass(value, Metric) and not inspect.isabstract(value)
]
SIZES = (3, 4, 3)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
COUNT = 60  # what settings called num_... are reduced to
ANGLE = 2 * np.pi * FACTORS[:, 1] / SIZES[1]
CIRCLE = CodeBlock((1, 2), Circle())
RNG = np.random.default_rng(0)
TURN = np.column_stack([np.cos(ANGLE), np.sin(ANGLE)]) + 0.1 * RNG.standard_normal((len(FACTORS), 2))
LINES = FACTORS[:, [0, 2]] - 1 + 0.05 * RNG.standard_normal((len(FACTORS), 2))
NOISE = RNG.standard_normal((len(FACTORS), 2))

DENSITIES = {"kde_mig"}  # read the plane that a circle lies in, as a posterior is a density of it
CONSTANTS_GUESS = {"sap"}  # a constant names the commonest value, which can be the best of guesses


def small(metric: Metric) -> Metric:
    """The metric with few draws."""
    fields = [each.name for each in dataclasses.fields(metric)]
    fewer = {name: min(getattr(metric, name), COUNT) for name in fields if name.startswith("num_")}
    if "boosting" in fields:
        fewer["boosting"] = GradientBoosting(stages=3)
    return dataclasses.replace(metric, **fewer)


def those(*left_out: str):
    """The metrics, but for these."""
    chosen = [found for found in METRICS if found.name not in left_out]
    return pytest.mark.parametrize(
        "metric", [small(found()) for found in chosen], ids=[each.__name__ for each in chosen]
    )


def score(metric: Metric, circle: np.ndarray, blocks=(0, CIRCLE, 3)) -> Score:
    """The score of a line, a circle and a line; posteriors do not tell where the circle is."""
    codes = np.column_stack([LINES[:, 0], circle, LINES[:, 1]])
    return metric(gaussian_table(codes, FACTORS, -3.0), rng=np.random.default_rng(0), blocks=list(blocks))


def assert_same(found: Score, expected: Score) -> None:
    for one, two in zip(found.each(), expected.each(), strict=True):
        assert (one.value, one.per_factor, one.per_block) == (two.value, two.per_factor, two.per_block)
        np.testing.assert_array_equal(one.matrix, two.matrix)


@functools.cache
def dead_score(metric: Metric) -> Score:
    return score(metric, np.zeros_like(TURN))


@those(*DENSITIES)
def test_of_a_circle_only_the_angle_counts(metric):
    told = FACTORS[:, [2]]  # a radius that knows another factor
    radius = 2.0 ** (told + np.random.default_rng(1).integers(-6, 7, told.shape))  # powers of two round nothing
    assert_same(score(metric, TURN * radius), score(metric, TURN))


@those()
def test_a_collapsed_circle_is_a_constant_whatever_is_left_of_it(metric):
    found, dead = (
        score(metric, np.where(FACTORS[:, :1] == 0, np.copysign(0.0, NOISE), 1e-7 * NOISE)),
        dead_score(metric),
    )
    if metric.name in DENSITIES:
        assert found.value == pytest.approx(dead.value, abs=1e-6)
    else:
        assert_same(found, dead)


@those(*DENSITIES)
def test_one_angle_at_any_radius_is_a_constant(metric):
    still = [[-0.6, 0.8]] * np.random.default_rng(3).uniform(0.1, 10, (len(TURN), 1))
    assert score(metric, still).value == pytest.approx(dead_score(metric).value, abs=1e-9)


@those(*CONSTANTS_GUESS)
def test_a_collapsed_circle_knows_nothing(metric):
    for each in dead_score(metric).each():
        assert each.per_block.get("z1+z2", 0.0) == pytest.approx(0, abs=1e-9)


@those()
def test_all_dimensions_may_be_one_block(metric):
    found = score(metric, TURN, blocks=[(0, 1, 2, 3)])
    assert np.isfinite([each.value for each in found.each()]).all()
    assert list(found.per_block) in ([], ["z0+z1+z2+z3"])
