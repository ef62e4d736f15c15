"""Correlations of the blocks of a code with factors, whose values count as numbers: their ranks."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray


def value_ranks(factors: Int[ndarray, "n k"]) -> Float[ndarray, "n k"]:
    """The position of each value among those that its factor takes here: names and gaps of values do not matter.

    >>> value_ranks(np.array([[7], [-3], [100], [7]])).ravel().tolist()
    [1.0, 0.0, 2.0, 1.0]
    """
    ranks = [np.unique(column, return_inverse=True)[1] for column in factors.T]
    return np.stack(ranks, axis=1).astype(np.float64)


def multiple_correlations(
    blocks: list[Float[ndarray, "n ..."]], targets: Float[ndarray, "n k"]
) -> Float[ndarray, "blocks k"]:
    """R of the least-squares fit of each target to each block's axes (n, m): for one axis, the absolute correlation.

    0 for constant targets and blocks. R is fitted and read on the same rows: for a block of m axes that knows nothing
    R^2 is m / (n - 1) on average, not 0.

    >>> x = np.arange(4.0)
    >>> multiple_correlations([x[:, None], np.stack([x, x**2], 1)], np.stack([-x, x**2], 1)).round(3).tolist()
    [[1.0, 0.958], [1.0, 1.0]]
    """
    targets = _normalised(targets)
    found = np.empty((len(blocks), targets.shape[1]))
    for row, values in enumerate(blocks):
        basis, sizes, _ = np.linalg.svd(_normalised(values), full_matrices=False)
        basis = basis[:, sizes > 1e-10]  # axes that repeat others add nothing
        found[row] = np.linalg.norm(basis.T @ targets, axis=0)
    return np.minimum(found, 1.0)


def _normalised(values: Float[ndarray, "n m"]) -> Float[ndarray, "n m"]:
    """Columns with mean 0 and Euclidean norm 1; constant ones become 0."""
    constant = (values == values[:1]).all(axis=0)
    centred = np.where(constant, 0.0, values - values.mean(axis=0))
    largest = np.abs(centred).max(axis=0)
    centred = centred / np.where(largest > 0, largest, 1.0)  # squares of tiny or huge values stay in range
    norm = np.linalg.norm(centred, axis=0)
    return centred / np.where(norm > 0, norm, 1.0)
