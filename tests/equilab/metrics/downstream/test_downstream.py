"""Downstream accuracy and sample efficiency: laws, the procedure as a loop, and mistakes that give other numbers."""

import numpy as np
import pytest

from equilab.errors import DataError, SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable, DownstreamBoosting, DownstreamLogistic
from equilab.metrics.boosting.gradient_boosting import GradientBoosting
from equilab.metrics.downstream.learning_curve import growing_sizes, learning_curve, sample_efficiency
from equilab.metrics.downstream.predictors import fit_logistic
from tests.refused import refused

SIZES = (2, 3, 4)
FACTORS = np.stack(np.unravel_index(np.arange(240) % 24, SIZES), axis=1)
ONE_HOT = np.column_stack([np.eye(size)[factor] for size, factor in zip(SIZES, FACTORS.T, strict=True)])
QUICK = {"boosting": DownstreamBoosting(200, 500), "logistic": DownstreamLogistic(100, 500)}


@pytest.fixture(params=QUICK)
def metric(request: pytest.FixtureRequest, single_trees):
    return QUICK[request.param]


def score(metric, codes: np.ndarray, *, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    return metric(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


def test_a_code_that_tells_every_value_scores_one(metric):
    assert score(metric, ONE_HOT).value > 0.98


def test_more_points_are_predicted_from_better(metric):
    found = score(metric, ONE_HOT + 0.4 * np.random.default_rng(0).standard_normal(ONE_HOT.shape))
    assert found.matrix[0].mean() < found.matrix[-1].mean() - 0.05


def test_noise_scores_like_chance(metric):
    noise = np.random.default_rng(0).standard_normal((240, 5))
    assert score(metric, noise).value == pytest.approx(np.mean(1 / np.array(SIZES)), abs=0.08)


def test_test_points_are_observations_that_nothing_was_fitted_to(single_trees):
    """Every row has a code of its own that says nothing: trees know the rows they have seen, and only those."""
    rng = np.random.default_rng(0)
    table = CodeTable(rng.permutation(60)[:, None] / 60, rng.integers(2, size=(60, 1)))
    metric = DownstreamBoosting(400, 400)
    found = [metric(table, rng=np.random.default_rng(seed)).value for seed in range(4)]
    assert np.mean(found) < 0.75


def test_a_dead_code_predicts_the_commonest_value(metric):
    factors = np.column_stack([FACTORS[:, 0], np.arange(240) % 10 == 0])
    found = score(metric, np.zeros((240, 2)), factors=factors)
    assert found.per_factor["factor1"] == pytest.approx(0.9, abs=0.05)
    assert set(found.per_block.values()) == {0.0}


def test_the_matrix_holds_every_number_of_points_and_the_parts_repeat_it(metric):
    found = score(metric, ONE_HOT + np.random.default_rng(0).standard_normal(ONE_HOT.shape))
    sizes = tuple(map(str, growing_sizes(metric.num_train)))
    assert found.rows == sizes
    assert found.columns == ("factor0", "factor1", "factor2")
    parts = {part.name: part for part in found.parts}
    assert list(parts) == [
        *(f"{metric.name}_{size}" for size in sizes),
        *(f"{metric.name}_efficiency_{size}" for size in sizes[:-1]),
    ]
    for row, size in enumerate(sizes):
        assert list(parts[f"{metric.name}_{size}"].per_factor.values()) == found.matrix[row].tolist()
        assert parts[f"{metric.name}_{size}"].value == pytest.approx(found.matrix[row].mean())
    assert found.value == parts[f"{metric.name}_{sizes[-1]}"].value
    assert list(found.per_factor.values()) == found.matrix[-1].tolist()
    efficiency = parts[f"{metric.name}_efficiency_{sizes[0]}"]
    assert efficiency.value == pytest.approx(found.matrix[0].mean() / found.matrix[-1].mean())
    assert efficiency.unit == "ratio"


def test_efficiency_is_a_ratio_of_means_not_a_mean_of_ratios():
    accuracy = np.array([[0.1, 0.9], [0.2, 1.0]])
    assert not np.isclose((accuracy[0] / accuracy[1]).mean(), 1 / 1.2)
    np.testing.assert_allclose(sample_efficiency(accuracy), [1 / 1.2, 1])
    assert sample_efficiency(np.zeros((2, 3))).tolist() == [0, 0]


def test_the_curve_is_that_of_a_loop_over_factors_with_fresh_rows_for_each_number_of_points():
    rng = np.random.default_rng(0)
    train, test = rng.standard_normal((90, 2)), rng.standard_normal((50, 2))
    label, asked = ((points > [[-0.3, 0.4]]).astype(int) for points in (train, test))
    found = learning_curve((train, label), (test, asked), (10, 80), fit_logistic, rng)
    for row, rows in enumerate((slice(0, 10), slice(10, 90))):
        for factor in range(2):
            (model,) = fit_logistic(train[rows], label[rows, factor, None], rng=rng)
            assert found.accuracy[row, factor] == (model.predict(test) == asked[:, factor]).mean()


def test_a_factor_whose_points_show_one_value_is_predicted_as_that_value(metric):
    """Ten points of a factor that is 1 in one row of 240: the fit sees 0 alone."""
    factors = np.column_stack([FACTORS[:, 0], np.arange(240) == 17])
    assert score(metric, ONE_HOT, factors=factors, seed=1).matrix[0, 1] > 0.97


def test_the_code_that_tells_a_factor_counts(metric):
    codes = np.column_stack([ONE_HOT, np.random.default_rng(0).standard_normal(240), np.zeros(240)])
    found = score(metric, codes, blocks=[(0, 1), (2, 3, 4), (5, 6, 7, 8), 9, 10])
    assert sum(found.per_block.values()) == pytest.approx(1)
    assert found.per_block["z9"] < 0.2
    assert found.per_block["z10"] == 0
    assert min(found.per_block[label] for label in ("z0+z1", "z2+z3+z4", "z5+z6+z7+z8")) > 0.15


def test_only_the_angle_of_a_circle_counts(metric):
    angle = 2 * np.pi * FACTORS[:, 2] / 4
    radius = np.random.default_rng(0).uniform(0.01, 100, 240)
    factors = np.column_stack([FACTORS[:, 2] % 2, FACTORS[:, 2] // 2])
    codes = radius[:, None] * np.column_stack([np.cos(angle + 0.3), np.sin(angle + 0.3)])
    circle, unit = (
        score(metric, part, blocks=[CodeBlock((0, 1), Circle())], factors=factors)
        for part in (codes, codes / radius[:, None])
    )
    assert circle.value == unit.value


def test_logistic_regression_cannot_name_inner_values_of_a_single_number(single_trees):
    """One-vs-rest names the first and the last of equidistant values, and few more; trees name them all."""
    factors = (np.arange(400) % 10)[:, None]
    found = score(DownstreamLogistic(400, 400), factors.astype(float), factors=factors)
    assert 0.15 < found.value < 0.5
    assert score(DownstreamBoosting(100, 100), factors[:80] * 1.0, factors=factors[:80]).value > 0.9


def test_boosted_trees_tell_what_they_see():
    """The one test here with the boosted trees themselves: the others put a single tree in their place, for speed."""
    factors = FACTORS[:, :2]
    codes = factors + 0.6 * np.random.default_rng(0).standard_normal(factors.shape)
    found = score(DownstreamBoosting(100, 300, GradientBoosting(stages=20)), codes, factors=factors)
    assert 0.6 < found.value < 0.95
    assert sum(found.per_block.values()) == pytest.approx(1)


def test_the_defaults_are_the_studys():
    for metric in (DownstreamBoosting(), DownstreamLogistic()):
        assert growing_sizes(metric.num_train) == (10, 100, 1_000, 10_000)
        assert metric.num_test == 5_000


def test_ten_points_and_fewer_are_one_number_of_points():
    assert [growing_sizes(largest) for largest in (1, 10, 11)] == [(1,), (10,), (10, 11)]


def test_a_table_of_one_row_per_value_is_scored_and_one_that_cannot_be_split_is_refused(metric):
    table = CodeTable(np.arange(4.0)[:, None], np.arange(4)[:, None])
    assert metric(table, rng=np.random.default_rng(0)).value == 0  # no value of the test rows was ever shown
    with refused(SettingError, "num_test", expected="at least 1", got=0):
        type(metric)(10, 0)
    with refused(DataError, "factors", expected="varies", got="one value of each of factor0"):
        CodeTable(np.zeros((1, 1)), np.zeros((1, 1), int))


def test_a_predictor_is_asked_for_labels_once_per_number_of_points_and_factor():
    asked = []

    class Zero:
        importances = np.zeros(1)

        def predict(self, features):
            asked.append(len(features))
            return np.zeros(len(features), int)

    def fit(features, labels, *, rng):
        return [Zero(), Zero()]

    points = (np.zeros((7, 1)), np.zeros((7, 2), int))
    found = learning_curve(points, points, (2, 5), fit, np.random.default_rng(0))
    assert asked == [7] * 4
    assert (found.accuracy == 1).all()
