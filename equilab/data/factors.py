"""The factors of variation of a data set: names, values, the group that acts on each, and their flat index."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from equilab.errors import DataError, SettingError


@dataclass(frozen=True)
class Cyclic:
    """The cyclic group C_n that turns the values of a factor: value i goes to i + g mod n.

    symmetries: for each value of the factor `depends_on`, the order of its stabiliser in SO(2): how often the object
    looks the same in one full turn (square 4, ellipse 2, heart 1). Empty: every object looks the same once.
    """

    order: int
    symmetries: tuple[int, ...] = ()
    depends_on: str | None = None


@dataclass(frozen=True)
class Factor:
    """One factor: its values in order, their unit, and the group that acts on them (None: the values do not wrap).

    >>> Factor("orientation", (0.0, 120.0, 240.0), "degrees", Cyclic(3)).act(np.array([0, 2]), 1).tolist()
    [1, 0]
    """

    name: str
    values: tuple[float, ...]
    unit: str = ""
    group: Cyclic | None = None

    @property
    def size(self) -> int:
        return len(self.values)

    def act(self, index: Int[ndarray, "..."], g: int) -> Int[ndarray, "..."]:
        """The indices of the values after the group element g: index + g mod the group's order.

        A duplicate end point (orientation 39 of dSprites, the same angle as 0) counts as the first value.
        Raises DataError for a factor that no group acts on.
        """
        if self.group is None:
            raise DataError(f"{self.name}: no group acts on this factor, its values do not wrap")
        return (np.asarray(index) + g) % self.group.order


@dataclass(frozen=True)
class Factors(Sequence[Factor]):
    """The factors of a data set in order; a combination of values has a flat index, the last factor running fastest.

    >>> factors = Factors((Factor("shape", (0, 1, 2)), Factor("x", (0.0, 1.0))))
    >>> factors.to_index(np.array([[2, 1]])).tolist(), factors.from_index(np.array([5])).tolist()
    ([5], [[2, 1]])
    """

    factors: tuple[Factor, ...]

    def __len__(self) -> int:
        return len(self.factors)

    def __getitem__(self, key):  # pyright: ignore[reportIncompatibleMethodOverride]
        """The factor at a position, or of a name; SettingError suggests the nearest name."""
        if not isinstance(key, str):
            return self.factors[key]
        if key not in self.names:
            near = get_close_matches(key, self.names, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SettingError(f"factor: {key!r} is none of {', '.join(self.names)}{hint}")
        return self.factors[self.names.index(key)]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(factor.name for factor in self.factors)

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(factor.size for factor in self.factors)

    @cached_property
    def num_combinations(self) -> int:
        """The size of the full grid."""
        return int(np.prod(self.sizes))

    def to_index(self, factors: Int[ndarray, "n k"]) -> Int[ndarray, "n"]:
        """The flat index of each combination; DataError for a wrong shape or a value out of range."""
        factors = np.asarray(factors)
        if factors.ndim != 2 or factors.shape[1] != len(self):
            raise DataError(f"factors: expected (n, {len(self)}) for {', '.join(self.names)}, got {factors.shape}")
        bad = (factors < 0) | (factors >= np.array(self.sizes))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise DataError(
                f"factors[{row}, {column}]: {self.names[column]} has values 0 to {self.sizes[column] - 1}, "
                f"got {factors[row, column]}"
            )
        return np.asarray(np.ravel_multi_index(tuple(factors.T), self.sizes), dtype=np.int64)

    def from_index(self, indices: Int[ndarray, "n"]) -> Int[ndarray, "n k"]:
        """The combination at each flat index; DataError for one out of range."""
        indices = np.asarray(indices)
        if indices.size and not 0 <= indices.min() <= indices.max() < self.num_combinations:
            raise DataError(
                f"indices: expected 0 to {self.num_combinations - 1}, got {indices.min()} to {indices.max()}"
            )
        return np.stack(np.unravel_index(indices, self.sizes), axis=1).astype(np.int64)

    def sample(self, n: int, rng: np.random.Generator) -> Int[ndarray, "n k"]:
        """n combinations, every factor uniform and independent of the others."""
        return rng.integers(np.array(self.sizes), size=(n, len(self)))
