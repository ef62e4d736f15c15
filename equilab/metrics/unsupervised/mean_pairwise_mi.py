"""Mean mutual information of pairs of codes, histogram estimator (unsupervised scores of Locatello et al. 2019)."""

from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.information import discretise, mutual_information
from equilab.metrics.metric import Metric, Score, by_name, check_counts


@dataclass(frozen=True)
class MeanPairwiseMI(Metric):
    """Mean over all pairs of blocks of their mutual information, nats; 0 for a single block.

    Each block is put in `bins` cells (see `discretise`), over `num_samples` observations. Unlike the Gaussian scores it
    sees any dependence, but only of pairs.
    Factors are not looked at. A constant dimension has no information: its pairs count as 0 and lower the mean, as in
    the protocol. Independent codes score up to about (bins - 1)^2 / (2 num_samples), 0.018 with the defaults.

    matrix: mutual information of each pair, nats; 0 on the diagonal. per_block: mean of the block's row over the
    others. No per_factor. Raises SettingError for invalid settings. Defaults: protocol locatello2019.

    >>> codes = np.repeat(np.arange(4.0), 100)[:, None] @ np.ones((1, 2))
    >>> score = MeanPairwiseMI()(CodeTable(codes, np.arange(400)[:, None]), rng=np.random.default_rng(0))
    >>> round(score.value, 1)  # log 4
    1.4
    """

    name: ClassVar[str] = "mean_pairwise_mi"
    needs_factors: ClassVar[bool] = False
    unit: ClassVar[str] = "nats"
    better: ClassVar[Literal["up", "down", ""]] = "down"
    bins: int = 20  # cells of each block
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"bins": 2, "num_samples": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        rows = table.sample(self.num_samples, rng)
        information = pairwise_information(discretise(table.codes[rows], blocks, cells=self.bins, rng=rng))
        per_block = information.sum(axis=1) / max(len(blocks) - 1, 1)
        labels = tuple(block.label for block in blocks)
        return Score(
            self.name,
            float(per_block.mean()),
            per_block=by_name(labels, per_block),
            matrix=information,
            rows=labels,
            columns=labels,
            full=float(np.log(self.bins)),
            unit=self.unit,
            better=self.better,
        )


def pairwise_information(cells: Int[ndarray, "n d"]) -> Float[ndarray, "d d"]:
    """The mutual information, nats, of each pair of columns of labels (n, d); 0 on the diagonal.

    >>> cells = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]])
    >>> (pairwise_information(cells) / np.log(2)).round(6).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    information = np.zeros((cells.shape[1], cells.shape[1]))
    for first, second in combinations(range(cells.shape[1]), 2):
        found = mutual_information(cells[:, first], cells[:, second])
        information[first, second] = information[second, first] = found
    return information
