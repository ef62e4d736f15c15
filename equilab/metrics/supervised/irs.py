"""The interventional robustness score (Suter et al. 2019, section 4), as evaluated by Locatello et al. 2019."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.arguments import check_number
from equilab.metrics.code_table import CodeTable
from equilab.metrics.information import equal_widths
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.supervised.correlation import value_ranks


@dataclass(frozen=True)
class IRS(Metric):
    """Mean over blocks, weighted by their largest deviation, of how little a block changes while its factor is fixed.

    Robustness of a block z to everything but factor g, over `num_samples` observations, factors of more than `bins`
    values in that many bins of equal width:

        1 - mean over values of g of [ `quantile` of |z - E(z | g)| given g ] / max |z - E(z)|

    with Euclidean distances between the block's values. A block counts with its most robust factor: 1 if
    it depends on one factor alone. Weights are in units of the code, so that a common scale does not matter, but that
    of one block does; a constant block weighs nothing, and codes that are all constant score 0.

    Noise is not 0: it scores 1 minus the quantile over the maximum of its deviations, about 0.4 for Gaussian noise,
    and 0.01 for uniform noise. Entries of the matrix can be negative, where E(z | g) lies far from E(z).

    matrix: robustness (blocks, factors that vary). per_factor: that of the block most robust to all but that factor,
    but at least 0. per_block: the block's with its most robust factor.
    Raises SettingError for invalid settings. Defaults: protocol locatello2019.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> IRS()(CodeTable(factors, factors), rng=np.random.default_rng(0)).value
    1.0
    """

    name: ClassVar[str] = "irs"
    num_samples: int = 10_000  # observations
    bins: int = 20  # of factors with more values than that
    quantile: float = 0.99  # of deviations; the paper takes the maximum, 1

    def __post_init__(self) -> None:
        check_counts(self, {"num_samples": 2, "bins": 2})
        check_number("quantile", self.quantile, "a number from 0 to 1", lambda value: 0 <= value <= 1)

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        rows = table.sample(self.num_samples, rng)
        codes = table.codes[rows]
        values = [block.values(codes) for block in blocks]
        factors = value_ranks(table.factors[rows][:, list(table.scored)])
        cells = np.stack([equal_widths(column, self.bins) for column in factors.T], axis=1)
        largest = np.array([_distances(value, value.mean(axis=0)).max() for value in values])
        still = [(value == value[:1]).all() for value in values]
        largest[still] = 0.0  # the mean of equal numbers need not equal them
        deviations = expected_deviations(values, cells, quantile=self.quantile)
        robust = np.where(largest > 0, 1.0, 0.0)[:, None] - deviations / np.where(largest > 0, largest, np.inf)[:, None]
        per_block = robust.max(axis=1)
        labels = tuple(block.label for block in blocks)
        return Score(
            self.name,
            float(per_block @ largest / largest.sum()) if largest.any() else 0.0,
            by_name(table.scored_names, robust.max(axis=0).clip(min=0)),
            by_name(labels, per_block),
            robust,
            rows=labels,
            columns=table.scored_names,
        )


def expected_deviations(
    values: list[Float[ndarray, "n ..."]], cells: Int[ndarray, "n k"], *, quantile: float
) -> Float[ndarray, "blocks k"]:
    """Mean over the cells of each factor of the quantile of a block's distances to its mean in that cell.

    values: of each block, (n, m).

    >>> values, cells = [np.array([[0.0], [2.0], [10.0], [14.0]])], np.array([[0], [0], [1], [1]])
    >>> expected_deviations(values, cells, quantile=1.0).tolist()
    [[1.5]]
    """
    found = np.zeros((len(values), cells.shape[1]))
    for column, cell in enumerate(cells.T):
        order = np.argsort(cell, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(cell[order])) + 1)
        for group in groups:
            near = np.stack([_distances(value[group], value[group].mean(axis=0)) for value in values])
            found[:, column] += np.quantile(near, quantile, axis=1) / len(groups)
    return found


def _distances(points: Float[ndarray, "n m"], centre: Float[ndarray, "m"]) -> Float[ndarray, "n"]:
    """The Euclidean distance of each point to the centre."""
    return np.linalg.norm(points - centre, axis=1)
