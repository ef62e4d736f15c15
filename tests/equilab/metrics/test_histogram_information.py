"""The information that histogram scores share, against scikit-learn, MIG's own and the other matrix."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from equilab.latents import parse_blocks
from equilab.metrics import MIG, CodeTable, entropy, mutual_information
from equilab.metrics.information import (
    HistogramInformation,
    histogram_information,
    mean_by_best,
    mutual_information_matrix,
    normalised_information,
)

FACTORS = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)
CODES = FACTORS @ np.random.default_rng(0).standard_normal((3, 4))


def test_each_entry_is_scikit_learns():
    rng = np.random.default_rng(0)
    first = rng.integers(-3, 9, size=(400, 3)) * [1, 1000, 10**8]
    second = np.column_stack([first[:, 0] // 4, rng.integers(5, size=400) - 2])
    expected = [[mutual_info_score(a, b) for b in second.T] for a in first.T]
    np.testing.assert_allclose(mutual_information_matrix(first, second), expected, atol=1e-12)


def test_each_entry_is_that_of_the_pair():
    first, second = np.random.default_rng(0).integers(6, size=(2, 300, 3))
    expected = [[mutual_information(a, b) for b in second.T] for a in first.T]
    np.testing.assert_allclose(mutual_information_matrix(first, second), expected, atol=1e-12)


def test_one_value_has_exactly_no_information_and_none_is_below_zero():
    constant = np.column_stack([np.full(60, 7), FACTORS])
    found = mutual_information_matrix(constant, FACTORS)
    assert found[0].tolist() == [0, 0, 0]
    assert found.min() == 0


def test_the_information_is_that_of_mig_from_the_same_draws():
    table = CodeTable(CODES, FACTORS)
    mig = MIG(num_samples=500)(table, rng=np.random.default_rng(3))
    found = histogram_information(table, parse_blocks(None, 4), bins=20, num_samples=500, rng=np.random.default_rng(3))
    np.testing.assert_allclose(found.information, mig.matrix, atol=1e-12)
    assert mig.value > 0.01


def test_entropies_are_those_of_the_sample():
    table = CodeTable(CODES, FACTORS)
    rows = table.sample(500, np.random.default_rng(3))
    found = histogram_information(table, parse_blocks(None, 4), bins=20, num_samples=500, rng=np.random.default_rng(3))
    np.testing.assert_allclose(found.factor_entropies, [entropy(column) for column in FACTORS[rows].T])
    frequencies = np.histogram(CODES[rows][:, 2], 20)[0] / len(rows)
    expected = -(frequencies[frequencies > 0] * np.log(frequencies[frequencies > 0])).sum()
    assert found.block_entropies[2] == pytest.approx(expected, abs=1e-12)


def test_a_factor_without_entropy_is_known_to_nobody():
    found = HistogramInformation(np.array([[0.0, 0.3]]), np.array([1.0]), np.array([0.0, 0.6]))
    assert normalised_information(found).tolist() == [[0.0, 0.5]]


def test_means_by_best_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    values, best = rng.random(20), rng.integers(5, size=20)
    expected = [np.mean(values[best == index]) if (best == index).any() else 0 for index in range(7)]
    np.testing.assert_allclose(mean_by_best(values, best, 7), expected)
    assert mean_by_best(values[:0], best[:0], 2).tolist() == [0, 0]
