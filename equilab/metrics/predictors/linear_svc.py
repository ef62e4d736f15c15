"""Linear support vector classifiers with squared hinge loss, one class against the rest, solved exactly.

The problem of scikit-learn's LinearSVC with class_weight="balanced" and its defaults (Fan et al. 2008, LIBLINEAR,
eq. 2), of which solvers for large data reach an approximation, slowly, on a single feature.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.metrics.predictors.newton import Expansion, minimise


class LinearClassifier(NamedTuple):
    """A row predicts the class, among the sorted labels of the fit, whose weights @ row + intercept is largest."""

    classes: Int[ndarray, "classes"]
    weights: Float[ndarray, "classes m"]
    intercepts: Float[ndarray, "classes"]

    def decide(self, features: Float[ndarray, "n m"]) -> Float[ndarray, "n classes"]:
        """weights @ row + intercept of each class."""
        return features @ self.weights.T + self.intercepts

    def predict(self, features: Float[ndarray, "n m"]) -> Int[ndarray, "n"]:
        """The label of each row; where classes tie, up to 1e-12 of rounding, the least label."""
        decisions = self.decide(features)
        return self.classes[(decisions >= decisions.max(axis=1, keepdims=True) - 1e-12).argmax(axis=1)]


def fit_linear_svc(
    features: Float[ndarray, "n m"], labels: Int[ndarray, "n"], *, penalty: float = 0.01
) -> LinearClassifier:
    """The classifier that minimises, for each class against the rest,

        (|w|^2 + b^2) / 2 + sum over rows of cost * max(0, 1 - y (w @ row + b))^2,    with y = 1 in the class, else -1

    cost: penalty * n / (K n_c) for rows of the class, n_c of n among K classes; `penalty` for the rest. Two classes
    have one such problem, with balanced costs on both sides. One class alone is always predicted. A feature that is
    constant leaves the intercept to decide, and it decides for the most frequent class.
    A single feature costs a sort and microseconds for each class: the rows with a loss are those below or above a
    threshold, so that sums over them are differences of cumulative sums.

    >>> classifier = fit_linear_svc(np.array([[0.0], [1.0], [4.0], [5.0]]), np.array([0, 0, 7, 7]), penalty=1.0)
    >>> classifier.predict(np.array([[0.5], [4.5]])).tolist()
    [0, 7]
    """
    classes, labels = np.unique(labels, return_inverse=True)
    features = features.astype(np.float64)
    num_features = features.shape[1]
    if len(classes) == 1:
        return LinearClassifier(classes, np.zeros((1, num_features)), np.zeros(1))
    balanced = penalty * len(labels) / (len(classes) * np.bincount(labels))
    if len(classes) == 2:
        targets, costs = np.array([1]), np.stack([balanced[1:], balanced[:1]], axis=1)
    else:
        targets, costs = np.arange(len(classes)), np.stack([balanced, np.full(len(classes), penalty)], axis=1)
    centre, spread = features.mean(axis=0), features.std(axis=0)
    spread[spread <= 1e-12 * np.abs(centre)] = 1.0
    to_original = np.eye(num_features + 1)  # (w, b) of the standardised features to (w, b) of those given
    to_original[:-1, :-1] = np.diag(1 / spread)
    to_original[-1, :-1] = -centre / spread
    sums = (_scalar_sums if num_features == 1 else _sums)((features - centre) / spread, labels, targets, costs)
    ridge = to_original.T @ to_original

    def expand(points: Float[ndarray, "targets p"]) -> Expansion:
        found = sums(points)
        curved = (found.square @ points[..., None])[..., 0]
        pulled = points @ ridge
        value = (points * (0.5 * pulled + curved - 2 * found.linear)).sum(axis=1) + found.constant
        return Expansion(value, pulled + 2 * (curved - found.linear), ridge + 2 * found.square)

    fitted = minimise(expand, np.zeros((len(targets), num_features + 1))) @ to_original.T
    if len(classes) == 2:
        fitted = np.concatenate([-fitted, fitted])
    return LinearClassifier(classes, fitted[:, :-1], fitted[:, -1])


class _LossSums(NamedTuple):
    """Sums over the rows with a loss, each with its cost, x a row with a 1 appended: cost, cost y x, cost x x^T."""

    constant: Float[ndarray, "targets"]
    linear: Float[ndarray, "targets p"]
    square: Float[ndarray, "targets p p"]


_Sums = Callable[[Float[ndarray, "targets p"]], _LossSums]


def _sums(
    features: Float[ndarray, "n m"],
    labels: Int[ndarray, "n"],
    targets: Int[ndarray, "targets"],
    costs: Float[ndarray, "targets 2"],
) -> _Sums:
    """The sums at points (w, b), by looking at every row; costs: of the rows in the class, and of the rest."""
    rows = np.column_stack([features, np.ones(len(features))])
    inside = labels[:, None] == targets  # (n, targets)
    sign, cost = np.where(inside, 1.0, -1.0), np.where(inside, *costs.T)

    def sums(points: Float[ndarray, "targets p"]) -> _LossSums:
        active = np.where(sign * (rows @ points.T) < 1, cost, 0.0)
        square = np.stack([(rows.T * weight) @ rows for weight in active.T])
        return _LossSums(active.sum(axis=0), (active * sign).T @ rows, square)

    return sums


def _scalar_sums(
    features: Float[ndarray, "n 1"],
    labels: Int[ndarray, "n"],
    targets: Int[ndarray, "targets"],
    costs: Float[ndarray, "targets 2"],
) -> _Sums:
    """The same sums for a single feature, by two searches for each class."""
    n = len(features)
    order = np.argsort(features[:, 0])
    values, labels = features[order, 0], labels[order]
    ranks = np.argsort(labels, kind="stable")  # by class, then by value
    keys = labels[ranks] * (n + 1) + ranks  # ascending: a class's rows below a threshold are found by one search
    everyone, members = _cumulative_moments(values), _cumulative_moments(values[ranks])
    starts = np.searchsorted(labels[ranks], targets)
    ends = np.searchsorted(labels[ranks], targets, side="right")
    in_class = members[ends] - members[starts]  # (targets, 3)
    in_rest = everyone[-1] - in_class

    def sums(points: Float[ndarray, "targets 2"]) -> _LossSums:
        weight, intercept = points.T
        rising = (weight >= 0)[:, None]
        rank = np.searchsorted(values, _thresholds(1 - intercept, weight))
        below = members[np.searchsorted(keys, targets * (n + 1) + rank)] - members[starts]
        inside = costs[:, :1] * np.where(rising, below, in_class - below)  # rows of the class with w x + b < 1
        rank = np.searchsorted(values, _thresholds(-1 - intercept, weight))
        below = everyone[rank] - members[np.searchsorted(keys, targets * (n + 1) + rank)] + members[starts]
        outside = costs[:, 1:] * np.where(rising, in_rest - below, below)  # rows of the rest with w x + b > -1
        zeroth, first, second = (inside + outside).T
        square = np.stack([np.stack([second, first], axis=1), np.stack([first, zeroth], axis=1)], axis=1)
        return _LossSums(zeroth, (inside - outside)[:, 1::-1], square)

    return sums


def _cumulative_moments(values: Float[ndarray, "n"]) -> Float[ndarray, "rows 3"]:
    """Sums of 1, x and x^2 over the first 0, 1, ..., n values."""
    moments = np.stack([np.ones_like(values), values, values**2], axis=1)
    return np.concatenate([np.zeros((1, 3)), np.cumsum(moments, axis=0)])


def _thresholds(levels: Float[ndarray, "targets"], weights: Float[ndarray, "targets"]) -> Float[ndarray, "targets"]:
    """Where weight * x reaches the level; at weight 0 that is before all x, or never, as for a tiny positive one."""
    with np.errstate(over="ignore", divide="ignore"):
        found = levels / np.where(weights == 0, 1.0, weights)
    return np.where(weights == 0, np.where(levels > 0, np.inf, -np.inf), found)
