"""DCIMIG, also 3CharM (Sepliarskaia et al. 2019): gaps of blocks, the best of each factor."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.information import histogram_information
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.supervised.mig import mutual_information_gap


@dataclass(frozen=True)
class DCIMIG(Metric):
    """Sum over factors of the largest gap that a block leaves for it, over the sum of the factors' entropies.

    A block's gap: its mutual information with the factor that it knows best, less that with the second best; it counts
    for the best factor. 1 asks for both at once: each factor known (I = H), by a block that knows nothing else.
    A second block for the same factor costs nothing, nor do blocks that are dead. With one factor alone the second
    information is 0. Estimated as by MIG; the formula as Carbonneau et al. 2022 give it, with the bins and
    observations of locatello2019.

    matrix: mutual information, nats, (blocks, factors that vary). per_factor: its largest gap over its entropy, 0
    without any. per_block: the gap that the block gives to its factor, over the sum of entropies, 0 where another
    block gives more: they add up to the score.
    Raises SettingError for invalid settings.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> DCIMIG()(CodeTable(factors, factors), rng=np.random.default_rng(0)).value > 0.99
    True
    """

    name: ClassVar[str] = "dcimig"
    bins: int = 20  # cells of each block
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"bins": 2, "num_samples": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        labels = tuple(block.label for block in blocks)
        found = histogram_information(table, blocks, bins=self.bins, num_samples=self.num_samples, rng=rng)
        gaps = largest_gaps(found.information)
        entropies = found.factor_entropies
        total = max(entropies.sum(), np.finfo(float).tiny)
        per_factor = np.divide(gaps.of_factors, entropies, out=np.zeros_like(entropies), where=entropies > 0)
        return Score(
            self.name,
            float(gaps.of_factors.sum() / total),
            by_name(table.scored_names, per_factor),
            by_name(labels, gaps.of_blocks / total),
            found.information,
            rows=labels,
            columns=table.scored_names,
            full=float(found.factor_entropies.max()),
        )


class Gaps(NamedTuple):
    """The largest gap that counts for each factor, and what each block contributes to these; nats."""

    of_factors: Float[ndarray, "factors"]
    of_blocks: Float[ndarray, "blocks"]


def largest_gaps(information: Float[ndarray, "blocks factors"]) -> Gaps:
    """Each block's gap counts for its best factor; each factor keeps its largest.

    >>> gaps = largest_gaps(np.array([[0.75, 0.25], [0.625, 0.0], [0.0, 0.125]]))
    >>> gaps.of_factors.tolist(), gaps.of_blocks.tolist()
    ([0.625, 0.125], [0.0, 0.625, 0.125])
    """
    gaps = np.zeros_like(information)
    blocks = np.arange(len(information))
    gaps[blocks, information.argmax(axis=1)] = mutual_information_gap(information.T, np.ones(len(information)))
    of_factors = gaps.max(axis=0)
    return Gaps(of_factors, np.bincount(gaps.argmax(axis=0), of_factors, minlength=len(information)))
