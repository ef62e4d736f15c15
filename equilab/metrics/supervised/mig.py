"""The mutual information gap (Chen et al. 2018, eq. 6), histogram estimator."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import ShapeError
from equilab.latents import CodeBlock
from equilab.metrics.arguments import checked_numbers
from equilab.metrics.code_table import CodeTable
from equilab.metrics.information import histogram_information
from equilab.metrics.metric import Metric, Score, by_name, check_counts


@dataclass(frozen=True)
class MIG(Metric):
    """Mutual information gap, mean of (I_1 - I_2) / H: the lead of the best block of a factor over the second.

    I: mutual information, nats, of a factor's raw values and a block in `bins` cells, over `num_samples` observations
    (see `discretise`: a single axis has equal widths of its own range). H: the factor's entropy.

    matrix: mutual information, nats, (blocks, factors that vary). per_factor: the gap of that factor. per_block: the
    gaps that the block earns as the best of its factors, over the number of factors: they add up to the score.
    Raises SettingError for invalid settings. Defaults: protocol locatello2019.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> MIG()(CodeTable(factors, factors), rng=np.random.default_rng(0)).value > 0.99
    True
    """

    name: ClassVar[str] = "mig"
    bins: int = 20  # cells of each block
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"bins": 2, "num_samples": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        found = histogram_information(table, blocks, bins=self.bins, num_samples=self.num_samples, rng=rng)
        gaps = mutual_information_gap(found.information, found.factor_entropies)
        labels = tuple(block.label for block in blocks)
        earned = np.bincount(found.information.argmax(axis=0), gaps, minlength=len(blocks)) / len(gaps)
        return Score(
            self.name,
            float(gaps.mean()),
            by_name(table.scored_names, gaps),
            by_name(labels, earned),
            found.information,
            rows=labels,
            columns=table.scored_names,
            full=float(found.factor_entropies.max()),
        )


def mutual_information_gap(
    information: Float[ndarray, "blocks factors"], entropies: Float[ndarray, "factors"]
) -> Float[ndarray, "factors"]:
    """(largest - second largest of each column) / entropy; the second of a single block is 0, as is a constant's gap.

    >>> mutual_information_gap(np.array([[0.6, 0.1], [0.2, 0.5]]), np.array([1.0, 0.5])).round(6).tolist()
    [0.4, 0.8]
    """
    information = checked_numbers(information, "information", "(blocks, factors)")
    entropies = checked_numbers(entropies, "entropies", "(factors,)")
    if len(entropies) != information.shape[1]:
        raise ShapeError("entropies", expected=f"({information.shape[1]},), one of each factor", got=entropies.shape)
    ranked = np.sort(np.vstack([information, np.zeros_like(information[:1])]), axis=0)[::-1]
    gaps = ranked[0] - ranked[1]
    return np.divide(gaps, entropies, out=np.zeros_like(gaps), where=entropies > 0)
