"""Support vector classifiers against scikit-learn's, solved to the end, and the edges where it predicts by ties."""

import time

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from equilab.metrics.predictors.linear_svc import _scalar_sums, _sums, fit_linear_svc


def data(classes: int, axes: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping classes of unlike sizes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=400)
    labels[:90] = 0
    return labels[:, None] * rng.standard_normal(axes) + rng.standard_normal((400, axes)), labels


@pytest.mark.parametrize("classes", [2, 3, 8])
@pytest.mark.parametrize("axes", [1, 3])
@pytest.mark.parametrize(("offset", "scale"), [(0.0, 1.0), (5.0, 0.1), (-2.0, 30.0)])
def test_weights_and_predictions_are_those_of_scikit_learn(classes, axes, offset, scale):
    features, labels = data(classes, axes)
    features = offset + scale * features
    found = fit_linear_svc(features, 7 * labels - 3, penalty=0.01)
    oracle = LinearSVC(C=0.01, class_weight="balanced", dual=False, tol=1e-9, max_iter=10**6)
    oracle.fit(features, 7 * labels - 3)
    mirrored = classes == 2  # scikit-learn keeps one row of two that mirror each other
    np.testing.assert_allclose(found.weights[mirrored:], oracle.coef_, atol=2e-5)
    np.testing.assert_allclose(found.intercepts[mirrored:], oracle.intercept_, atol=2e-5)
    np.testing.assert_array_equal(found.classes, oracle.classes_)
    fresh = offset + scale * data(classes, axes, seed=1)[0]
    np.testing.assert_array_equal(found.predict(fresh), oracle.predict(fresh))


def test_costs_are_balanced_for_the_class_and_plain_for_the_rest():
    """Broken versions: balanced costs on both sides of every class, or none at all, give other weights."""
    features, labels = data(4, 1)
    found = fit_linear_svc(features, labels, penalty=0.01)
    for weights in (None, {label: 400 / (4 * count) for label, count in enumerate(np.bincount(labels))}):
        inside = labels == 0
        both = {True: weights[0], False: np.mean([weights[label] for label in labels[~inside]])} if weights else None
        broken = LinearSVC(C=0.01, class_weight=both, dual=False, tol=1e-9, max_iter=10**6).fit(features, inside)
        assert abs(broken.coef_[0, 0] - found.weights[0, 0]) > 1e-3


def test_sums_by_search_are_those_over_rows():
    features, labels = data(5, 1)
    features[:50] = features[0]  # ties
    rng, targets = np.random.default_rng(3), np.arange(5)
    costs = rng.random((5, 2))
    fast, slow = _scalar_sums(features, labels, targets, costs), _sums(features, labels, targets, costs)
    points = rng.standard_normal((5, 2))
    points[0, 0] = 0.0
    points[1] = 0.0, 3.0
    points[2] = 0.0, -3.0
    points[3, 0] = -abs(points[3, 0])
    for found, expected in zip(fast(points), slow(points), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("constant", [0.0, 7.0, 0.1])
def test_a_constant_feature_predicts_the_most_frequent_class(constant):
    labels = np.repeat([3, 5, 9], [20, 50, 30])
    features = np.full((100, 1), constant)
    assert set(fit_linear_svc(features, labels).predict(features).tolist()) == {5}


def test_classes_that_tie_give_the_least_label():
    """Balanced, a constant feature cannot tell two classes: each side weighs the same."""
    for labels in (np.repeat([4, 6], [30, 70]), np.repeat([6, 4], [30, 70]), np.repeat([4, 5, 6, 7], 25)):
        features = np.zeros((100, 1))
        assert set(fit_linear_svc(features, labels).predict(features).tolist()) == {4}


def test_one_class_alone_is_always_predicted():
    features = np.arange(4.0)[:, None]
    assert fit_linear_svc(features, np.full(4, 8)).predict(features).tolist() == [8, 8, 8, 8]


def test_a_large_offset_does_not_disturb_the_solution():
    """Sums of squares of 1e6 + x lose x; the features are centred, and the penalty is that of those given."""
    features, labels = data(3, 1)
    near, far = fit_linear_svc(features + 1000, labels), fit_linear_svc(features + 1_000_000, labels)
    for found, offset in ((near, 1000), (far, 1_000_000)):
        points = np.column_stack([found.weights, found.intercepts])
        rows = np.column_stack([features + offset, np.ones(400)])
        for point, label in zip(points, range(3), strict=True):
            sign = np.where(labels == label, 1, -1)
            cost = np.where(sign > 0, 0.01 * 400 / (3 * (sign > 0).sum()), 0.01)
            slack = np.maximum(1 - sign * (rows @ point), 0)
            centred = np.column_stack([features, np.ones(400)])  # the gradient in the centred frame
            shift = np.array([point[0] - offset * point[1], point[1]])
            gradient = shift - 2 * (cost * slack * sign) @ centred
            np.testing.assert_allclose(gradient, 0, atol=1e-4 * (1 + abs(shift[0])))


def test_forty_classes_of_ten_thousand_scalars_take_milliseconds():
    rng = np.random.default_rng(0)
    labels = rng.integers(40, size=10_000)
    features = labels[:, None] / 10 + rng.standard_normal((10_000, 1))
    start = time.process_time()
    fit_linear_svc(features, labels)
    assert time.process_time() - start < 0.5  # about 0.005 s; a general solver takes seconds
