"""Separated attribute predictability by squared correlation (Kumar et al. 2018, section 3, continuous factors)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.supervised.correlation import multiple_correlations, value_ranks
from equilab.metrics.supervised.sap import predictability_gap


@dataclass(frozen=True)
class SAPRSquared(Metric):
    """Mean over factors of R^2 of the best block minus R^2 of the second best.

    R^2: of the least-squares fit of the factor, its values counted as 0, 1, 2, ..., to the block's axes, over
    `num_samples` observations; for one axis, the squared correlation, cov^2 / (var var), which neither scale nor
    offset of the code changes. The only block of a code is compared with nothing, 0. 1 for a code in which one block
    is linear in each factor and the others do not correlate with it; a code that is monotone but not linear scores
    less, and so does an angle given as cosine and sine, however perfect.

    matrix: R^2 (blocks, factors that vary). per_factor: the gap of that factor. per_block: the gaps that the block
    earns as the best of its factors, over the number of factors: they add up to the score.
    Raises SettingError for invalid settings. Another estimator than SAP: another protocol.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> SAPRSquared()(CodeTable(3.0 - factors, factors), rng=np.random.default_rng(0)).value > 0.99
    True
    """

    name: ClassVar[str] = "sap_r2"
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"num_samples": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        rows = table.sample(self.num_samples, rng)
        factors = value_ranks(table.factors[rows][:, list(table.scored)])
        codes = table.codes[rows]
        squared = multiple_correlations([block.values(codes) for block in blocks], factors) ** 2
        gaps = predictability_gap(np.vstack([squared, np.zeros(len(table.scored))]))
        labels = tuple(block.label for block in blocks)
        return Score(
            self.name,
            float(gaps.mean()),
            by_name(table.scored_names, gaps),
            by_name(labels, np.bincount(squared.argmax(axis=0), gaps, len(blocks)) / len(gaps)),
            squared,
            rows=labels,
            columns=table.scored_names,
        )
