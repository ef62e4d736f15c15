"""The factor indices of observations as a data set gives them, or an error that names the factor."""

from typing import Any

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from equilab.data.factors import Factors
from equilab.errors import DataError, ShapeError


def checked_labels(labels: Any, factors: Factors) -> Int[ndarray, "n k"]:
    """The labels (n, k) of observations, integers: for each factor the index of its value.

    labels: what `Dataset.open_labels` gave. factors: of the data set. Raises ShapeError for another shape; DataError,
    with the factor's name, for numbers that are no integers and for indices of no value.
    """
    if isinstance(labels, np.ma.MaskedArray):
        raise DataError("labels", expected="an array without a mask", got="a masked array")
    found = np.asarray(labels)
    if found.ndim != 2 or found.shape[1] != factors.num:
        names = ", ".join(factors.names) or "no factors"
        raise ShapeError("labels", expected=f"(n, {factors.num}) for {names}", got=found.shape)
    if found.dtype.kind not in "iu":
        raise _no_integers(found, factors)
    for factor, column in zip(factors, found.T, strict=True):
        if column.size and not 0 <= column.min() <= column.max() < factor.size:
            row = int(np.argmax((column < 0) | (column >= factor.size)))
            raise DataError(
                f"labels of {factor.name}",
                expected=f"0 to {factor.size - 1}, the index of one of its {factor.size} values",
                got=f"{column[row]} at observation {row}",
            )
    return found


def _no_integers(labels: ndarray, factors: Factors) -> DataError:
    """The error of labels of another type; it names the first factor with a value that is no integer."""
    name, got = (factors.names or ("no factor",))[0], str(labels.dtype)
    if labels.dtype.kind == "f":
        fractions = ~(np.isfinite(labels) & (labels == np.floor(labels)))
        if fractions.any():
            row, column = (int(each) for each in np.argwhere(fractions)[0])
            name, got = factors.names[column], f"{labels[row, column]} at observation {row}"
    return DataError(
        f"labels of {name}",
        expected="integers, for each observation the index of the factor's value",
        got=got,
        hint="number the values that occur, such as with numpy.unique(values, return_inverse=True)",
    )
