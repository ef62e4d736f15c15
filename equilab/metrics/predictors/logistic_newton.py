"""Binary logistic regressions of many classes at once, by Newton's method (iteratively reweighted least squares)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

_MEMORY = 2**25  # numbers of one piece of the products of features: 256 MiB
_JITTER = 1e-10  # share of the Hessian's mean diagonal: duplicated features leave it singular, and the optimum as it is


def newton(
    design: Float[ndarray, "n p"],
    targets: Float[ndarray, "n classes"],
    ridge: Float[ndarray, "p classes"],
    start: Float[ndarray, "p classes"],
    *,
    tolerance: float = 1e-9,
    max_iterations: int = 200,
) -> Float[ndarray, "p classes"]:
    """The weights that minimise sum log(1 + exp z) - target z + sum ridge weight^2 / 2, z = design weights, by class.

    targets: 0 or 1. A class is done when the step left would lower its sum by less than `tolerance` nats a row.

    >>> design, targets = np.array([[-1.0], [1.0], [1.0]]), np.array([[0.0], [1.0], [1.0]])
    >>> weight = newton(design, targets, np.full((1, 1), 0.5), np.zeros((1, 1)))
    >>> bool(np.isclose(0.5 * weight, 3 / (1 + np.exp(weight))).all())  # the gradient is 0
    True
    """
    weights, active = start.copy(), np.arange(targets.shape[1])
    products = _Products.of(design)
    state = _State.at(design @ weights, targets, weights, ridge)
    for _ in range(max_iterations):
        gradient = design.T @ (state.probability - targets[:, active]) + ridge[:, active] * weights[:, active]
        hessian = products.hessians(design, state.probability * (1 - state.probability), ridge[:, active])
        step = np.linalg.solve(hessian, gradient.T[..., None])[..., 0].T
        gain = (gradient * step).sum(axis=0)
        going = gain > tolerance * len(design)
        if not going.any():
            break
        active, step, gain = active[going], step[:, going], gain[going]
        state = _State(*(part[..., going] for part in state))
        weights[:, active], state = _search(
            design, targets[:, active], ridge[:, active], weights[:, active], step, gain, state
        )
    return weights


class _State(NamedTuple):
    """Where the classes that are not done stand."""

    logits: Float[ndarray, "n classes"]
    probability: Float[ndarray, "n classes"]
    value: Float[ndarray, "classes"]  # nats, summed over rows

    @classmethod
    def at(cls, logits: ndarray, targets: ndarray, weights: ndarray, ridge: ndarray) -> "_State":
        positive = np.maximum(logits, 0)
        larger = 1 / (1 + np.exp(logits - 2 * positive))  # the larger of the probabilities of the two classes
        probability = np.where(logits > 0, larger, 1 - larger)
        loss = positive.sum(axis=0) - np.log(larger).sum(axis=0) - np.einsum("nk,nk->k", targets, logits)
        return cls(logits, probability, loss + 0.5 * (ridge * weights**2).sum(axis=0))


def _search(
    design: ndarray, targets: ndarray, ridge: ndarray, weights: ndarray, step: ndarray, gain: ndarray, state: _State
) -> tuple[ndarray, _State]:
    """The weights after the longest of the steps 1, 1/2, 1/4, ... that lowers each class's sum by enough (Armijo)."""
    length, change = np.ones(len(gain)), design @ step
    while True:
        found = weights - length * step
        new = _State.at(state.logits - length * change, targets, found, ridge)
        short = (new.value > state.value - 1e-4 * length * gain) & (length > 1e-6)
        if not short.any():
            return found, new
        length = np.where(short, length / 2, length)


class _Products(NamedTuple):
    """The products of every two features of a row, which turn all Hessians into one matrix product."""

    first: ndarray
    second: ndarray
    products: ndarray | None  # None: too many to keep; they are formed piece by piece

    @classmethod
    def of(cls, design: ndarray) -> "_Products":
        first, second = np.triu_indices(design.shape[1])
        keep = len(design) * len(first) <= _MEMORY
        return cls(first, second, design[:, first] * design[:, second] if keep else None)

    def hessians(self, design: ndarray, curvature: ndarray, ridge: ndarray) -> Float[ndarray, "classes p p"]:
        """sum over rows of curvature x x^T, plus the ridge, of each class."""
        p, classes = ridge.shape
        if self.products is not None:
            upper = curvature.T @ self.products
        else:
            rows = max(_MEMORY // len(self.first), 1)
            upper = np.zeros((classes, len(self.first)))
            for start in range(0, len(design), rows):
                piece = design[start : start + rows]
                upper += curvature[start : start + rows].T @ (piece[:, self.first] * piece[:, self.second])
        found = np.empty((classes, p, p))
        found[:, self.first, self.second] = found[:, self.second, self.first] = upper
        diagonal = np.arange(p)
        jitter = _JITTER * found[:, diagonal, diagonal].mean(axis=1, keepdims=True)
        found[:, diagonal, diagonal] += ridge.T + np.maximum(jitter, np.finfo(float).tiny)
        return found
