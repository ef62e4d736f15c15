"""The predictors of downstream tasks: what is fitted, what it predicts, and what a table gives it to see."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import Block, block_values
from equilab.metrics.downstream.logistic_cv import fit_one_vs_rest_cv


@dataclass(frozen=True, eq=False)
class Predictor:
    """A fitted classifier: the share of each feature (all 0 where none counts), and features (n, m) to labels (n,)."""

    importances: Float[ndarray, "m"]
    predict: Callable[[ndarray], ndarray]


Fit: TypeAlias = Callable[[ndarray, ndarray, np.random.Generator], Predictor]
"""Features (n, m), labels (n,) and a generator to a fitted predictor."""


def fit_boosting(features: Float[ndarray, "n m"], labels: Int[ndarray, "n"], rng: np.random.Generator) -> Predictor:
    """Gradient boosted trees: 100 stages of depth 3 at the rate 0.1, scikit-learn's defaults; one label: that label.

    >>> found = fit_boosting(np.arange(6.0)[:, None], np.array([0, 0, 0, 4, 4, 4]), np.random.default_rng(0))
    >>> found.predict(np.array([[-1.0], [9.0]])).tolist()
    [0, 4]
    """
    from sklearn.ensemble import GradientBoostingClassifier

    if (labels == labels[0]).all():
        return constant(features.shape[1], int(labels[0]))
    trees = GradientBoostingClassifier(random_state=int(rng.integers(2**31))).fit(features, labels)
    return Predictor(trees.feature_importances_, lambda rows: np.asarray(trees.predict(rows)))


def fit_logistic(features: Float[ndarray, "n m"], labels: Int[ndarray, "n"], rng: np.random.Generator) -> Predictor:
    """One-vs-rest logistic regression, penalty by 5-fold cross-validation (see `logistic_cv`); one label: that label.

    Importance: sum over classes of |weight|, times the standard deviation of the feature. `rng` is not needed.

    >>> found = fit_logistic(np.arange(6.0)[:, None], np.array([0, 0, 0, 4, 4, 4]), np.random.default_rng(0))
    >>> found.predict(np.array([[-1.0], [9.0]])).tolist()
    [0, 4]
    """
    if (labels == labels[0]).all():
        return constant(features.shape[1], int(labels[0]))
    classes, index = np.unique(labels, return_inverse=True)
    model = fit_one_vs_rest_cv(features, index)
    weight = np.abs(model.weights).sum(axis=1) * features.std(axis=0)
    return Predictor(
        weight / max(weight.sum(), np.finfo(float).tiny),
        lambda rows: classes[(rows @ model.weights + model.intercepts).argmax(axis=1)],
    )


def constant(num_features: int, label: int) -> Predictor:
    """The predictor that has seen a single label."""
    return Predictor(np.zeros(num_features), lambda rows: np.full(len(rows), label))


def block_features(codes: Float[ndarray, "n d"], blocks: tuple[Block, ...]) -> Float[ndarray, "n m"]:
    """The values of all blocks side by side, float64: what a predictor sees.

    >>> block_features(np.array([[3.0, 4.0, 7.0]]), (Block((2,)), Block((0, 1), "circle"))).round(6).tolist()
    [[7.0, 0.6, 0.8]]
    """
    return np.concatenate([block_values(codes, block) for block in blocks], axis=1)


def by_block(values: Float[ndarray, "m"], blocks: tuple[Block, ...]) -> Float[ndarray, "blocks"]:
    """The sum of the values of each block's features.

    >>> by_block(np.array([0.5, 0.25, 0.25]), (Block((2,)), Block((0, 1), "circle"))).tolist()
    [0.5, 0.5]
    """
    starts = np.cumsum([0, *(len(block.axes) for block in blocks[:-1])])
    return np.add.reduceat(values, starts)
