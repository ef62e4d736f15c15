"""Downstream accuracy and sample efficiency with logistic regression (Locatello et al. 2019, section 5.4)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.downstream.learning_curve import downstream_score
from equilab.metrics.downstream.predictors import fit_logistic
from equilab.metrics.metric import Metric, Score, check_counts


@dataclass(frozen=True)
class DownstreamLogistic(Metric):
    """Accuracy with which logistic regression names each factor from the code, mean over factors.

    One-vs-rest logistic regressions, the penalty of each chosen by 5-fold cross-validation (`logistic_cv`), are fitted
    to 10, 100, ... points below `num_train`, then to `num_train`, drawn anew each time; the score is the accuracy on
    `num_test` points, none of them an observation that was fitted to, after the largest number. A factor of which the
    training points show one value is predicted as that value. On a perfect code of one number for each factor the score
    is far below 1: no threshold sets an inner value apart from those on both of its sides.

    matrix: accuracy, (numbers of points, factors that vary). per_factor: accuracy after the largest number. per_block:
    the block's share of |weight| times standard deviation, summed over classes, mean over factors, after the largest
    number.
    parts: `downstream_logistic_<size>`, the accuracy after each number of points, with its factors;
    `downstream_logistic_efficiency_<size>`, the statistical efficiency: mean accuracy after that number over
    mean accuracy after the largest, a ratio that chance can lift above 1.
    Raises DataError for a table of one row, SettingError for invalid settings.
    Defaults: the study's.

    >>> factors = np.stack(np.unravel_index(np.arange(64) % 8, (2, 2, 2)), 1)
    >>> score = DownstreamLogistic(100, 50)(CodeTable(factors, factors), rng=np.random.default_rng(0))
    >>> score.value, score.rows
    (1.0, ('10', '100'))
    """

    name: ClassVar[str] = "downstream_logistic"
    num_train: int = 10_000  # the largest number of points that predictors are fitted to, after 10, 100, ...
    num_test: int = 5_000  # points that are scored

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 1, "num_test": 1})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        return downstream_score(
            self.name,
            fit_logistic,
            table,
            num_train=self.num_train,
            num_test=self.num_test,
            blocks=blocks,
            rng=rng,
        )
