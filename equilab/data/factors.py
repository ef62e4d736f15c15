"""The factors of variation of a data set: names, values, the group that acts on each, and their flat index."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from equilab.errors import DataError, SettingError, ShapeError, check_count


@dataclass(frozen=True)
class Cyclic:
    """The cyclic group C_n that moves the values of a factor: value i goes to i + g mod n.

    symmetry: for each value of the factor `symmetry_of`, the order of its stabiliser in SO(2), which is how often the
    object looks the same in one full turn (square 4, ellipse 2, heart 1). Empty: every object looks the same once.
    """

    order: int  # number of distinct values
    symmetry: tuple[int, ...] = ()  # order of the stabiliser in SO(2) of each value of `symmetry_of`
    symmetry_of: str | None = None  # name of the factor that the stabiliser depends on; None: no other factor


@dataclass(frozen=True)
class Factor:
    """One factor: its values in order, their unit, and the group that acts on them (None: the values do not wrap).

    Raises SettingError for an empty name or one with a /, for a factor without values, or a group with more elements
    than there are values.

    >>> Factor("orientation", (0.0, 120.0, 240.0), "degrees", Cyclic(3)).act(np.array([0, 2]), 1).tolist()
    [1, 0]
    """

    name: str
    values: tuple[float, ...]  # in `unit`
    unit: str = ""
    group: Cyclic | None = None

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and self.name and self.name.isprintable() and "/" not in self.name):
            raise SettingError("name", expected="a printable text without /, of a factor", got=repr(self.name))
        if not self.values:
            raise SettingError("values", expected=f"at least one value of {self.name}", got="none")
        if self.group is not None and not 1 <= self.group.order <= self.size:
            raise SettingError("group", expected=f"an order of 1 to {self.size} for {self.name}", got=self.group.order)

    @property
    def size(self) -> int:
        """The number of values, a duplicate end point included."""
        return len(self.values)

    def act(self, index: Int[ndarray, "..."] | int, g: Int[ndarray, "..."] | int) -> Int[ndarray, "..."]:
        """The index of each value after the group element g: (index + g) mod order; shapes broadcast.

        A duplicate end point (orientation 39 of dSprites, the same angle as 0) counts as the first value.
        Raises DataError for a factor that no group acts on, for numbers that are no integers, and for an index of no
        value.
        """
        if self.group is None:
            raise DataError(self.name, expected="a factor that a group acts on", got="one whose values do not wrap")
        indices, steps = checked_integers(np.asarray(index), "index"), checked_integers(np.asarray(g), "g")
        if indices.size and not 0 <= indices.min() <= indices.max() < self.size:
            got = f"{indices.min()} to {indices.max()}"
            raise DataError("index", expected=f"0 to {self.size - 1}, a value of {self.name}", got=got)
        return np.asarray((indices + steps) % self.group.order)


@dataclass(frozen=True)
class Factors:
    """The factors of a data set in order; a combination of values has a flat index, the last factor running fastest.

    Raises SettingError for two factors of one name, or a group whose `symmetry` does not fit the factors.

    >>> factors = Factors((Factor("shape", (0, 1, 2)), Factor("x", (0.0, 1.0))))
    >>> factors.to_index(np.array([[2, 1]])).tolist(), factors.from_index(np.array([5])).tolist()
    ([5], [[2, 1]])
    """

    factors: tuple[Factor, ...]

    def __post_init__(self) -> None:
        if len(set(self.names)) < self.num:
            raise SettingError("factors", expected="factors with different names", got=", ".join(self.names) or "none")
        for factor in self.factors:
            if factor.group is None:
                continue
            of, symmetry = factor.group.symmetry_of, factor.group.symmetry
            expected = 0 if of is None else self[of].size
            if len(symmetry) != expected:
                raise SettingError(f"symmetry of {factor.name}", expected=f"{expected} orders", got=len(symmetry))

    def __iter__(self) -> Iterator[Factor]:
        return iter(self.factors)

    def __getitem__(self, name: str) -> Factor:
        """The factor of that name; SettingError lists the names there are and suggests the nearest."""
        if name not in self.names:
            near = get_close_matches(name, self.names, n=1)
            hint = f"did you mean {near[0]}?" if near else ""
            raise SettingError("factor", expected=f"one of {', '.join(self.names)}", got=repr(name), hint=hint)
        return self.factors[self.names.index(name)]

    @property
    def num(self) -> int:
        """The number of factors."""
        return len(self.factors)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each factor."""
        return tuple(factor.name for factor in self.factors)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of values of each factor."""
        return tuple(factor.size for factor in self.factors)

    @property
    def values(self) -> tuple[tuple[float, ...], ...]:
        """The values of each factor, in its unit."""
        return tuple(factor.values for factor in self.factors)

    @property
    def num_combinations(self) -> int:
        """The number of combinations of values: the product of the sizes."""
        return math.prod(self.sizes)

    def to_index(self, factors: Int[ndarray, "n k"]) -> Int[ndarray, "n"]:
        """The flat index int64 (n,) of each combination of factor indices (n, k), row-major.

        Raises ShapeError for another shape, DataError for a value that is no integer or out of range.
        """
        factors = checked_integers(factors, "factors")
        if factors.ndim != 2 or factors.shape[1] != self.num:
            raise ShapeError("factors", expected=f"(n, {self.num}) for {', '.join(self.names)}", got=factors.shape)
        bad = (factors < 0) | (factors >= np.array(self.sizes))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise DataError(
                f"factors[{row}, {column}]",
                expected=f"values of {self.names[column]} from 0 to {self.sizes[column] - 1}",
                got=int(factors[row, column]),
            )
        return np.asarray(np.ravel_multi_index(tuple(factors.T), self.sizes), dtype=np.int64)

    def from_index(self, indices: Int[ndarray, "n"]) -> Int[ndarray, "n k"]:
        """The combination of factor indices int64 (n, k) at each flat index (n,).

        Raises ShapeError for another shape, DataError for an index that is no integer or out of range.
        """
        indices = checked_indices(indices, self.num_combinations)
        return np.stack(np.unravel_index(indices, self.sizes), axis=1).astype(np.int64)

    def sample(self, n: int, rng: np.random.Generator) -> Int[ndarray, "n k"]:
        """n combinations int64 (n, k), every factor uniform and independent of the others, drawn from rng."""
        check_count("n", n, least=0)
        return rng.integers(np.array(self.sizes), size=(n, self.num))


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
