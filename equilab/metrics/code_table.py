"""Codes beside factors, encoded once; every metric draws its samples from this table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.data import Dataset
from equilab.errors import DataError, ShapeError, check_count
from equilab.latents import Blocks, CodeBlock, Posterior, map_tensors, parse_blocks
from equilab.metrics.encoding import Encode, Progress, ScoreSettings, encode_observations, observations_to_encode
from equilab.metrics.factor_table import FactorTable
from equilab.metrics.split_rows import Split, drawn, split_observations, whole
from equilab.metrics.validation import as_array, check_scale, checked_codes, checked_posterior
from equilab.noise import NumpyNoise

_SAMPLED = 50_000  # rows of sampled codes, at least


@dataclass(frozen=True, eq=False)
class CodeTable:
    """The codes of n observations and the factor values that they show.

    codes: (n, d) finite floats, kept as they are. factors: (n, k), any integers.
    factor_names: k different names; default: factor0, factor1, ...
    posterior: of the n observations, whose mean the codes are, for what needs one: samples of the codes, their KL.
    copies: passes over the observations, one after the other, that make up the rows (see `sampled`).
    factor_table: that of another table of the same observations, whose factors are then not checked again.
    On a complete grid the samples below are those of Locatello et al. 2019: every factor uniform and independent. On
    any other table they follow the rows.

    Raises ShapeError for shapes that do not match; DataError for codes that are not finite numbers, factors that are
    not integers, names that repeat, and a table in which no factor varies.

    >>> table = CodeTable(np.eye(4), np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), ("shape", "x"))
    >>> table.scored
    (0, 1)
    """

    codes: ndarray  # shapes and dtypes are checked here, at the border, with a message for people
    factors: ndarray
    factor_names: Sequence[str] | ndarray = ()  # kept as a tuple
    posterior: Posterior | None = None
    copies: int = 1
    factor_table: FactorTable = field(default=None, repr=False)  # pyright: ignore[reportAssignmentType]  # made below

    def __post_init__(self) -> None:
        codes, factors = as_array(self.codes, "codes"), as_array(self.factors, "factors")
        if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors) or not codes.size:
            raise ShapeError(
                "codes, factors",
                expected="(n, d) and (n, k), n and d at least 1, one row of each per observation",
                got=f"{codes.shape} and {factors.shape}",
            )
        object.__setattr__(self, "codes", checked_codes(codes, "codes"))
        check_scale(self.codes)
        if self.factor_table is None:
            object.__setattr__(self, "factor_table", FactorTable(factors, self.factor_names))
        object.__setattr__(self, "factors", self.factor_table.values)
        object.__setattr__(self, "factor_names", self.factor_table.names)
        check_count("copies", self.copies)
        if self.posterior is not None:
            object.__setattr__(self, "posterior", checked_posterior(self.posterior, self.codes))

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
        """The table of a whole grid, each image encoded once, or of observations drawn at random.

        encode, dataset, seed: as of `evaluate`. The other arguments: as of `ScoreSettings`.
        Raises ShapeError when `encode` gives something else than codes, DataError for a code that is not finite.

        >>> from equilab.data import MiniSprites
        >>> CodeTable.encode(lambda images: images.mean(2).flatten(1), MiniSprites()).codes.shape
        (384, 64)
        """
        check_count("seed", seed, least=0)
        settings = ScoreSettings(batch_size=batch_size, num_samples=num_samples, progress=progress, inputs=inputs)
        return cls.of_observations(encode, dataset, observations_to_encode(dataset, settings, seed=seed), settings)

    @classmethod
    def of_observations(
        cls, encode: Encode, dataset: Dataset, observations: Int[ndarray, "n"], settings: ScoreSettings
    ) -> "CodeTable":
        """The table of these observations, in their order."""
        codes, posterior = encode_observations(encode, dataset, observations, settings)
        return cls(codes, dataset.labels(observations).astype(np.int32), dataset.factors.names, posterior)

    def with_codes(self, codes: ndarray, posterior: Posterior | None = None) -> "CodeTable":
        """Other codes (n, d) of the same observations."""
        return CodeTable(codes, self.factors, self.factor_names, posterior, factor_table=self.factor_table)

    def blocks(self, blocks: Blocks | None = None) -> tuple[CodeBlock, ...]:
        """The blocks in which the codes are read; None: those of the posterior, or else each dimension.

        >>> CodeTable(np.eye(2), np.eye(2)).blocks([(0, 1)])[0].label
        'z0+z1'
        """
        if blocks is None and self.posterior is not None:
            return self.posterior.latent.code_blocks
        return parse_blocks(blocks, self.codes.shape[1])

    @property
    def scored(self) -> tuple[int, ...]:
        """Positions of the factors that vary; one with a single value, as dSprites' color, has nothing to score."""
        return self.factor_table.scored

    @property
    def scored_names(self) -> tuple[str, ...]:
        """Names of the factors that vary."""
        return self.factor_table.scored_names

    @property
    def is_grid(self) -> bool:
        """Whether every combination of the values present is shown by one and the same number of rows."""
        return self.factor_table.is_grid

    def sample(self, n: int, rng: np.random.Generator) -> Int[ndarray, "rows"]:
        """Rows (n,), uniform with replacement; of a table of fewer rows each of its rows once.

        >>> table = CodeTable(np.arange(6.0)[:, None], np.arange(6)[:, None])
        >>> table.sample(100, np.random.default_rng(0)).tolist()
        [0, 1, 2, 3, 4, 5]
        """
        return np.arange(len(self.codes)) if len(self.codes) < n else rng.integers(len(self.codes), size=n)

    def sample_split(self, num_train: int, num_test: int, rng: np.random.Generator) -> Split:
        """Rows to fit to and rows to score on, each uniform with replacement within its own part of the table.

        The parts are disjoint and drawn at random, their sizes in the ratio of the two numbers: a small table, too,
        is scored on observations that the fit has not seen. Of a table of fewer rows than both numbers together each
        part holds its rows once. Raises DataError for less than two observations.

        >>> table = CodeTable(np.arange(6.0)[:, None], np.arange(6)[:, None])
        >>> train, test = table.sample_split(100, 50, np.random.default_rng(0))
        >>> len(train), len(test), set(train) & set(test)
        (4, 2, set())
        """
        parts = split_observations(len(self.codes) // self.copies, num_train, num_test, rng)
        if len(self.codes) < num_train + num_test:
            return whole(parts, copies=self.copies)
        return drawn(parts, num_train, num_test, rng, copies=self.copies)

    def draw_split(self, num_train: int, num_test: int, rng: np.random.Generator) -> Split:
        """The same, drawn with replacement from a table of any size: exactly so many rows."""
        parts = split_observations(len(self.codes) // self.copies, num_train, num_test, rng)
        return drawn(parts, num_train, num_test, rng, copies=self.copies)

    def sample_fixed(
        self, factor: int, *, groups: int, size: int, rng: np.random.Generator
    ) -> Int[ndarray, "groups size"]:
        """Rows (groups, size) that share one value of a factor within each group.

        factor: its position. The value is uniform over those that two rows or more show (any, for a size of 1), the
        rows are uniform with replacement among those that show it. Raises DataError where no value has two rows.

        >>> table = CodeTable(np.eye(4), np.array([[7, 0], [7, 1], [9, 0], [9, 1]]))
        >>> rows = table.sample_fixed(0, groups=100, size=3, rng=np.random.default_rng(0))
        >>> bool((table.factors[rows, 0] == table.factors[rows[:, :1], 0]).all())
        True
        """
        rows, starts, counts = self.factor_table.rows_of(factor)
        if size > 1 and counts.min() < 2:  # a single row does not show what changes while its value stays
            starts, counts = starts[counts > 1], counts[counts > 1]
        if not len(starts):
            raise DataError(
                "factors",
                expected="values that two or more observations show, to see what changes while one stays",
                got=f"one observation of each value of {self.factor_names[factor]}",
                hint="give more observations, or put values of a continuous factor in bins",
            )
        value = rng.integers(len(starts), size=(groups, 1))
        return rows[starts[value] + rng.integers(counts[value], size=(groups, size))]

    def sampled(self, rng: np.random.Generator) -> "CodeTable":
        """The table with samples of the posterior in place of its mean.

        Of few observations several passes over them, to at least 50,000 rows, so that a metric which draws one of them
        again sees fresh noise. Raises DataError without a posterior.

        >>> from equilab.latents import gaussian_posterior_of
        >>> posterior = gaussian_posterior_of(torch.zeros(4, 1), variance=1.0)
        >>> table = CodeTable(np.zeros((4, 1)), np.arange(4)[:, None], posterior=posterior)
        >>> sampled = table.sampled(np.random.default_rng(0))
        >>> len(sampled.codes), round(float(sampled.codes.std()), 1)
        (50000, 1.0)
        """
        posterior = map_tensors(torch.Tensor.double, self.require_posterior("sampled codes"))
        copies = max(1, -(-_SAMPLED // len(self.codes)))
        noise = NumpyNoise(rng)
        codes = np.concatenate([posterior.sample(noise).numpy() for _ in range(copies)])
        factors = self.factor_table.repeated(copies)
        codes = codes.astype(self.codes.dtype, copy=False)
        return CodeTable(codes, factors.values, copies=copies, factor_table=factors)

    @cached_property
    def kl(self) -> Float[ndarray, "d"]:
        """For each dimension (d,) the KL of its block's posterior to the prior, nats, mean over the table.

        Raises DataError without a posterior.

        >>> from equilab.latents import gaussian_posterior_of
        >>> posterior = gaussian_posterior_of(torch.ones(2, 1), variance=1.0)
        >>> CodeTable(np.ones((2, 1)), np.array([[0], [1]]), posterior=posterior).kl.tolist()
        [0.5]
        """
        posterior = map_tensors(torch.Tensor.double, self.require_posterior("the KL of a dimension"))
        widths = [block.dim for block in posterior.latent.blocks]
        return np.repeat(posterior.kl().mean(0).numpy(), widths)

    def require_posterior(self, purpose: str) -> Posterior:
        """The posterior; DataError, with what it is needed for, where there is none."""
        if self.posterior is None:
            raise DataError(
                "posterior",
                expected=f"the posteriors of the codes, for {purpose}",
                got="none",
                hint=(
                    "give a Posterior or a pair (means, log variances) in place of codes, or an encoder that returns "
                    "one; sampled codes have none: representation='mean'"
                ),
            )
        return self.posterior

    def grid(self) -> Float[ndarray, "..."]:
        """The codes (size of each factor that varies, ..., d) on the complete grid of these factors.

        Raises DataError where a combination of values is missing, or shown more than once.

        >>> factors = np.stack(np.unravel_index(np.arange(6), (2, 3)), 1)[::-1]
        >>> CodeTable(np.arange(6.0)[::-1, None], factors).grid()[..., 0].tolist()
        [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
        """
        codes = np.empty_like(self.codes)
        codes[self.factor_table.grid_index()] = self.codes
        return codes.reshape(*self.factor_table.sizes, -1)
