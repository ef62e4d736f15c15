"""Rows of a table: those that show each value of a factor, and those to fit to and to score on."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from numpy import ndarray


class Split(NamedTuple):
    """Rows to fit to and rows to score on; no observation is among both."""

    train: Int[ndarray, "num_train"]
    test: Int[ndarray, "num_test"]


class ValueRows(NamedTuple):
    """The rows of a table ordered by the value of one factor, where each value starts, and how many rows show it."""

    rows: Int[ndarray, "n"]
    starts: Int[ndarray, "values"]
    counts: Int[ndarray, "values"]


def value_rows(column: Int[ndarray, "n"]) -> ValueRows:
    """The rows of each value of one factor."""
    low, high = int(column.min()), int(column.max())
    if high - low < 2**16:  # numpy orders 16-bit integers by radix, many times faster than wider ones
        index = (column.astype(np.int64) - low).astype(np.uint16)
    else:
        index = np.unique(column, return_inverse=True)[1]
    counts = np.bincount(index)
    present = np.flatnonzero(counts)
    starts = (np.cumsum(counts) - counts)[present]
    return ValueRows(np.argsort(index, kind="stable").astype(np.int32), starts, counts[present])
