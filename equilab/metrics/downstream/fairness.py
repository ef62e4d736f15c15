"""Unfairness of predictors under interventions (Locatello et al. 2019b, "On the fairness of ...", section 4)."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.errors import DataError
from equilab.latents import CodeBlock
from equilab.metrics.boosting.gradient_boosting import GradientBoosting, check_boosting
from equilab.metrics.code_table import CodeTable
from equilab.metrics.downstream.grid_rows import GridRows
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.supervised.importance import block_features


@dataclass(frozen=True)
class Fairness(Metric):
    """Unfairness: how far predictions of one factor move when another, which is not the target, is set to each value.

    A predictor of each target y, gradient boosted trees, is fitted to `num_train` points. For each sensitive factor s
    among the others, `num_test` observations are drawn, and s alone is set to each of its values v in turn:

        unfairness(y, s) = mean over v of TV(p(prediction | do(s = v)), p(prediction)),    TV = sum |difference| / 2

    where p(prediction) is the mean of these distributions over v (section 4 of the paper). The score is the mean over
    all pairs; 0 is fair. Every value is set in the same observations: a predictor that ignores s has exactly 0.

    matrix: unfairness, (target, sensitive), its diagonal 0 and in no mean. per_factor: mean over sensitive factors, for
    the factor as a target; the mean of a column says how far a factor leaks. per_block: none, as no block predicts
    alone. part `fairness_max`: the same with the largest distance over v in place of the mean.
    Raises DataError when one factor alone varies, and for a table without the complete grid of its factors (each
    combination once or more): an intervention needs the observation that differs in s alone. SettingError for
    invalid settings. Defaults: the paper's.

    >>> factors = np.stack(np.unravel_index(np.arange(6), (2, 3)), 1)
    >>> Fairness(100, 9, GradientBoosting(stages=9))(CodeTable(factors, factors), rng=np.random.default_rng(0)).value
    0.0
    """

    name: ClassVar[str] = "fairness"
    needs_grid: ClassVar[bool] = True
    better: ClassVar[Literal["up", "down", ""]] = "down"
    num_train: int = 10_000  # points that predictors are fitted to
    num_test: int = 100  # observations in which every value is set
    boosting: GradientBoosting = field(default_factory=GradientBoosting)  # 100 stages of depth 3, rate 0.1

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 1, "num_test": 1})
        check_boosting(self.boosting)

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        if len(table.scored) < 2:
            raise DataError(
                "factors",
                expected="at least two that vary, as fairness sets one and predicts another",
                got=f"one: {table.scored_names[0]}",
            )
        names = table.scored_names
        grid = GridRows.of(table)
        train = table.sample(self.num_train, rng)
        features, factors = block_features(table.codes[train], blocks), table.factors[train][:, list(table.scored)]
        mean, largest = np.zeros((2, len(names), len(names)))
        for target, model in enumerate(self.boosting.fit_each(features, factors, rng=rng)):
            for sensitive in range(len(names)):
                if sensitive == target:
                    continue
                rows = grid.interventions(sensitive, num=self.num_test, rng=rng)  # (values, num_test)
                predicted = model.predict(block_features(table.codes[rows.ravel()], blocks)).reshape(rows.shape)
                distances = distances_to_mean(prediction_counts(predicted))
                mean[target, sensitive], largest[target, sensitive] = distances.mean(), distances.max()
        part = self._score("fairness_max", largest, names)
        return self._score(self.name, mean, names, parts=(part,))

    def _score(self, name: str, matrix: ndarray, names: tuple[str, ...], parts: tuple[Score, ...] = ()) -> Score:
        """The score of a matrix (target, sensitive) without its diagonal."""
        per_factor = matrix.sum(axis=1) / (len(names) - 1)
        return Score(
            name,
            float(per_factor.mean()),
            by_name(names, per_factor),
            matrix=matrix,
            rows=names,
            columns=names,
            parts=parts,
            better=self.better,
        )


def prediction_counts(predicted: Int[ndarray, "values n"]) -> Int[ndarray, "values classes"]:
    """How often each class that occurs was predicted in each row.

    >>> prediction_counts(np.array([[5, 5], [5, 9]])).tolist()
    [[2, 0], [1, 1]]
    """
    return (predicted[:, :, None] == np.unique(predicted)).sum(axis=1)


def distances_to_mean(counts: Int[ndarray, "values classes"]) -> Float[ndarray, "values"]:
    """The total variation distance of each row, as a distribution, to the mean of all; exactly 0 where they are equal.

    counts: rows of one sum.

    >>> distances_to_mean(np.array([[2, 0], [1, 1]])).tolist()
    [0.25, 0.25]
    """
    differences = np.abs(len(counts) * counts - counts.sum(axis=0)).sum(axis=1)  # integers: nothing is rounded
    return differences / (2 * counts.sum())
