"""Checks of integer arrays at the border: indices of observations and of factor values."""

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from equilab.errors import DataError, ShapeError


def checked_integers(values: ndarray, argument: str) -> Int[ndarray, "..."]:
    """The values of an argument as int64; DataError when they are not integers. Empty arrays pass."""
    values = np.asarray(values)
    if values.size and not np.issubdtype(values.dtype, np.integer):
        raise DataError(argument, expected="integers", got=values.dtype)
    return values.astype(np.int64)


def checked_indices(indices: ndarray, stop: int) -> Int[ndarray, "n"]:
    """Indices as int64 (n,), each from 0 to stop - 1; ShapeError or DataError for any others."""
    indices = checked_integers(indices, "indices")
    if indices.ndim != 1:
        raise ShapeError("indices", expected="(n,)", got=indices.shape)
    if indices.size and not 0 <= indices.min() <= indices.max() < stop:
        raise DataError("indices", expected=f"0 to {stop - 1}", got=f"{indices.min()} to {indices.max()}")
    return indices
