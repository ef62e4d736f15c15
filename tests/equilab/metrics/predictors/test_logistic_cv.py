"""Logistic regression with a cross-validated penalty against scikit-learn's, class by class."""

import warnings

import numpy as np
import pytest

from equilab.metrics.predictors.logistic_cv import FOLDS, STRENGTHS, fit_one_vs_rest_cv
from equilab.metrics.predictors.logistic_newton import newton


def points(n: int = 400, *, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(classes, size=n)
    features = rng.standard_normal((n, 3)) * [1, 5, 0.1]
    features[:, 0] += labels
    features[:, 2] += 0.2 * (labels == 2)
    return features, labels


def logits(model, features: np.ndarray) -> np.ndarray:
    return features @ model.weights + model.intercepts


def test_it_is_scikit_learns_one_vs_rest_cross_validation():
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.model_selection import KFold

    features, labels = points()
    found = fit_one_vs_rest_cv(features, labels)
    for label in range(4):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of its next interface
            oracle = LogisticRegressionCV(Cs=10, cv=KFold(5), tol=1e-9, max_iter=5000).fit(features, labels == label)
        assert found.strengths[label] == pytest.approx(np.ravel(oracle.C_)[0])
        np.testing.assert_allclose(found.weights[:, label], oracle.coef_[0], atol=2e-4)
        assert found.intercepts[label] == pytest.approx(oracle.intercept_[0], abs=5e-4)
    assert len(set(found.strengths)) > 1  # one strength for all classes is another estimator


def test_the_strengths_and_folds_are_the_studys():
    np.testing.assert_allclose(STRENGTHS, np.logspace(-4, 4, 10))
    assert FOLDS == 5


def test_every_gradient_is_zero_at_the_optimum_with_duplicated_and_dead_features():
    features, labels = points()
    design = np.column_stack([features, features[:, 0], np.zeros(len(features)), np.ones(len(features))])
    targets, ridge = np.eye(4)[labels], np.append(np.ones(5), 0)[:, None] * [0.1, 1, 1e-3, 10]
    weights = newton(design, targets, ridge, np.zeros((6, 4)))
    gradient = design.T @ (1 / (1 + np.exp(-design @ weights)) - targets) + ridge * weights
    assert np.abs(gradient).max() < 0.01  # of sums over 400 rows
    np.testing.assert_allclose(weights[0], weights[3], rtol=1e-3)
    assert not weights[4].any()


def test_products_that_are_formed_piece_by_piece_give_the_same(monkeypatch):
    features, labels = points()
    targets, ridge, start = np.eye(4)[labels], np.ones((3, 4)), np.zeros((3, 4))
    whole = newton(features, targets, ridge, start)
    monkeypatch.setattr("equilab.metrics.predictors.logistic_newton._MEMORY", 6 * 37)
    np.testing.assert_allclose(newton(features, targets, ridge, start), whole, atol=1e-10)


def test_classes_that_a_line_separates_are_told_apart_however_the_code_is_scaled():
    features = np.random.default_rng(0).standard_normal((60, 2))
    labels = (features[:, 0] > 0).astype(int)
    for scale in (1, 1e3, 1e6):
        model = fit_one_vs_rest_cv(features * [scale, 1], labels)
        assert (logits(model, features * [scale, 1]).argmax(axis=1) == labels).mean() > 0.95


def test_a_code_that_says_nothing_gives_the_commonest_class():
    labels = np.array([0, 1, 1, 1, 2, 1, 0, 1])
    model = fit_one_vs_rest_cv(np.full((8, 3), 7.0), labels)
    assert set(logits(model, np.full((5, 3), 7.0)).argmax(axis=1)) == {1}


def test_a_class_that_a_fold_lacks_and_two_points_are_no_obstacle():
    features = np.arange(10.0)[:, None]
    model = fit_one_vs_rest_cv(features, np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 2]))
    assert np.isfinite(model.weights).all()
    assert fit_one_vs_rest_cv(features[:2], np.array([0, 1])).weights.shape == (1, 2)
