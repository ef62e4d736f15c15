"""The factor values of n observations: which factors vary, whether they form a grid, the rows of each value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from equilab.errors import DataError, ShapeError
from equilab.metrics.validation import BINS, checked_factors, checked_names

_MOST_ONCE = 1_000  # values of a single factor that are shown once each


class ValueRows(NamedTuple):
    """The rows of a table ordered by the value of one factor, where each value starts, and how many rows show it."""

    rows: Int[ndarray, "n"]
    starts: Int[ndarray, "values"]
    counts: Int[ndarray, "values"]


@dataclass(frozen=True, eq=False)
class FactorTable:
    """Factor values (n, k), checked once and shared by all tables of codes of the same observations.

    values: any integers. names: k different names, kept as a tuple; empty: factor0, factor1, ...
    Raises ShapeError or DataError for names or values that are not, and where no factor varies.

    >>> FactorTable(np.array([[0, 7], [0, 8]])).scored_names
    ('factor1',)
    """

    values: ndarray
    names: Sequence[str] | ndarray = ()

    def __post_init__(self) -> None:
        num = self.values.shape[1]
        names = checked_names(self.names, "factor_names") or tuple(f"factor{index}" for index in range(num))
        if len(names) != num:
            raise ShapeError("factor_names", expected=f"{num} names", got=f"{len(names)}: {', '.join(names)}")
        if len(set(names)) < len(names):
            raise DataError("factor_names", expected="different names", got=", ".join(names))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "values", checked_factors(self.values))
        if not self.scored:
            raise DataError(
                "factors", expected="at least one that varies", got=f"one value of each of {', '.join(names) or 'none'}"
            )

    @cached_property
    def scored(self) -> tuple[int, ...]:
        """Positions of the factors that vary."""
        return tuple(np.flatnonzero((self.values != self.values[:1]).any(axis=0)).tolist())

    @cached_property
    def scored_names(self) -> tuple[str, ...]:
        """Names of the factors that vary."""
        return tuple(str(self.names[factor]) for factor in self.scored)

    @cached_property
    def numbered(self) -> tuple[Int[ndarray, "n"], ...]:
        """Of each factor that varies the values counted from 0, in their order."""
        columns = (self.values[:, factor] for factor in self.scored)
        return tuple(np.unique(column, return_inverse=True)[1].reshape(-1).astype(np.int32) for column in columns)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The number of values present of each factor that varies."""
        return tuple(int(column.max()) + 1 for column in self.numbered)

    @cached_property
    def digest(self) -> str:
        """The sha256 of the shape and the values, whatever integers hold them."""
        values = np.ascontiguousarray(self.values, np.int64)
        return sha256(repr(values.shape).encode() + values.tobytes()).hexdigest()

    def require_repeats(self) -> None:
        """DataError for a factor with more than half as many values as there are rows: nothing of it can be counted.

        Such is a continuous factor whose values were numbered: a perfect code would score 0. A table of one factor
        whose values are shown once each is a grid; it may have 1,000 values.
        """
        n = len(self.values)
        for name, size in zip(self.scored_names, self.sizes, strict=True):
            if 2 * size > n and (len(self.sizes) > 1 or size > _MOST_ONCE):
                raise DataError(
                    "factors",
                    expected="two or more observations of each value, on average",
                    got=f"{n} observations of {size} values of {name}",
                    hint=f"put a continuous factor in bins: {BINS}",
                )

    @cached_property
    def combinations(self) -> Int[ndarray, "n"] | None:
        """The flat index of each row's combination of values, or None where there are more of these than rows."""
        if math.prod(self.sizes) > len(self.values):
            return None
        return np.ravel_multi_index(self.numbered, self.sizes)

    @cached_property
    def is_grid(self) -> bool:
        """Whether every combination of the values present is shown by one and the same number of rows."""
        index = self.combinations
        return index is not None and len(set(np.bincount(index, minlength=math.prod(self.sizes)).tolist())) == 1

    def grid_index(self) -> Int[ndarray, "n"]:
        """The flat index of each row on the grid of the factors that vary.

        Raises DataError where a combination of values is missing, or shown more than once.
        """
        index = self.combinations
        if index is None or not self.is_grid or len(index) > math.prod(self.sizes):
            missing = math.prod(self.sizes) - len(np.unique(self.values[:, list(self.scored)], axis=0))
            shape = " x ".join(map(str, self.sizes))
            raise DataError(
                "factors",
                expected=f"each combination of {shape} values of {', '.join(self.scored_names)} exactly once",
                got=f"{len(self.values)} observations and {missing} combinations missing",
                hint="encode the whole grid, and means rather than samples",
            )
        return index

    @cached_property
    def _rows(self) -> dict[int, ValueRows]:
        return {}

    def rows_of(self, factor: int) -> ValueRows:
        """The rows of each value of a factor, found once."""
        if factor not in self._rows:
            self._rows[factor] = _value_rows(self.values[:, factor])
        return self._rows[factor]

    @cached_property
    def _repeated(self) -> "dict[int, FactorTable]":
        return {}

    def repeated(self, copies: int) -> "FactorTable":
        """The table of so many passes over the observations, made once."""
        if copies == 1:
            return self
        if copies not in self._repeated:
            self._repeated[copies] = FactorTable(np.tile(self.values, (copies, 1)), self.names)
        return self._repeated[copies]


def _value_rows(column: Int[ndarray, "n"]) -> ValueRows:
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
