"""Explicitness (Ridgeway & Mozer 2018, section 3), as evaluated by Locatello et al. 2019."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from equilab.errors import DataError
from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, by_name, check_counts, check_positive
from equilab.metrics.predictors.linear_svc import LinearClassifier
from equilab.metrics.predictors.logistic_regression import fit_logistic_regression


@dataclass(frozen=True)
class Explicitness(Metric):
    """Area under the ROC curve of logistic regressions that tell each value of a factor from the rest, by all codes.

    One logistic regression for each value of each factor, fitted to `num_train` observations, the codes at mean 0 and
    variance 1 there; on `num_test` others, the probabilities of a factor's values are divided by their sum, and those
    of each value rank the observations. The score is the mean area over the values, then over the factors. Values
    that the fit has not seen count 0.5; values that the test has not seen do not count.

    Chance is 0.5, not 0; some authors report 2 AUC - 1. A code may be as entangled as it likes: only how simply it
    can be read counts. A perfect scalar code scores below 1, as a line cannot single out its interior values: about
    0.94 on the factors of dSprites.

    matrix: share of the absolute weights (blocks, factors that vary), each column adds up to 1, or to 0 where all
    codes are constant. per_factor: that factor's mean area. per_block: mean share over the factors.
    Raises DataError if all test observations show one value of a factor, SettingError for settings or blocks that
    make no sense. Defaults: protocol locatello2019, whose scikit-learn fitted one class against the rest, with a
    penalty on the intercept.

    >>> factors = np.stack(np.unravel_index(np.arange(160) % 16, (4, 4)), 1)
    >>> one_hot = np.eye(4)[factors].reshape(160, 8)
    >>> Explicitness(1000, 1000)(CodeTable(one_hot, factors), rng=np.random.default_rng(0)).value
    1.0
    """

    name: ClassVar[str] = "explicitness"
    num_train: int = 10_000  # observations that the regressions are fitted to
    num_test: int = 5_000  # observations that they are scored on
    penalty: float = 1.0  # C, the weight of the log loss against that of |w|^2 / 2

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 2, "num_test": 2})
        check_positive(self, "penalty")

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        train, test = table.sample_split(self.num_train, self.num_test, rng)
        seen = [block.values(table.codes[train]) for block in blocks]
        owner = np.repeat(np.arange(len(blocks)), [values.shape[1] for values in seen])  # the block of each feature
        seen = np.concatenate(seen, axis=1)
        unseen = np.concatenate([block.values(table.codes[test]) for block in blocks], axis=1)
        centre, spread = seen.mean(axis=0), seen.std(axis=0)
        live = spread > 1e-12 * np.abs(centre)
        seen, unseen = ((codes - centre) / np.where(live, spread, np.inf) for codes in (seen, unseen))
        areas, shares = np.empty(len(table.scored)), np.empty((len(blocks), len(table.scored)))
        for column, factor in enumerate(table.scored):
            classifier = fit_logistic_regression(seen, table.factors[train, factor], penalty=self.penalty)
            truth = table.factors[test, factor]
            if (truth == truth[0]).all():
                raise DataError(
                    "factors",
                    expected=f"two or more values of {table.factor_names[factor]}, for an area under a ROC curve",
                    got=f"{truth[0]} in all {self.num_test} test observations",
                    hint="give more observations",
                )
            areas[column] = mean_area(classifier, unseen, truth)
            weight = np.bincount(owner, np.abs(classifier.weights).sum(axis=0), minlength=len(blocks))
            shares[:, column] = weight / max(weight.sum(), np.finfo(float).tiny)
        labels = tuple(block.label for block in blocks)
        return Score(
            self.name,
            float(areas.mean()),
            by_name(table.scored_names, areas),
            by_name(labels, shares.mean(axis=1)),
            shares,
            rows=labels,
            columns=table.scored_names,
        )


def mean_area(classifier: LinearClassifier, features: Float[ndarray, "n m"], labels: Int[ndarray, "n"]) -> float:
    """The area under the ROC curve of each label's normalised probability, mean over the labels there are."""
    probability = 1 / (1 + np.exp(-classifier.decide(features).clip(-500, 500)))
    probability = probability / probability.sum(axis=1, keepdims=True)
    present = np.unique(labels)
    known = np.isin(classifier.classes, present)
    areas = roc_areas(probability[:, known], labels[:, None] == classifier.classes[known])
    return float((areas.sum() + 0.5 * (len(present) - known.sum())) / len(present))


def roc_areas(scores: Float[ndarray, "n k"], truth: Bool[ndarray, "n k"]) -> Float[ndarray, "k"]:
    """The area under the ROC curve of each column: the chance that a true row scores above a false one, ties half.

    truth: both values in each column. Exact, from mean ranks, as scikit-learn's roc_auc_score.

    >>> roc_areas(np.array([[0.1], [0.4], [0.4], [0.8]]), np.array([[False], [False], [True], [True]])).tolist()
    [0.875]
    """
    from scipy.stats import rankdata

    true = truth.sum(axis=0)
    ranks = np.where(truth, rankdata(scores, axis=0), 0.0).sum(axis=0)
    return (ranks - true * (true + 1) / 2) / (true * (len(truth) - true))
