"""Logistic regression against scikit-learn's liblinear, on separable data, too."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from equilab.metrics.predictors import logistic_regression
from equilab.metrics.predictors.logistic_regression import fit_logistic_regression


def data(classes: int, axes: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(classes, size=300)
    centres = rng.standard_normal((classes, axes))
    return centres[labels] + noise * rng.standard_normal((300, axes)), labels


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("axes", [1, 4, 30])
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_weights_are_those_of_scikit_learn(classes, axes, noise):
    """Without noise the classes are separable, and only the penalty keeps the weights finite."""
    features, labels = data(classes, axes, noise)
    found = fit_logistic_regression(features, labels, penalty=0.7)
    for label in range(classes):
        oracle = LogisticRegression(C=0.7, solver="liblinear", tol=1e-9, max_iter=10_000).fit(features, labels == label)
        np.testing.assert_allclose(found.weights[label], oracle.coef_[0], atol=2e-5)
        np.testing.assert_allclose(found.intercepts[label], oracle.intercept_[0], atol=2e-5)


def test_many_features_are_solved_by_scikit_learn_to_the_same(monkeypatch):
    features, labels = data(3, 6, 1.0)
    exact = fit_logistic_regression(features, labels)
    monkeypatch.setattr(logistic_regression, "_MOST_FEATURES", 5)
    found = fit_logistic_regression(features, labels)
    np.testing.assert_allclose(found.weights, exact.weights, atol=0.02)
    assert not np.array_equal(found.weights, exact.weights)


def test_one_class_alone_is_always_predicted():
    features = np.arange(4.0)[:, None]
    assert fit_logistic_regression(features, np.full(4, 8)).predict(features).tolist() == [8, 8, 8, 8]
