"""The predictors of downstream tasks: what is fitted, what it predicts, and what a table gives it to see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.predictors.logistic_cv import OneVsRest, fit_one_vs_rest_cv


@runtime_checkable
class Predictor(Protocol):
    """A fitted classifier of one factor."""

    @property
    def importances(self) -> Float[ndarray, "m"]:
        """The share of each feature; they add up to 1, or are all 0 where none counts."""
        ...

    def predict(self, features: Float[ndarray, "n m"]) -> Int[ndarray, "n"]:
        """The label of each row."""
        ...


@runtime_checkable
class Fit(Protocol):
    """What fits predictors: `GradientBoosting().fit_each`, `fit_logistic`."""

    def __call__(
        self, features: Float[ndarray, "n m"], labels: Int[ndarray, "n k"], *, rng: np.random.Generator
    ) -> Sequence[Predictor]:
        """A predictor of each column of labels."""
        ...


def fit_logistic(
    features: Float[ndarray, "n m"], labels: Int[ndarray, "n k"], *, rng: np.random.Generator
) -> list[Predictor]:
    """One-vs-rest logistic regression, penalty by 5-fold cross-validation (see `logistic_cv`); one label: that label.

    Importance: sum over classes of |weight|, times the standard deviation of the feature. `rng` is not needed.

    >>> features, labels = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[0], [0], [4], [4]])
    >>> found = fit_logistic(features, labels, rng=np.random.default_rng(0))
    >>> found[0].predict(np.array([[-1.0], [9.0]])).tolist()
    [0, 4]
    """
    return [_fit_logistic(features, column) for column in labels.T]


def _fit_logistic(features: Float[ndarray, "n m"], labels: Int[ndarray, "n"]) -> "_Logistic":
    """The regression of one factor; of a single label the model whose only class is that one."""
    classes, index = np.unique(labels, return_inverse=True)
    if len(classes) == 1:
        nothing = np.zeros((features.shape[1], 1))
        return _Logistic(classes, OneVsRest(nothing, np.zeros(1), np.ones(1)), nothing[:, 0])
    model = fit_one_vs_rest_cv(features, index)
    weight = np.abs(model.weights).sum(axis=1) * features.std(axis=0)
    return _Logistic(classes, model, weight / max(weight.sum(), np.finfo(float).tiny))


@dataclass(frozen=True, eq=False)
class _Logistic:
    """Logistic regressions and the labels of their classes."""

    classes: Int[ndarray, "classes"]
    model: OneVsRest
    importances: Float[ndarray, "m"]

    def predict(self, features: Float[ndarray, "n m"]) -> Int[ndarray, "n"]:
        return self.classes[(features @ self.model.weights + self.model.intercepts).argmax(axis=1)]


def by_block(values: Float[ndarray, "m"], blocks: tuple[CodeBlock, ...]) -> Float[ndarray, "blocks"]:
    """The sum of the values of each block's features.

    >>> by_block(np.array([0.5, 0.25, 0.25]), (CodeBlock((2,)), CodeBlock((0, 1)))).tolist()
    [0.5, 0.5]
    """
    starts = np.cumsum([0, *(len(block.axes) for block in blocks[:-1])])
    return np.add.reduceat(values, starts)
