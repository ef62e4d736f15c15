"""Downstream accuracy and sample efficiency with gradient boosted trees (Locatello et al. 2019, section 5.4)."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from equilab.latents import CodeBlock
from equilab.metrics.boosting.gradient_boosting import GradientBoosting, check_boosting
from equilab.metrics.code_table import CodeTable
from equilab.metrics.downstream.learning_curve import downstream_score
from equilab.metrics.metric import Metric, Score, check_counts


@dataclass(frozen=True)
class DownstreamBoosting(Metric):
    """Accuracy with which gradient boosted trees name each factor from the code, mean over factors.

    Gradient boosted trees (100 stages, depth 3, rate 0.1) are fitted to 10, 100, ... points below `num_train`, then to
    `num_train`, drawn anew each time; the score is the accuracy on `num_test` points, none of them an observation that
    was fitted to, after the largest number. A factor of which the training points show one value is predicted as
    that value.

    matrix: accuracy, (numbers of points, factors that vary). per_factor: accuracy after the largest number. per_block:
    the block's share of the trees' importance, mean over factors, after the largest number.
    parts: `downstream_boosting_<size>`, the accuracy after each number of points, with its factors;
    `downstream_boosting_efficiency_<size>`, the statistical efficiency: mean accuracy after that number over
    mean accuracy after the largest, a ratio that chance can lift above 1.
    Raises DataError for a table of one row, SettingError for invalid settings.
    Defaults: the study's.

    >>> factors = np.stack(np.unravel_index(np.arange(64) % 8, (2, 2, 2)), 1)
    >>> metric = DownstreamBoosting(100, 50, GradientBoosting(stages=5))
    >>> score = metric(CodeTable(factors, factors), rng=np.random.default_rng(0))
    >>> score.value, score.rows
    (1.0, ('10', '100'))
    """

    name: ClassVar[str] = "downstream_boosting"
    num_train: int = 10_000  # the largest number of points that predictors are fitted to, after 10, 100, ...
    num_test: int = 5_000  # points that are scored
    boosting: GradientBoosting = field(default_factory=GradientBoosting)  # 100 stages of depth 3, rate 0.1

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 1, "num_test": 1})
        check_boosting(self.boosting)

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        return downstream_score(
            self.name,
            self.boosting.fit_each,
            table,
            num_train=self.num_train,
            num_test=self.num_test,
            blocks=blocks,
            rng=rng,
        )
