"""What a linear model reads: a fitted scikit-learn regression as the oracle, and the loss of no features at all."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from equilab.metrics.supervised.predictive_information import predictive_information, standardised


def read(features: np.ndarray, labels: np.ndarray, max_iterations: int = 100) -> float:
    return predictive_information(features, labels, max_iterations=max_iterations, rng=np.random.default_rng(0))


def test_it_is_one_minus_the_ratio_of_two_log_losses():
    rng = np.random.default_rng(0)
    labels = np.sort(rng.integers(4, size=300)) ** 2
    labels[:100] = 0  # classes of unlike size
    features = labels[:, None] / 9 + rng.standard_normal((300, 2))
    model = LogisticRegression(C=1e12, class_weight="balanced", max_iter=1000, tol=1e-8)
    loss = log_loss(labels, model.fit(features, labels).predict_proba(features))
    null = log_loss(
        labels, DummyClassifier(strategy="constant", constant=0).fit(features, labels).predict_proba(features)
    )
    assert null > 2  # a model that names one class is not the null model
    uniform = np.full((300, 4), 0.25)
    expected = 1 - loss / log_loss(labels, uniform)
    assert 0.01 < expected < 0.9
    assert read(features, labels, 1000) == pytest.approx(expected, abs=1e-3)


def test_without_features_the_balanced_regression_predicts_every_class_alike():
    labels = np.repeat([0, 1, 2], [70, 20, 10])
    model = LogisticRegression(C=1e12, class_weight="balanced").fit(np.zeros((100, 1)), labels)
    np.testing.assert_allclose(model.predict_proba(np.zeros((1, 1))), [[1 / 3] * 3], atol=1e-6)
    assert read(np.zeros((100, 2)), labels) == pytest.approx(0, abs=1e-6)


def test_what_separates_the_classes_has_all_and_noise_next_to_none():
    labels = np.random.default_rng(0).integers(5, size=1000)
    assert read(np.eye(5)[labels], labels) > 0.99
    assert read(np.random.default_rng(1).standard_normal((1000, 3)), labels) < 0.02


def test_two_bits_of_which_one_is_shown_are_half():
    labels = np.random.default_rng(0).integers(4, size=2000)
    assert read(np.eye(2)[labels // 2], labels) == pytest.approx(0.5, abs=0.01)


def test_a_fit_worse_than_none_and_a_single_class_are_zero():
    labels = np.repeat([0, 1], [990, 10])
    skewed = np.random.default_rng(3).standard_normal((1000, 8))
    weighted = LogisticRegression(C=1e12, class_weight="balanced", max_iter=1000).fit(skewed, labels)
    loss = log_loss(labels, weighted.predict_proba(skewed))
    assert read(skewed, labels) == pytest.approx(max(1 - loss / np.log(2), 0), abs=1e-2)
    assert read(skewed, np.ones(1000, int)) == 0


def test_stopping_early_reads_less_and_says_nothing():
    labels = np.random.default_rng(0).integers(6, size=500)
    features = standardised(labels[:, None].astype(np.float64))
    assert 0.1 < read(features, labels, 3) < read(features, labels, 100) <= 1


def test_standardised_columns_have_mean_zero_and_variance_one_or_nothing():
    features = np.random.default_rng(0).standard_normal((100, 4)) * [1e-200, 1, 1e9, 0] + [0, 5, 0, 0.1]
    found = standardised(features)
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(found.std(0), [1, 1, 1, 0], atol=1e-9)
