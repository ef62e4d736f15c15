"""Logistic regression of each class against the rest, all classes at once, to the optimum."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.metrics.predictors.linear_svc import LinearClassifier
from equilab.metrics.predictors.logistic_newton import newton

_MOST_FEATURES = 100  # of which Hessians of all classes are solved; beyond, scikit-learn's solver for large data


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
    design = np.column_stack([features, np.ones(len(features))])
    targets = (labels[:, None] == np.arange(len(classes))).astype(np.float64)
    start = np.zeros((design.shape[1], len(classes)))
    share = targets.mean(axis=0).clip(max=1 - 1 / (1 + len(design)))  # of a class that is alone: just below 1
    start[-1] = np.log(share / (1 - share))
    fitted = newton(design, targets, np.full_like(start, 1 / penalty), start, tolerance=1e-14).T
    return LinearClassifier(classes, fitted[:, :-1], fitted[:, -1])


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
