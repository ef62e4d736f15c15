"""Codes beside factors, encoded once; every metric draws its samples from this table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.data import Dataset
from equilab.errors import DataError, ShapeError
from equilab.metrics.encoding import Encode, Progress, encode_observations, observations_to_encode


class _Groups(NamedTuple):
    """The rows of a table ordered by the value of one factor, where each value starts, and how many rows show it."""

    rows: Int[ndarray, "n"]
    starts: Int[ndarray, "values"]
    counts: Int[ndarray, "values"]


@dataclass(frozen=True, eq=False)
class CodeTable:
    """The codes of n observations and the factor values that they show.

    codes: (n, d) finite floats, kept as they are; factors: (n, k), any integers. factor_names: k
    different names, by default factor0, factor1, ... On the complete grid of a data set the samples below are those of
    Locatello et al. 2019: every factor uniform and independent. On any other table they follow the rows.

    Raises ShapeError for shapes that do not match; DataError for codes that are not finite numbers, factors that are
    not integers, names that repeat, and a table in which no factor varies.

    >>> table = CodeTable(np.eye(4), np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), ("shape", "x"))
    >>> table.scored
    (0, 1)
    """

    codes: ndarray  # shapes and dtypes are checked here, at the border, with a message for people
    factors: ndarray
    factor_names: Sequence[str] | ndarray = ()  # kept as a tuple

    def __post_init__(self) -> None:
        codes, factors = np.asarray(self.codes), np.asarray(self.factors)
        if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors) or not codes.size:
            raise ShapeError(
                "codes, factors: expected (n, d) and (n, k), n and d at least 1, one row of each per observation, "
                f"got {codes.shape} and {factors.shape}"
            )
        if isinstance(self.factor_names, str):
            raise DataError(f"factor_names: expected a sequence of names, got the string {self.factor_names!r}")
        names = tuple(map(str, self.factor_names)) or tuple(f"factor{index}" for index in range(factors.shape[1]))
        if len(names) != factors.shape[1]:
            raise ShapeError(f"factor_names: expected {factors.shape[1]} names, got {len(names)}: {', '.join(names)}")
        if len(set(names)) < len(names):
            raise DataError(f"factor_names: expected different names, got {', '.join(names)}")
        object.__setattr__(self, "codes", _checked_codes(codes))
        object.__setattr__(self, "factors", _checked_factors(factors))
        object.__setattr__(self, "factor_names", names)
        if not self.scored:
            raise DataError(
                f"factors: expected at least one that varies, got one value of each of {', '.join(names) or 'none'}"
            )

    @classmethod
    def encode(
        cls,
        encode: Encode,
        dataset: Dataset,
        *,
        batch_size: int = 256,
        num_samples: int | None = None,
        seed: int = 0,
        progress: Progress | None = None,
        inputs: Literal["torch", "numpy"] = "torch",
    ) -> "CodeTable":
        """The table of a whole grid, each image encoded once, or of `num_samples` observations drawn at random.

        num_samples: None is all of a grid, and 100,000 of any other data set; they are drawn with replacement.

        encode: float32 images (n, C, H, W) in [0, 1], as a torch tensor or, if `inputs` says so, a numpy array, to
        codes (n, d), either kind, on any device. It is called without gradients, on batches in the order of the grid.
        `progress(done, total)` is called after every batch. Raises ShapeError when `encode` gives something else,
        DataError for a code that is not finite.

        >>> from equilab.data import MiniSprites
        >>> CodeTable.encode(lambda images: images.mean(2).flatten(1), MiniSprites()).codes.shape
        (384, 64)
        """
        indices = observations_to_encode(dataset, num_samples=num_samples, seed=seed)
        codes = encode_observations(encode, dataset, indices, batch_size=batch_size, inputs=inputs, progress=progress)
        return cls(codes, dataset.labels(indices).astype(np.int32), dataset.factors.names)

    @cached_property
    def scored(self) -> tuple[int, ...]:
        """Positions of the factors that vary; one with a single value, as dSprites' color, has nothing to score."""
        return tuple(np.flatnonzero((self.factors != self.factors[:1]).any(axis=0)).tolist())

    @property
    def scored_names(self) -> tuple[str, ...]:
        """Names of the factors that vary."""
        return tuple(str(self.factor_names[factor]) for factor in self.scored)

    def sample(self, n: int, rng: np.random.Generator) -> Int[ndarray, "n"]:
        """Rows (n,), uniform with replacement."""
        return rng.integers(len(self.codes), size=n)

    def sample_fixed(
        self, factor: int, *, groups: int, size: int, rng: np.random.Generator
    ) -> Int[ndarray, "groups size"]:
        """Rows (groups, size) that share one value of a factor within each group.

        factor: its position. The value is uniform over those present in the table, the rows are uniform with
        replacement among those that show it.

        >>> table = CodeTable(np.eye(4), np.array([[7, 0], [7, 1], [9, 0], [9, 1]]))
        >>> rows = table.sample_fixed(0, groups=100, size=3, rng=np.random.default_rng(0))
        >>> bool((table.factors[rows, 0] == table.factors[rows[:, :1], 0]).all())
        True
        """
        rows, starts, counts = self._groups[factor]
        value = rng.integers(len(starts), size=(groups, 1))
        return rows[starts[value] + rng.integers(counts[value], size=(groups, size))]

    @cached_property
    def _groups(self) -> dict[int, _Groups]:
        return {factor: _group(self.factors[:, factor]) for factor in range(self.factors.shape[1])}


def _group(column: Int[ndarray, "n"]) -> _Groups:
    """The rows of each value of one factor."""
    low, high = int(column.min()), int(column.max())
    if high - low < 2**16:  # numpy orders 16-bit integers by radix, many times faster than wider ones
        index = (column.astype(np.int64) - low).astype(np.uint16)
    else:
        index = np.unique(column, return_inverse=True)[1]
    counts = np.bincount(index)
    present = np.flatnonzero(counts)
    starts = (np.cumsum(counts) - counts)[present]
    return _Groups(np.argsort(index, kind="stable").astype(np.int32), starts, counts[present])


def _checked_codes(codes: ndarray) -> Float[ndarray, "n d"]:
    """Finite floats of at least 32 bits; integers become float64."""
    if codes.dtype.kind not in "fiub":
        raise DataError(f"codes: expected real numbers, got {codes.dtype}")
    codes = codes.astype(np.promote_types(codes.dtype, np.float32), copy=False)
    if not np.isfinite(codes).all():
        row, column = np.argwhere(~np.isfinite(codes))[0]
        raise DataError(f"codes[{row}, {column}]: expected finite numbers, got {codes[row, column]}")
    return codes


def _checked_factors(factors: ndarray) -> Int[ndarray, "n k"]:
    """Signed integers, also of factors written as floats."""
    if factors.dtype.kind == "i":
        return factors
    if factors.dtype.kind not in "fub" or not np.isfinite(factors).all() or (np.rint(factors) != factors).any():
        raise DataError(
            f"factors: expected integers, the index of each value, got {factors.dtype}; "
            "np.unique(column, return_inverse=True)[1] numbers the values of a column"
        )
    return factors.astype(np.int64)
