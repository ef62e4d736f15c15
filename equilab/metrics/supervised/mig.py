"""The mutual information gap (Chen et al. 2018, eq. 6), histogram estimator."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.latents import Blocks, parse_blocks
from equilab.metrics.code_table import CodeTable
from equilab.metrics.discretise import discretise
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.mutual_information import entropy, mutual_information


@dataclass(frozen=True)
class MIG(Metric):
    """Mutual information gap, mean of (I_1 - I_2) / H: what the best block knows of a factor beyond the second best.

    I: mutual information, nats, of a factor's raw values and a block in `bins` cells, over `num_samples` observations
    (one axis: equal widths of its own range; circle: equal angles; several axes: k-means). H: the factor's entropy.

    matrix: mutual information, nats, (blocks, factors that vary). per_factor: the gap of that factor. per_code: the
    gaps that the block earns as the best of its factors, over the number of factors: they add up to the score.
    Raises SettingError for settings or blocks that make no sense. Defaults: protocol locatello2019.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> MIG()(CodeTable(factors, factors), rng=np.random.default_rng(0)).value > 0.99
    True
    """

    name: ClassVar[str] = "mig"
    bins: int = 20  # cells of each block
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"bins": 2, "num_samples": 2})

    def __call__(self, table: CodeTable, *, rng: np.random.Generator, blocks: Blocks | None = None) -> Score:
        parsed = parse_blocks(blocks, table.codes.shape[1])
        rows = table.sample(self.num_samples, rng)
        cells = discretise(table.codes[rows], parsed, cells=self.bins, rng=rng)
        factors = table.factors[rows][:, list(table.scored)]
        information = np.array([[mutual_information(cell, factor) for factor in factors.T] for cell in cells.T])
        gaps = mutual_information_gap(information, np.array([entropy(factor) for factor in factors.T]))
        labels = tuple(block.label for block in parsed)
        earned = np.bincount(information.argmax(axis=0), gaps, minlength=len(parsed)) / len(gaps)
        return Score(
            self.name,
            float(gaps.mean()),
            by_name(table.scored_names, gaps),
            by_name(labels, earned),
            information,
            rows=labels,
            columns=table.scored_names,
        )


def mutual_information_gap(
    information: Float[ndarray, "blocks factors"], entropies: Float[ndarray, "factors"]
) -> Float[ndarray, "factors"]:
    """(largest - second largest of each column) / entropy; the second of a single block is 0, as is a constant's gap.

    >>> mutual_information_gap(np.array([[0.6, 0.1], [0.2, 0.5]]), np.array([1.0, 0.5])).round(6).tolist()
    [0.4, 0.8]
    """
    ranked = np.sort(np.vstack([information, np.zeros_like(information[:1])]), axis=0)[::-1]
    gaps = ranked[0] - ranked[1]
    return np.divide(gaps, entropies, out=np.zeros_like(gaps), where=entropies > 0)
