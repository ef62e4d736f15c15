"""Lasso regression (Tibshirani 1996) of many targets at once, by coordinate descent on the covariance."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

_SWEEPS, _TOLERANCE = 10_000, 1e-8  # most passes over the coordinates; largest change at which they end


def lasso(inputs: Float[ndarray, "n d"], targets: Float[ndarray, "n t"], *, alpha: float) -> Float[ndarray, "d t"]:
    """For each target the weights (d,) that minimise |y - X w|^2 / (2 n) + alpha |w|_1, without an intercept.

    Scikit-learn's Lasso on centred columns, run to convergence and on all targets in one pass; inputs that are 0
    everywhere have weight 0.

    >>> x = np.array([[1.0], [-1.0]])
    >>> lasso(x, 3 * x, alpha=0.5).round(6).tolist()
    [[2.5]]
    """
    gram = inputs.T @ inputs / len(inputs)
    weights, toward = np.zeros((inputs.shape[1], targets.shape[1])), inputs.T @ targets / len(inputs)
    used = np.flatnonzero(gram.diagonal() > 0)
    for _ in range(_SWEEPS):
        change = 0.0
        for axis in used:
            partial = toward[axis] - gram[axis] @ weights + gram[axis, axis] * weights[axis]
            updated = np.sign(partial) * np.maximum(np.abs(partial) - alpha, 0.0) / gram[axis, axis]
            change = max(change, float(np.abs(updated - weights[axis]).max(initial=0.0)))
            weights[axis] = updated
        if change < _TOLERANCE:
            break
    return weights
