"""Logistic regression with a cross-validated penalty, as the predictor of Locatello et al. 2019 (section 5.4).

The study's code names scikit-learn's LogisticRegressionCV(Cs=10, cv=KFold(5)). In the scikit-learn of that time (0.19
to 0.21) this is one-vs-rest, each class with a penalty of its own; since 0.22 the same line fits a multinomial model.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.metrics.predictors.logistic_newton import newton

STRENGTHS = np.logspace(-4, 4, 10)  # C: weight of the loss against the penalty |w|^2 / 2
FOLDS = 5


class OneVsRest(NamedTuple):
    """A logistic regression of each class against all others, and the C that cross-validation chose for it."""

    weights: Float[ndarray, "m classes"]
    intercepts: Float[ndarray, "classes"]
    strengths: Float[ndarray, "classes"]


def fit_one_vs_rest_cv(features: Float[ndarray, "n m"], labels: Int[ndarray, "n"]) -> OneVsRest:
    """The classifiers of the classes 0 ... K - 1, all of which occur; a row's class is the largest logit.

    Each minimises |w|^2 / 2 + C sum log loss, the intercept free; C is the first of `STRENGTHS` with the best mean
    accuracy (class or not) over `FOLDS` consecutive parts of the rows, each predicted from the others. Rows are taken
    to be in random order. The optimum does not depend on how it is found: features are centred and scaled on the way,
    the penalty stays that of the weights given back. Time grows with the square of m.

    >>> features = np.array([[-3.0], [-1.0], [1.0], [2.0], [3.0], [-2.0]])
    >>> model = fit_one_vs_rest_cv(features, (features[:, 0] > 0).astype(int))
    >>> (features @ model.weights + model.intercepts).argmax(axis=1).tolist()
    [0, 0, 1, 1, 1, 0]
    """
    n, targets = len(features), np.eye(labels.max() + 1)[labels]
    centre, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1)
    design = np.column_stack([(features - centre) / scale, np.ones(n)])
    penalty = np.append(1 / scale**2, 0)[:, None]  # of the scaled weights, for C = 1; none for the intercept
    right = np.zeros((len(STRENGTHS), targets.shape[1]))  # summed over folds
    paths = np.zeros((len(STRENGTHS), design.shape[1], targets.shape[1]))
    folds = np.array_split(np.arange(n), min(FOLDS, n))
    for held_out in folds:
        train = np.setdiff1d(np.arange(n), held_out)
        path = _path(design[train], targets[train], penalty)
        right += ((design[held_out] @ path > 0) == (targets[held_out] > 0)).mean(axis=1)
        paths += path / len(folds)
    best = right.argmax(axis=0)
    start = paths[best, :, np.arange(len(best))].T
    scaled = newton(design, targets, penalty / STRENGTHS[best], np.ascontiguousarray(start))
    weights = scaled[:-1] / scale[:, None]
    return OneVsRest(weights, scaled[-1] - centre @ weights, STRENGTHS[best])


def _path(
    design: Float[ndarray, "n p"], targets: Float[ndarray, "n classes"], penalty: Float[ndarray, "p 1"]
) -> Float[ndarray, "strengths p classes"]:
    """The weights for every C, each fit starting from the one before."""
    weights, found = np.zeros((design.shape[1], targets.shape[1])), []
    for strength in STRENGTHS:
        weights = newton(design, targets, np.broadcast_to(penalty / strength, weights.shape), weights)
        found.append(weights)
    return np.stack(found)
