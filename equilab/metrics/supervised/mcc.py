"""The mean correlation coefficient (Hyvarinen & Morioka 2016, section 6; Khemakhem et al. 2020, section 5)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.supervised.correlation import multiple_correlations, value_ranks


@dataclass(frozen=True)
class MCC(Metric):
    """Mean over factors of the absolute Pearson correlation of the factor and the block that is assigned to it.

    A factor's values count as 0, 1, 2, ...; no block has two factors, and the assignment is the one whose sum of
    correlations is largest. A factor that gets no block, where blocks are fewer, counts 0. For a block of several
    axes: the multiple correlation R, the correlation of the factor and its least-squares fit to the axes.

    Assignment and correlations come from the same `num_samples` observations, as in those papers: on n of them noise
    scores about sqrt(2 log(blocks) / n), and not 0. Neither scale nor offset of a code matters; a block that knows a
    factor perfectly but not linearly scores below 1, such as an angle given as cosine and sine.

    matrix: absolute correlations (blocks, factors that vary). per_factor: that of its block. per_block: that of its
    factor, 0 for blocks left over.
    Raises SettingError for invalid settings.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> round(MCC()(CodeTable(3.0 - factors, factors), rng=np.random.default_rng(0)).value, 6)
    1.0
    """

    name: ClassVar[str] = "mcc"
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"num_samples": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        rows = table.sample(self.num_samples, rng)
        codes = table.codes[rows]
        factors = value_ranks(table.factors[rows][:, list(table.scored)])
        correlations = multiple_correlations([block.values(codes) for block in blocks], factors)
        return _score(self.name, correlations, blocks, table.scored_names)


@dataclass(frozen=True)
class MCCSpearman(Metric):
    """The mean correlation coefficient of ranks: MCC after each axis and each factor is replaced by its ranks.

    Equal values share their mean rank. A block of one axis scores the same after any increasing or decreasing map
    of it, where MCC asks for a linear one. Otherwise as MCC.

    matrix: absolute rank correlations (blocks, factors that vary). per_factor: that of its block. per_block: that of
    its factor, 0 for blocks left over.
    Raises SettingError for invalid settings.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> round(MCCSpearman()(CodeTable(np.exp(factors), factors), rng=np.random.default_rng(0)).value, 6)
    1.0
    """

    name: ClassVar[str] = "mcc_spearman"
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"num_samples": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        from scipy.stats import rankdata

        rows = table.sample(self.num_samples, rng)
        codes = table.codes[rows]
        factors = rankdata(table.factors[rows][:, list(table.scored)], axis=0)
        ranked = [rankdata(block.values(codes), axis=0) for block in blocks]
        return _score(self.name, multiple_correlations(ranked, factors), blocks, table.scored_names)


class Assignment(NamedTuple):
    """Pairs of one block and one factor; as many as there are of the fewer."""

    blocks: Int[ndarray, "pairs"]
    factors: Int[ndarray, "pairs"]


def assign(correlations: Float[ndarray, "blocks factors"]) -> Assignment:
    """The pairs, each block and each factor in at most one, whose sum of correlations is largest.

    >>> assign(np.array([[0.9, 0.8], [0.7, 0.1], [0.0, 0.0]])).factors.tolist()
    [1, 0]
    """
    from scipy.optimize import linear_sum_assignment

    return Assignment(*linear_sum_assignment(correlations, maximize=True))


def _score(
    name: str, correlations: Float[ndarray, "blocks factors"], blocks: tuple[CodeBlock, ...], factors: tuple[str, ...]
) -> Score:
    """The score of absolute correlations."""
    pairs = assign(correlations)
    found = correlations[pairs]
    per_block, per_factor = np.zeros(len(blocks)), np.zeros(len(factors))
    per_block[pairs.blocks] = per_factor[pairs.factors] = found
    labels = tuple(block.label for block in blocks)
    return Score(
        name,
        float(per_factor.mean()),
        by_name(factors, per_factor),
        by_name(labels, per_block),
        correlations,
        rows=labels,
        columns=factors,
    )
