"""Ross' estimator: scikit-learn as the oracle on a line, a loop for several axes, and closed forms."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import digamma
from scipy.stats import norm
from sklearn.feature_selection import mutual_info_classif

from equilab.errors import DataError
from equilab.metrics.supervised.nearest_neighbours import mutual_information_ross
from tests.refused import refused


def estimate(values: np.ndarray, labels: np.ndarray, *, neighbours: int = 10, seed: int = 0) -> float:
    return mutual_information_ross(values, labels, neighbours=neighbours, rng=np.random.default_rng(seed))


def loop(values: np.ndarray, labels: np.ndarray, neighbours: int) -> float:
    """Ross 2014, equation 2, point by point in the max norm."""
    points = (values - values.mean(0)) / values.std(0)
    terms = []
    for index, point in enumerate(points):
        distances = np.abs(points - point).max(axis=1)
        own = np.sort(distances[labels == labels[index]])  # its own 0 first
        k = min(neighbours, len(own) - 1)
        closer = np.sum(distances < own[k])
        terms.append(digamma(k) - digamma(len(own)) - digamma(closer))
    return max(digamma(len(points)) + np.mean(terms), 0)


@pytest.mark.parametrize("neighbours", [1, 3, 10])
@pytest.mark.parametrize("spread", [0.05, 0.5, 5.0])
def test_on_a_line_it_is_scikit_learns(neighbours, spread):
    rng = np.random.default_rng(0)
    labels = rng.integers(6, size=800) ** 2  # gaps between values
    values = labels[:, None] + 10 * spread * rng.standard_normal((800, 1))
    expected = mutual_info_classif(values, labels, n_neighbors=neighbours, discrete_features=False, random_state=0)
    assert estimate(values, labels, neighbours=neighbours) == pytest.approx(expected[0], abs=1e-9)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_in_several_axes_it_is_a_loop_in_the_max_norm(axes):
    rng = np.random.default_rng(axes)
    labels = rng.integers(4, size=250)
    values = labels[:, None] * [1.0, 10.0, 0.0][:axes] + rng.standard_normal((250, axes)) * [1.0, 10.0, 5.0][:axes]
    expected = loop(values, labels, 5)
    assert expected > 0.1
    assert estimate(values, labels, neighbours=5) == pytest.approx(expected, abs=1e-9)


def test_a_line_gives_the_same_as_a_plane_with_a_dead_axis():
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=500)
    line = labels[:, None] + rng.standard_normal((500, 1))
    plane = np.column_stack([line[:, 0], 2.0 * line[:, 0]])  # the same distances, in a tree
    assert estimate(plane, labels) == pytest.approx(estimate(line, labels), abs=1e-9)
    assert estimate(np.column_stack([line, np.full(500, 7.0)]), labels) == pytest.approx(
        estimate(line, labels), abs=1e-9
    )


def test_two_normal_distributions_have_their_information():
    def density(x: float) -> float:
        return 0.5 * norm.pdf(x) + 0.5 * norm.pdf(x, 2)

    total = -quad(lambda x: density(x) * math.log(density(x)), -10, 12)[0]
    exact = total - 0.5 * math.log(2 * math.pi * math.e)
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=10_000)
    values = 2.0 * labels[:, None] + rng.standard_normal((10_000, 1))
    assert estimate(values, labels) == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("axes", [1, 2])
def test_few_values_have_the_information_of_a_discrete_variable(axes):
    """Without noise equal values have distance 0 to each other, and the estimate is far off."""
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=2000)
    values = np.repeat(labels[:, None] // 2, axes, axis=1).astype(np.float64)
    assert estimate(values, labels) == pytest.approx(math.log(2), abs=0.02)


def test_independent_and_constant_values_have_next_to_none():
    rng = np.random.default_rng(0)
    labels = rng.integers(5, size=3000)
    assert estimate(rng.standard_normal((3000, 1)), labels) < 0.02
    assert estimate(rng.standard_normal((3000, 2)), labels) < 0.02
    assert estimate(np.full((3000, 2), 3.7), labels) == 0
    assert estimate(rng.standard_normal((30, 1)), np.zeros(30, int)) == 0


def test_scale_offset_order_and_names_do_not_matter():
    rng = np.random.default_rng(0)
    labels = rng.integers(5, size=600)
    values = labels[:, None] + rng.standard_normal((600, 2))
    plain, order = estimate(values, labels), rng.permutation(600)
    assert estimate(values * [1e-200, -1e6] + [0, 30], labels) == pytest.approx(plain, abs=1e-6)
    assert estimate(values[order][:, ::-1], labels[order]) == pytest.approx(plain, abs=1e-9)
    assert estimate(values, 1000 - 7 * labels) == pytest.approx(plain, abs=1e-12)


def test_a_monotone_map_moves_the_estimate_only_a_little():
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=5000)
    values = labels[:, None] + 0.5 * rng.standard_normal((5000, 1))
    assert estimate(np.exp(values), labels) == pytest.approx(estimate(values, labels), abs=0.02)


def test_a_label_with_few_points_takes_all_of_them_and_one_point_is_left_out():
    rng = np.random.default_rng(0)
    labels = np.array([0] * 50 + [1] * 4 + [2])
    values = 2.0 * labels[:, None] + rng.standard_normal((55, 1))
    expected = mutual_info_classif(values, labels, n_neighbors=10, discrete_features=False, random_state=0)
    assert expected[0] > 0.01
    assert estimate(values, labels) == pytest.approx(expected[0], abs=1e-9)


def test_labels_that_are_all_different_are_refused():
    with refused(DataError, "labels", expected="two observations share", got="9 different ones"):
        estimate(np.arange(9.0)[:, None], np.arange(9))
