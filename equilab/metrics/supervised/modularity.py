"""Modularity (Ridgeway & Mozer 2018, section 3): does each block know one factor alone?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.information import histogram_information, mean_by_best
from equilab.metrics.metric import Metric, Score, by_name, check_counts


@dataclass(frozen=True)
class Modularity(Metric):
    """Mean over blocks of 1 - sum over the other factors of I^2 / (I_best^2 (K - 1)).

    I: mutual information, nats, of the block and each of K factors, estimated as by MIG; best: the factor that the
    block knows most of. A block that knows nothing, as a dead dimension, counts 0. With one factor alone there is no
    other to know: every block that knows anything of it scores 1.

    Noise does not score 0. The ratio compares whatever information there is, and the plug-in estimate of noise is its
    bias, in proportion to the number of values of each factor less 1: about 0.7 on dSprites. Many factors that one
    block mixes also cost little: two known alike of K score 1 - 1 / (K - 1).

    matrix: mutual information, nats, (blocks, factors that vary). per_block: the score of that block. per_factor: the
    mean of the scores of the blocks that know it best, 0 without any.
    Raises SettingError for invalid settings. Defaults: protocol locatello2019.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> Modularity()(CodeTable(factors, factors), rng=np.random.default_rng(0)).value > 0.99
    True
    """

    name: ClassVar[str] = "modularity"
    bins: int = 20  # cells of each block
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"bins": 2, "num_samples": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        labels = tuple(block.label for block in blocks)
        found = histogram_information(table, blocks, bins=self.bins, num_samples=self.num_samples, rng=rng)
        scores = modularity(found.information)
        informed = found.information.max(axis=1) > 0
        best = found.information.argmax(axis=1)
        per_factor = mean_by_best(scores[informed], best[informed], len(table.scored))
        return Score(
            self.name,
            float(scores.mean()),
            by_name(table.scored_names, per_factor),
            by_name(labels, scores),
            found.information,
            rows=labels,
            columns=table.scored_names,
            full=float(found.factor_entropies.max()),
        )


def modularity(information: Float[ndarray, "blocks factors"]) -> Float[ndarray, "blocks"]:
    """1 - sum over the other factors of I^2 / (largest I^2 (K - 1)) of each block, 0 for one that knows nothing.

    information: in any unit, not negative; of what knows nothing exactly 0, as `mutual_information_matrix` gives it.

    >>> modularity(np.array([[0.5, 0.0, 0.0], [0.2, 0.2, 0.0], [0.0, 0.0, 0.0]])).tolist()
    [1.0, 0.5, 0.0]
    """
    squared = np.square(information)
    largest = squared.max(axis=1)
    others = squared.sum(axis=1) - largest
    informed = largest > 0
    share = np.divide(others, largest * max(information.shape[1] - 1, 1), out=np.ones_like(others), where=informed)
    return 1 - share
