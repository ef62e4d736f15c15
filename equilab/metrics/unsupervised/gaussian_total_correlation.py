"""Total correlation of a Gaussian fitted to the codes (unsupervised scores of Locatello et al. 2019)."""

from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.unsupervised.block_axes import block_covariance, checked_covariance

_FLOOR = 1e-10  # share of variance below which a direction has none


@dataclass(frozen=True)
class GaussianTotalCorrelation(Metric):
    """0.5 (sum over blocks of log det Sigma_bb - log det Sigma), nats: KL of N(mu, Sigma) to the product of its blocks.

    Sigma: covariance of the codes over `num_samples` observations; without blocks the first term is the sum of log
    variances. 0 for codes without linear dependence, whatever other dependence there is. Factors are not looked at.
    Constant axes, and directions in which a block is constant, are left out. Codes that determine each other linearly
    have an infinite total correlation; here eigenvalues of the correlation matrix below 1e-10 count as 1e-10, so that
    each of them adds about 11.5 nats and the score stays a number that can be logged.

    matrix: mutual information, nats, of each pair of blocks alone under the Gaussian, -0.5 log(1 - rho^2) for two axes
    of correlation rho; 0 on the diagonal. per_block: that of the block and all the others together. No per_factor.
    Raises SettingError for invalid settings. Defaults: protocol locatello2019.

    >>> codes = np.random.default_rng(0).multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=20_000)
    >>> table = CodeTable(codes, np.arange(20_000)[:, None])
    >>> round(GaussianTotalCorrelation()(table, rng=np.random.default_rng(0)).value, 1)  # -0.5 log(1 - 0.8^2) = 0.51
    0.5
    """

    name: ClassVar[str] = "gaussian_total_correlation"
    needs_factors: ClassVar[bool] = False
    unit: ClassVar[str] = "nats"
    better: ClassVar[Literal["up", "down", ""]] = "down"
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"num_samples": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        sigma, owner = block_covariance(table.codes[table.sample(self.num_samples, rng)], blocks)

        def among(kept: Bool[ndarray, "axes"]) -> float:
            return gaussian_total_correlation(sigma[np.ix_(kept, kept)], owner[kept])

        value, labels = among(owner >= 0), tuple(block.label for block in blocks)
        pairs = np.zeros((len(blocks), len(blocks)))
        for first, second in combinations(range(len(blocks)), 2):
            pairs[first, second] = pairs[second, first] = among((owner == first) | (owner == second))
        rest = np.array([among(owner != block) for block in range(len(blocks))])
        return Score(
            self.name,
            value,
            per_block=by_name(labels, np.maximum(value - rest, 0.0)),  # I(block; rest) = TC - TC of the rest
            matrix=pairs,
            rows=labels,
            columns=labels,
            unit=self.unit,
            better=self.better,
        )


def gaussian_total_correlation(sigma: Float[ndarray, "d d"], owner: Int[ndarray, "d"] | None = None) -> float:
    """0.5 (sum over blocks of log det Sigma_bb - log det Sigma) of a covariance (d, d), nats, never below 0.

    owner: the block of each axis (d,); None: each axis is one. Constant axes are left out; eigenvalues of the
    correlation matrix below 1e-10 count as 1e-10.

    >>> bool(np.isclose(gaussian_total_correlation(np.array([[4.0, 1.2], [1.2, 1.0]])), -0.5 * np.log(1 - 0.36)))
    True
    """
    sigma, owner = checked_covariance(sigma, owner)
    correlation = _whitened(sigma, owner)
    eigenvalues = np.maximum(np.linalg.eigvalsh(correlation), _FLOOR)
    return max(0.0, -0.5 * float(np.log(eigenvalues).sum()))


def _whitened(sigma: Float[ndarray, "d d"], owner: Int[ndarray, "d"]) -> Float[ndarray, "m m"]:
    """The covariance after a linear map within each block that makes its own the identity: the correlation matrix
    where every block is one axis. Directions in which a block does not vary are gone."""
    maps = [np.zeros((len(sigma), 0))]
    for block in np.unique(owner):
        inside = np.flatnonzero(owner == block)
        variances, directions = np.linalg.eigh(sigma[np.ix_(inside, inside)])
        kept = variances > _FLOOR * max(variances[-1], 0.0)
        part = np.zeros((len(sigma), int(kept.sum())))
        part[inside] = directions[:, kept] / np.sqrt(variances[kept])
        maps.append(part)
    whitening = np.concatenate(maps, axis=1)
    return whitening.T @ sigma @ whitening
