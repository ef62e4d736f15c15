"""Wasserstein distance of a Gaussian fitted to the codes from the product of its marginals (Locatello et al. 2019)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.unsupervised.block_axes import block_covariance, checked_covariance, within_blocks


@dataclass(frozen=True)
class GaussianWasserstein(Metric):
    """2 trace(Sigma) - 2 trace((D^0.5 Sigma D^0.5)^0.5): squared Wasserstein-2 distance of N(mu, Sigma) from N(mu, D).

    Sigma: covariance of the codes over `num_samples` observations; D: its diagonal, or the diagonal blocks. In squared
    units of the code, so it grows with the scale of a code: `gaussian_wasserstein_normalised` is divided by
    trace(Sigma), the total variance, and 0 for codes that do not vary. Factors are not looked at. Constant and
    duplicated axes are allowed: the first add 0; d copies of one code have a normalised score of 2 - 2 / sqrt(d).

    matrix: covariance of each pair of axes; of blocks of several axes the Frobenius norm of their covariance.
    per_block: the distance from the law in which that block alone is independent of all the others. No per_factor.
    Raises SettingError for invalid settings. Defaults: protocol locatello2019.

    >>> codes = np.random.default_rng(0).standard_normal((5_000, 1)) @ np.ones((1, 4))
    >>> score = GaussianWasserstein()(CodeTable(codes, np.arange(5_000)[:, None]), rng=np.random.default_rng(0))
    >>> round(score.parts[0].value, 6)
    1.0
    """

    name: ClassVar[str] = "gaussian_wasserstein"
    needs_factors: ClassVar[bool] = False
    unit: ClassVar[str] = "squared units of the code"
    better: ClassVar[Literal["up", "down", ""]] = "down"
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"num_samples": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        sigma, owner = block_covariance(table.codes[table.sample(self.num_samples, rng)], blocks)
        value, variance = gaussian_wasserstein(sigma, owner), float(np.trace(sigma))
        labels = tuple(block.label for block in blocks)
        per_block = np.array(
            [gaussian_wasserstein(sigma, (owner == block).astype(int)) for block in range(len(blocks))]
        )
        scale = 1 / variance if variance > 0 else 0.0
        normalised = Score(
            f"{self.name}_normalised",
            value * scale,
            per_block=by_name(labels, per_block * scale),
            unit="share of variance, 0 to 2",
            better="down",
        )
        return Score(
            self.name,
            value,
            per_block=by_name(labels, per_block),
            matrix=_between_blocks(sigma, owner, len(blocks)),
            rows=labels,
            columns=labels,
            parts=(normalised,),
            unit=self.unit,
            better=self.better,
        )


def gaussian_wasserstein(sigma: Float[ndarray, "d d"], owner: Int[ndarray, "d"] | None = None) -> float:
    """2 trace(Sigma) - 2 trace((D^0.5 Sigma D^0.5)^0.5) of a covariance (d, d), never below 0.

    owner: the block of each axis (d,), D keeps what is within one; None: D is the diagonal.

    >>> round(gaussian_wasserstein(np.ones((2, 2))), 6)  # 4 - 2 sqrt(2)
    1.171573
    """
    sigma, owner = checked_covariance(sigma, owner)
    independent = within_blocks(sigma, owner)
    root = _root(independent)
    overlap = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ sigma @ root), 0.0)).sum()
    return max(0.0, 2 * float(np.trace(sigma) - overlap))


def _root(sigma: Float[ndarray, "d d"]) -> Float[ndarray, "d d"]:
    """The symmetric square root of a covariance."""
    variances, directions = np.linalg.eigh(sigma)
    return (directions * np.sqrt(np.maximum(variances, 0.0))) @ directions.T


def _between_blocks(
    sigma: Float[ndarray, "d d"], owner: Int[ndarray, "d"], num_blocks: int
) -> Float[ndarray, "blocks blocks"]:
    """The covariance where all blocks have one axis, else the Frobenius norm of that of each pair of blocks."""
    if len(owner) == num_blocks:
        return sigma
    member = (owner == np.arange(num_blocks)[:, None]).astype(float)
    return np.sqrt(member @ np.square(sigma) @ member.T)
