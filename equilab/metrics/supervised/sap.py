"""Separated attribute predictability (Kumar et al. 2018, section 3), with linear support vector classifiers."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, by_name, check_counts, check_positive
from equilab.metrics.predictors.linear_svc import fit_linear_svc


@dataclass(frozen=True)
class SAP(Metric):
    """Mean over factors of how much better the best block predicts the factor than the second best.

    Each block alone predicts each factor, by a linear support vector classifier with balanced classes, fitted to
    `num_train` observations; what counts is its accuracy on `num_test` others. The only block of a code is compared
    with a constant. A dead block predicts the most frequent value.

    A line cannot cut an interior value out of a scalar: one against the rest, the values between the ends of a
    factor are hardly ever predicted. So a *perfect* scalar code scores far below 1 where factors have more than two
    values, about 0.25 on the factors of dSprites: read a score against that ceiling. The classifier's weights and
    intercept are penalised, so that scale and offset of a code matter (SAPRSquared is free of both).

    matrix: test accuracies (blocks, factors that vary). per_factor: the gap of that factor. per_block: the gaps that
    the block earns as the best of its factors, over the number of factors: they add up to the score.
    Raises SettingError for invalid settings. Defaults: protocol locatello2019.

    >>> factors = np.stack(np.unravel_index(np.arange(16_000), (2, 8, 1_000)), 1)[:, :2]
    >>> found = SAP()(CodeTable(5.0 * factors, factors), rng=np.random.default_rng(0))
    >>> found.per_factor["factor0"] > 0.4, found.per_factor["factor1"] < 0.4
    (True, True)
    """

    name: ClassVar[str] = "sap"
    num_train: int = 10_000  # observations that the classifiers are fitted to
    num_test: int = 5_000  # observations that they are scored on
    penalty: float = 0.01  # C, the weight of the squared hinge loss against that of |w|^2 / 2

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 2, "num_test": 1})
        check_positive(self, "penalty")

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        train, test = table.sample_split(self.num_train, self.num_test, rng)
        codes = [(block.values(table.codes[train]), block.values(table.codes[test])) for block in blocks]
        if len(codes) == 1:
            codes.append((np.zeros((len(train), 1)), np.zeros((len(test), 1))))
        accuracy = np.empty((len(codes), len(table.scored)))
        for row, (seen, unseen) in enumerate(codes):
            for column, factor in enumerate(table.scored):
                classifier = fit_linear_svc(seen, table.factors[train, factor], penalty=self.penalty)
                accuracy[row, column] = (classifier.predict(unseen) == table.factors[test, factor]).mean()
        gaps = predictability_gap(accuracy)
        labels = tuple(block.label for block in blocks)
        return Score(
            self.name,
            float(gaps.mean()),
            by_name(table.scored_names, gaps),
            by_name(labels, np.bincount(accuracy.argmax(axis=0), gaps, len(codes))[: len(blocks)] / len(gaps)),
            accuracy[: len(blocks)],
            rows=labels,
            columns=table.scored_names,
        )


def predictability_gap(scores: Float[ndarray, "blocks factors"]) -> Float[ndarray, "factors"]:
    """Largest minus second largest of each column, of at least two rows.

    >>> predictability_gap(np.array([[0.5, 0.1], [0.3, 0.1], [0.2, 0.9]])).round(6).tolist()
    [0.2, 0.8]
    """
    ranked = np.sort(scores, axis=0)
    return ranked[-1] - ranked[-2]
