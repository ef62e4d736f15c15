"""Fairness: closed forms of the distances, the published procedure as a loop, and mistakes that give another number."""

import numpy as np
import pytest

from equilab.errors import DataError, SettingError
from equilab.metrics import CodeTable, Fairness
from equilab.metrics.downstream.fairness import distances_to_mean, prediction_counts
from tests.refused import refused

SIZES = (2, 3, 4)
FACTORS = np.stack(np.unravel_index(np.arange(24), SIZES), axis=1)
SUMS = FACTORS @ np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])  # a code from which no factor can be read for certain
QUICK = Fairness(num_train=150, num_test=60)
pytestmark = pytest.mark.usefixtures("single_trees")


def score(codes: np.ndarray, *, factors: np.ndarray = FACTORS, metric: Fairness = QUICK, seed: int = 0):
    return metric(CodeTable(codes, factors), rng=np.random.default_rng(seed))


def slow_unfairness(counts: np.ndarray) -> tuple[float, float]:
    """The distances of the columns of counts (classes, values) to their mean, one entry at a time."""
    classes, values = counts.shape
    distances = []
    for value in range(values):
        total = 0.0
        for label in range(classes):
            share = counts[label, value] / counts[:, value].sum()
            total += abs(share - counts[label].sum() / counts.sum()) / 2
        distances.append(total)
    return float(np.mean(distances)), max(distances)


def test_a_perfect_code_is_fair_to_the_last_digit():
    """Fresh observations for each value, in place of the same ones with the factor set, would leave sampling noise."""
    found = score(FACTORS.astype(float))
    assert found.value == 0
    assert not found.matrix.any()


def test_noise_that_goes_with_nothing_is_far_from_unfair():
    codes = np.random.default_rng(0).standard_normal((24 * 40, 2))
    found = score(codes, factors=np.tile(FACTORS, (40, 1)), metric=Fairness(200, 1000))
    assert 0 < found.value < 0.1  # which row shows a combination is noise: 1,000 draws of each value


def test_a_constant_code_is_fair():
    assert score(np.zeros((24, 2))).value == 0


def test_a_target_that_is_the_sensitive_factor_has_its_closed_form():
    """Predictions of y that copy s = 0 ... k - 1, all different: each value is 1 - 1/k from the mean."""
    factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), axis=1)
    rng = np.random.default_rng(0)
    seen = np.concatenate([np.repeat(factors[factors[:, 0] == factors[:, 1]], 400, axis=0), factors])
    table = CodeTable(seen[:, [1]] + 0.0, seen)  # in what is fitted to the two go together; the code shows the second
    found = Fairness(400, 50)(table, rng=rng)
    assert found.matrix[0, 1] == pytest.approx(1 - 1 / 4)
    assert found.matrix[1, 0] == 0
    assert found.value == pytest.approx(0.375)
    assert found.per_factor == {"factor0": pytest.approx(0.75), "factor1": 0}


def test_distances_are_those_of_a_loop_and_of_a_closed_form():
    predicted = np.random.default_rng(0).integers(5, size=(3, 40)) * 10
    counts = np.stack([np.bincount(row // 10, minlength=5) for row in predicted], axis=1)
    distances = distances_to_mean(prediction_counts(predicted))
    assert (distances.mean(), distances.max()) == pytest.approx(slow_unfairness(counts))
    np.testing.assert_allclose(distances_to_mean(np.eye(5, dtype=int)), 0.8)


def test_the_distance_is_to_the_mean_over_interventions_and_half_the_sum():
    """Broken versions: pairwise distances, or the sum without its half."""
    counts = np.array([[3, 0], [0, 3], [0, 3]])
    np.testing.assert_allclose(distances_to_mean(counts), [2 / 3, 1 / 3, 1 / 3])


def test_the_diagonal_is_in_no_mean():
    found = score(SUMS)
    off = found.matrix[~np.eye(3, dtype=bool)].reshape(3, 2)
    assert not found.matrix.diagonal().any()
    assert 0 < found.value == pytest.approx(off.mean())
    assert list(found.per_factor.values()) == pytest.approx(off.mean(axis=1))
    assert found.better == "down"


def test_the_largest_distance_is_no_less_than_the_mean_and_equals_it_for_two_values():
    found = score(SUMS)
    (largest,) = found.parts
    assert largest.name == "fairness_max"
    assert (largest.matrix >= found.matrix - 1e-12).all()
    assert (largest.matrix > found.matrix + 0.01).any()
    np.testing.assert_allclose(largest.matrix[:, 0], found.matrix[:, 0])  # the first factor has two values


def test_the_defaults_are_the_papers():
    assert (Fairness().num_train, Fairness().num_test) == (10_000, 100)


def test_what_cannot_be_asked_is_refused():
    with refused(DataError, "factors", expected="at least two that vary", got="one: factor0"):
        score(np.zeros((4, 1)), factors=np.arange(4)[:, None])
    got = "23 observations, 1 combinations or more missing"
    with refused(DataError, "factors", expected="each combination of 2 x 3 x 4 values", got=got):
        score(np.zeros((23, 1)), factors=FACTORS[1:])
    with refused(SettingError, "num_test", expected="at least 1", got=0):
        Fairness(num_test=0)
