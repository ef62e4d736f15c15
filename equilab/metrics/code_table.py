"""Codes beside factors, encoded once; every metric draws its samples from this table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.data import Dataset
from equilab.errors import DataError, ShapeError
from equilab.metrics.checked import check_scale, checked_codes, checked_factors
from equilab.metrics.encoding import Encode, Progress, encode_observations, observations_to_encode
from equilab.metrics.value_rows import Split, ValueRows, value_rows

_SAMPLED = 50_000  # rows of sampled codes, at least
_LARGEST_LOG_VAR = 80.0


@dataclass(frozen=True, eq=False)
class CodeTable:
    """The codes of n observations and the factor values that they show.

    codes: (n, d) finite floats, kept as they are; factors: (n, k), any integers. factor_names: k different names, by
    default factor0, factor1, ... log_var: (n, d) log variances of a posterior whose means are the codes, for what
    needs them: samples of the codes, their KL. On the complete grid of a data set the samples below are those of
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
    log_var: ndarray | None = None
    copies: int = 1  # passes over the observations, one after the other, that make up the rows: see `sampled`

    def __post_init__(self) -> None:
        codes, factors = np.asarray(self.codes), np.asarray(self.factors)
        if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors) or not codes.size:
            raise ShapeError(
                "codes, factors",
                expected="(n, d) and (n, k), n and d at least 1, one row of each per observation",
                got=f"{codes.shape} and {factors.shape}",
            )
        if isinstance(self.factor_names, str):
            raise DataError("factor_names", expected="a sequence of names", got=f"the string {self.factor_names!r}")
        names = tuple(map(str, self.factor_names)) or tuple(f"factor{index}" for index in range(factors.shape[1]))
        if len(names) != factors.shape[1]:
            raise ShapeError(
                "factor_names", expected=f"{factors.shape[1]} names", got=f"{len(names)}: {', '.join(names)}"
            )
        if len(set(names)) < len(names):
            raise DataError("factor_names", expected="different names", got=", ".join(names))
        object.__setattr__(self, "codes", checked_codes(codes, "codes"))
        check_scale(self.codes)
        object.__setattr__(self, "factors", checked_factors(factors))
        object.__setattr__(self, "factor_names", names)
        if self.log_var is not None:
            log_var = np.asarray(self.log_var)
            if log_var.shape != codes.shape:
                raise ShapeError("log_var", expected=f"the shape of the codes, {codes.shape}", got=log_var.shape)
            object.__setattr__(self, "log_var", checked_codes(log_var, "log_var"))
        if not self.scored:
            raise DataError(
                "factors", expected="at least one that varies", got=f"one value of each of {', '.join(names) or 'none'}"
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

        num_samples: None is all of a grid, and 100,000 of any other data set; none of them twice.

        encode: float32 images (n, C, H, W) in [0, 1], as a torch tensor or, if `inputs` says so, a numpy array, to
        codes (n, d), either kind, on any device, or to a pair (mean, log_var) of a posterior. It is called without
        gradients, on batches in the order of the grid.
        `progress(done, total)` is called after every batch. Raises ShapeError when `encode` gives something else,
        DataError for a code that is not finite.

        >>> from equilab.data import MiniSprites
        >>> CodeTable.encode(lambda images: images.mean(2).flatten(1), MiniSprites()).codes.shape
        (384, 64)
        """
        indices = observations_to_encode(dataset, num_samples=num_samples, seed=seed)
        codes, log_var = encode_observations(
            encode, dataset, indices, batch_size=batch_size, inputs=inputs, progress=progress
        )
        return cls(codes, dataset.labels(indices).astype(np.int32), dataset.factors.names, log_var)

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

    def sample_split(self, num_train: int, num_test: int, rng: np.random.Generator) -> Split:
        """Rows to fit to and rows to score on, each uniform with replacement within its own part of the table.

        The parts are disjoint and drawn at random, their sizes in the ratio of the two numbers: a small table, too,
        is scored on observations that the fit has not seen. Raises DataError for less than two observations.

        >>> table = CodeTable(np.arange(6.0)[:, None], np.arange(6)[:, None])
        >>> train, test = table.sample_split(100, 50, np.random.default_rng(0))
        >>> len(set(train)), len(set(test)), set(train) & set(test)
        (4, 2, set())
        """
        n = len(self.codes) // self.copies
        if n < 2:
            raise DataError(
                "codes", expected="at least two observations, to fit to one part and score on another", got=n
            )
        order = rng.permutation(n)
        cut = min(max(round(n * num_train / (num_train + num_test)), 1), n - 1)
        train, test = order[:cut], order[cut:]
        rows = [part[rng.integers(len(part), size=num)] for part, num in ((train, num_train), (test, num_test))]
        if self.copies > 1:
            rows = [part + n * rng.integers(self.copies, size=len(part)) for part in rows]
        return Split(*rows)

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
        if size > 1 and counts.min() < 2:
            value = self.factors[rows[starts[counts.argmin()]], factor]
            raise DataError(
                "factors",
                expected="two or more observations of each value, to see what changes while it stays",
                got=f"one of {self.factor_names[factor]} = {value}",
                hint="give more observations, or put values of a continuous factor in bins",
            )
        value = rng.integers(len(starts), size=(groups, 1))
        return rows[starts[value] + rng.integers(counts[value], size=(groups, size))]

    def sampled(self, rng: np.random.Generator) -> "CodeTable":
        """The table with samples of the posteriors, codes + exp(log_var / 2) noise, in place of their means.

        One sample of each where there are many observations; of few, several passes over them, to at least 50,000 rows,
        so that a metric which draws one observation again sees fresh noise. Raises DataError without log variances.

        >>> table = CodeTable(np.zeros((4, 1)), np.arange(4)[:, None], log_var=np.zeros((4, 1)))
        >>> sampled = table.sampled(np.random.default_rng(0))
        >>> len(sampled.codes), round(float(sampled.codes.std()), 1)
        (50000, 1.0)
        """
        log_var = self.require_log_var("sampled codes")
        if log_var.max() > _LARGEST_LOG_VAR:
            raise DataError(
                "log_var", expected=f"at most {_LARGEST_LOG_VAR}, a variance of 5e34", got=f"{log_var.max():g}"
            )
        copies = max(1, -(-_SAMPLED // len(self.codes)))
        codes = np.tile(self.codes, (copies, 1))
        codes += np.exp(0.5 * np.tile(log_var, (copies, 1))) * rng.standard_normal(codes.shape)
        return CodeTable(codes, np.tile(self.factors, (copies, 1)), self.factor_names, copies=copies)

    @cached_property
    def kl(self) -> Float[ndarray, "d"]:
        """The KL (d,) of each dimension's posterior to N(0, 1), nats, mean over the table; DataError without log_var.

        >>> CodeTable(np.ones((2, 1)), np.array([[0], [1]]), log_var=np.zeros((2, 1))).kl.tolist()
        [0.5]
        """
        log_var = self.require_log_var("the KL of a dimension").astype(np.float64)
        return 0.5 * (np.square(self.codes, dtype=np.float64) + np.exp(log_var) - log_var - 1).mean(axis=0)

    def require_log_var(self, purpose: str) -> Float[ndarray, "n d"]:
        """The log variances; DataError, with what they are needed for, where there are none."""
        if self.log_var is None:
            raise DataError(
                "log_var",
                expected=f"the log variances (n, d) of the posterior for {purpose}",
                got="none",
                hint=(
                    "give log_var=, or an encoder that returns (mean, log_var); sampled codes have none: "
                    "representation='mean'"
                ),
            )
        return self.log_var

    def grid(self) -> Float[ndarray, "..."]:
        """The codes (size of each factor that varies, ..., d) on the complete grid of these factors.

        Raises DataError where a combination of values is missing, or shown more than once.

        >>> factors = np.stack(np.unravel_index(np.arange(6), (2, 3)), 1)[::-1]
        >>> CodeTable(np.arange(6.0)[::-1, None], factors).grid()[..., 0].tolist()
        [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
        """
        sizes, index = self._sizes, self._combinations
        if index is None or not self.is_grid or len(index) > math.prod(sizes):
            missing = math.prod(sizes) - len(np.unique(self.factors[:, list(self.scored)], axis=0))
            raise DataError(
                "factors",
                expected=(
                    f"each combination of {' x '.join(map(str, sizes))} values of {', '.join(self.scored_names)} "
                    "exactly once"
                ),
                got=f"{len(self.codes)} observations and {missing} combinations missing",
                hint="encode the whole grid, and means rather than samples",
            )
        codes = np.empty_like(self.codes)
        codes[index] = self.codes
        return codes.reshape(*sizes, -1)

    @cached_property
    def is_grid(self) -> bool:
        """Whether every combination of the values present is shown by one and the same number of rows."""
        index = self._combinations
        return index is not None and len(set(np.bincount(index, minlength=math.prod(self._sizes)).tolist())) == 1

    @cached_property
    def _sizes(self) -> tuple[int, ...]:
        """The number of values present of each factor that varies."""
        return tuple(len(np.unique(self.factors[:, factor])) for factor in self.scored)

    @cached_property
    def _combinations(self) -> Int[ndarray, "n"] | None:
        """The flat index of each row's combination of values, or None where there are more of these than rows."""
        if math.prod(self._sizes) > len(self.codes):
            return None
        columns = [np.unique(self.factors[:, factor], return_inverse=True)[1].reshape(-1) for factor in self.scored]
        return np.ravel_multi_index(tuple(columns), self._sizes)

    @cached_property
    def _groups(self) -> dict[int, ValueRows]:
        return {factor: value_rows(self.factors[:, factor]) for factor in range(self.factors.shape[1])}
