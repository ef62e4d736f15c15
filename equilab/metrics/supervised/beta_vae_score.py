"""The BetaVAE score (Higgins et al. 2017, section 3): which factor do these pairs of observations share?"""

from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.errors import DataError, SettingError
from equilab.latents import CodeBlock, projected_codes
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, by_name, check_counts

_CHUNK = 1000  # points whose codes are in memory at a time


@dataclass(frozen=True)
class BetaVAEScore(Metric):
    """Accuracy of a linear classifier that names the factor shared by pairs of observations.

    A point: a factor k, uniform; `batch_size` pairs of observations, the two of a pair sharing a value of k. Its
    feature for each block is the mean over the pairs of |code - code'|, the Euclidean norm for a block of several
    axes (projected onto its manifold), not normalised. A logistic regression (L2 penalty, C = 1:
    scikit-learn's defaults) is fitted to `num_train` points; the score is its accuracy on `num_test` fresh ones.

    matrix: test points by true (rows) and predicted (columns) factor. per_factor: accuracy among its test points.
    per_block: the block's share of the classifier's weights, each times the standard deviation of its feature.
    Raises DataError when only one factor varies, SettingError for invalid settings.
    Defaults: protocol locatello2019, but for `max_iterations`: with scikit-learn's own 100 the solver may stop early
    on codes of unlike scales, and what it then scores is not this classifier.

    >>> factors = np.stack(np.unravel_index(np.arange(64), (4, 4, 4)), 1)
    >>> BetaVAEScore(200, 100)(CodeTable(factors, factors), rng=np.random.default_rng(0)).value
    1.0
    """

    name: ClassVar[str] = "beta_vae_score"
    draws: ClassVar[tuple[str, ...]] = ("batch_size",)
    num_train: int = 10_000  # points that the classifier is fitted to
    num_test: int = 5_000  # points that are scored
    batch_size: int = 64  # pairs of one point
    max_iterations: int = 1_000  # of the solver (lbfgs)

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 2, "num_test": 1, "batch_size": 1, "max_iterations": 1})

    def check(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> None:
        """Raises what `score` raises, of few points and without a fit."""
        replace(self, num_train=min(self.num_train, 200), num_test=1)._points(table, blocks, rng)

    def _points(
        self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator
    ) -> tuple["Points", "Points"]:
        """The points to fit to and those to score."""
        if len(table.scored) < 2:
            raise DataError(
                "factors",
                expected="at least two that vary, as the BetaVAE score distinguishes factors",
                got=f"one: {table.scored_names[0]}",
            )
        train, test = (
            sample_points(table, blocks, num=num, batch_size=self.batch_size, rng=rng)
            for num in (self.num_train, self.num_test)
        )
        if len(np.unique(train.shared)) < 2:
            hint = "these points drew one factor alone"
            raise SettingError("num_train", expected="more points", got=self.num_train, hint=hint)
        return train, test

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        from sklearn.linear_model import LogisticRegression

        train, test = self._points(table, blocks, rng)
        classifier = LogisticRegression(max_iter=self.max_iterations, random_state=int(rng.integers(2**31)))
        predicted = classifier.fit(train.features, train.shared).predict(test.features)
        confusion = np.zeros((len(table.scored), len(table.scored)))
        np.add.at(confusion, (test.shared, predicted), 1)
        per_factor = confusion.diagonal() / np.maximum(confusion.sum(axis=1), 1)
        value = float(confusion.trace() / confusion.sum())
        weight = np.abs(classifier.coef_).sum(axis=0) * train.features.std(axis=0)
        return Score(
            self.name,
            value,
            by_name(table.scored_names, per_factor),
            by_name([block.label for block in blocks], weight / max(weight.sum(), np.finfo(float).tiny)),
            confusion,
            rows=table.scored_names,
            columns=table.scored_names,
            full=self.num_test / len(table.scored),
        )


class Points(NamedTuple):
    """Features of points and the position, among the factors that vary, of the one that each point's pairs share."""

    features: Float[ndarray, "points blocks"]  # in units of the code
    shared: Int[ndarray, "points"]


def sample_points(
    table: CodeTable, blocks: tuple[CodeBlock, ...], *, num: int, batch_size: int, rng: np.random.Generator
) -> Points:
    """`num` points in the order of their shared factors, which are drawn uniformly."""
    shared = np.sort(rng.integers(len(table.scored), size=num))
    features = np.empty((num, len(blocks)))
    codes = projected_codes(table.codes, blocks)
    for position, factor in enumerate(table.scored):
        first, last = np.searchsorted(shared, [position, position + 1]).tolist()
        for start in range(first, last, _CHUNK):
            stop = min(start + _CHUNK, last)
            # every pair draws a value of its own: one value for all pairs of a point would tell that value, too
            pairs = codes[table.sample_fixed(factor, groups=(stop - start) * batch_size, size=2, rng=rng)]
            distances = block_distances(pairs[:, 0], pairs[:, 1], blocks).reshape(stop - start, batch_size, -1)
            features[start:stop] = distances.mean(axis=1, dtype=np.float64)
    return Points(features, shared)


def block_distances(
    first: Float[ndarray, "n d"], second: Float[ndarray, "n d"], blocks: tuple[CodeBlock, ...]
) -> Float[ndarray, "n blocks"]:
    """The Euclidean distance of each row in each block: the absolute difference where a block has one axis.

    >>> block_distances(np.array([[3.0, 4.0, -2.0]]), np.zeros((1, 3)), (CodeBlock((0, 1)), CodeBlock((2,)))).tolist()
    [[5.0, 2.0]]
    """
    difference = np.abs(first - second)
    if all(len(block.axes) == 1 for block in blocks):
        return difference[:, [block.axes[0] for block in blocks]]
    return np.stack([np.linalg.norm(difference[:, list(block.axes)], axis=1) for block in blocks], axis=1)
