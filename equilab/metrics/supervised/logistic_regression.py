"""Logistic regression of each class against the rest, all classes at once, to the optimum."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.metrics.supervised.linear_svc import LinearClassifier
from equilab.metrics.supervised.newton import Expansion, minimise

_MOST_FEATURES = 100  # of which Hessians of all classes are solved; beyond, scikit-learn's solver for large data
_SHORT = 25  # features whose products are kept for all rows


def fit_logistic_regression(
    features: Float[ndarray, "n m"], labels: Int[ndarray, "n"], *, penalty: float = 1.0
) -> LinearClassifier:
    """The classifier that minimises, for each class against the rest,

        (|w|^2 + b^2) / 2 + penalty * sum over rows of log(1 + exp(-y (w @ row + b))),    y = 1 in the class, else -1

    the problem of scikit-learn's LogisticRegression(solver="liblinear"), whose intercept is penalised, too. Features
    are taken as they are: of mean 0 and variance 1, if the penalty is to be the same for all.

    >>> classifier = fit_logistic_regression(np.array([[-1.0], [-0.5], [0.5], [1.0]]), np.array([0, 0, 7, 7]))
    >>> classifier.predict(np.array([[-0.1], [0.1]])).tolist()
    [0, 7]
    """
    classes, labels = np.unique(labels, return_inverse=True)
    features = features.astype(np.float64)
    if features.shape[1] > _MOST_FEATURES:
        return _fit_iteratively(features, labels, classes, penalty)
    rows = np.column_stack([features, np.ones(len(features))])
    inside = labels == np.arange(len(classes))[:, None]  # (classes, n)
    weighted_squares = _weighted_squares(rows)

    def expand(points: Float[ndarray, "classes p"]) -> Expansion:
        decision = points @ rows.T
        decay = np.exp(-np.abs(decision))
        loss = np.log1p(decay).sum(axis=1) + np.maximum(decision, 0).sum(axis=1) - (inside * decision).sum(axis=1)
        lesser = decay / (1 + decay)  # the less likely of the two
        slope = np.where(decision >= 0, 1 - lesser, lesser) - inside
        hessian = penalty * weighted_squares(lesser * (1 - lesser)) + np.eye(points.shape[1])
        value = penalty * loss + 0.5 * (points**2).sum(axis=1)
        return Expansion(value, penalty * slope @ rows + points, hessian)

    start = np.zeros((len(classes), rows.shape[1]))
    share = inside.mean(axis=1).clip(max=1 - 1 / (1 + len(rows)))  # of a class that is alone: just below 1
    start[:, -1] = np.log(share / (1 - share))
    fitted = minimise(expand, start)
    return LinearClassifier(classes, fitted[:, :-1], fitted[:, -1])


def _weighted_squares(
    rows: Float[ndarray, "n p"],
) -> Callable[[Float[ndarray, "classes n"]], Float[ndarray, "classes p p"]]:
    """Weights (classes, n) to the weighted sums of row^T row; of short rows by one product with all their squares."""
    p = rows.shape[1]
    if p > _SHORT:
        return lambda weights: np.stack([(rows.T * weight) @ rows for weight in weights])
    first, second = np.triu_indices(p)
    squares = rows[:, first] * rows[:, second]
    place = np.zeros((p, p), np.int64)
    place[first, second] = place[second, first] = np.arange(len(first))
    return lambda weights: (weights @ squares)[:, place]


def _fit_iteratively(
    features: Float[ndarray, "n m"], labels: Int[ndarray, "n"], classes: Int[ndarray, "classes"], penalty: float
) -> LinearClassifier:
    """The same by scikit-learn's liblinear, within its tolerance."""
    from sklearn.linear_model import LogisticRegression

    weights, intercepts = np.zeros((len(classes), features.shape[1])), np.zeros(len(classes))
    for position in range(len(classes) if len(classes) > 1 else 0):
        # the state is never drawn from: this problem is solved by a trust region; None would touch numpy's global one
        model = LogisticRegression(C=penalty, solver="liblinear", random_state=0, max_iter=1000)
        model.fit(features, labels == position)
        weights[position], intercepts[position] = model.coef_[0], np.ravel(model.intercept_)[0]
    return LinearClassifier(classes, weights, intercepts)
