"""Entropy and mutual information against scikit-learn, loops and closed forms."""

import math

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from equilab.metrics import entropy, mutual_information


@pytest.mark.parametrize("seed", range(5))
def test_mutual_information_is_that_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    first = rng.integers(-4, 9, size=500)
    second = first // 3 + rng.integers(3, size=500)
    assert mutual_information(first, second) == pytest.approx(mutual_info_score(first, second), abs=1e-12)


def test_mutual_information_is_that_of_a_loop():
    rng = np.random.default_rng(0)
    first, second = rng.integers(3, size=40), rng.integers(4, size=40)
    total = 0.0
    for a in range(3):
        for b in range(4):
            joint = np.mean((first == a) & (second == b))
            if joint > 0:
                total += joint * math.log(joint / (np.mean(first == a) * np.mean(second == b)))
    assert mutual_information(first, second) == pytest.approx(total, abs=1e-12)


def test_a_variable_knows_its_whole_entropy_of_itself_under_any_names():
    labels = np.random.default_rng(0).integers(7, size=1000)
    renamed = np.array([10**9, -5, 3, 0, 8, -(10**9), 1])[labels]
    assert mutual_information(labels, renamed) == pytest.approx(entropy(labels), abs=1e-12)


def test_mutual_information_is_symmetric():
    first, second = np.random.default_rng(0).integers(6, size=(2, 200))
    assert mutual_information(first, second) == pytest.approx(mutual_information(second, first), abs=1e-12)


def test_independent_variables_score_the_bias_of_the_plug_in_estimate():
    rng, n = np.random.default_rng(0), 10_000
    found = [mutual_information(rng.integers(20, size=n), rng.integers(40, size=n)) for _ in range(10)]
    assert np.mean(found) == pytest.approx(19 * 39 / (2 * n), rel=0.05)


def test_on_a_full_grid_independent_variables_score_zero():
    first, second = np.indices((4, 6)).reshape(2, -1)
    assert mutual_information(first, second) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("probability", "nats"), [(0.5, math.log(2)), (0.25, 0.5623351446188083), (0.0, 0.0)])
def test_the_entropy_of_a_coin(probability, nats):
    ones = round(400 * probability)
    assert entropy(np.repeat([1, 0], [ones, 400 - ones])) == pytest.approx(nats, abs=1e-12)
