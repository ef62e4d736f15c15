"""The FactorVAE score (Kim & Mnih 2018, section 4): a majority vote on the code that varies least."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from equilab.latents import CodeBlock, projected_codes
from equilab.metrics.arguments import check_number
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, by_name, check_counts

_CHUNK = 1000  # votes whose codes are in memory at a time


@dataclass(frozen=True)
class FactorVAEScore(Metric):
    """Accuracy with which the block that varies least names the factor that was held fixed.

    A vote: a factor k, uniform; `batch_size` observations that share one value of k; the block for which

        sum over its active axes of the variance over these observations
        ----------------------------------------------------------------
        sum over its active axes of the variance over the whole data

    is least. `num_train` votes give each block its majority factor; the score is the share of `num_test` fresh votes
    that this table names rightly. An axis is active if it varies, with a standard deviation of `active_std` or more; a
    block without any never wins; without active axes at all the score is 0. Variances have ddof 1, and
    are those of the codes projected onto the manifold of their block.

    matrix: training votes (blocks, factors that vary). per_factor: accuracy among the test votes of that factor;
    per_block: among the test votes of that block.
    Raises SettingError for invalid settings. Defaults: protocol locatello2019.

    >>> factors = np.stack(np.unravel_index(np.arange(64), (4, 4, 4)), 1)
    >>> FactorVAEScore(100, 100)(CodeTable(factors, factors), rng=np.random.default_rng(0)).value
    1.0
    """

    name: ClassVar[str] = "factor_vae_score"
    draws: ClassVar[tuple[str, ...]] = ("num_variance",)
    num_train: int = 10_000  # votes of the majority table
    num_test: int = 5_000  # votes that are scored
    batch_size: int = 64  # observations of one vote
    num_variance: int = 10_000  # observations of the variance over the whole data
    active_std: float = 0.05  # standard deviation from which an axis is active, in units of the code

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 1, "num_test": 1, "batch_size": 2, "num_variance": 2})
        check_number("active_std", self.active_std, "0 or more", lambda value: value >= 0)

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        labels = tuple(block.label for block in blocks)
        codes = projected_codes(table.codes, blocks)
        total = codes[table.sample(self.num_variance, rng)].var(axis=0, ddof=1, dtype=np.float64)
        active = (total > 0) & (np.sqrt(total) >= self.active_std)  # a constant axis would win every vote as 0 / 0
        if not active.any():
            train = test = np.zeros((len(blocks), len(table.scored)), np.int64)
            return self._score(train, test, labels, table.scored_names)
        train, test = (
            count_votes(table, blocks, total, active, num=num, batch_size=self.batch_size, rng=rng)
            for num in (self.num_train, self.num_test)
        )
        return self._score(train, test, labels, table.scored_names)

    def _score(
        self,
        train: Int[ndarray, "blocks factors"],
        test: Int[ndarray, "blocks factors"],
        labels: tuple[str, ...],
        factors: tuple[str, ...],
    ) -> Score:
        """The score of two vote tables; 0 where nothing voted."""
        found = majority_accuracy(train, test)
        return Score(
            self.name,
            found.accuracy,
            by_name(factors, found.per_factor),
            by_name(labels, found.per_block),
            train.astype(np.float64),
            rows=labels,
            columns=factors,
            full=self.num_train / len(factors),
        )


def count_votes(
    table: CodeTable,
    blocks: tuple[CodeBlock, ...],
    total: Float[ndarray, "d"],
    active: Bool[ndarray, "d"],
    *,
    num: int,
    batch_size: int,
    rng: np.random.Generator,
) -> Int[ndarray, "blocks factors"]:
    """How often each block varied least while each factor was fixed, in `num` votes.

    total, active: variance over the whole data of each axis (d,), and whether it counts.
    """
    counts = np.zeros((len(blocks), len(table.scored)), np.int64)
    codes = projected_codes(table.codes, blocks)
    asked = np.bincount(rng.integers(len(table.scored), size=num), minlength=len(table.scored)).tolist()
    for position, factor in enumerate(table.scored):
        for start in range(0, asked[position], _CHUNK):
            groups = min(_CHUNK, asked[position] - start)
            rows = table.sample_fixed(factor, groups=groups, size=batch_size, rng=rng)
            local = codes[rows].var(axis=1, ddof=1, dtype=np.float64)  # (groups, d)
            least = relative_variances(local, total, active, blocks).argmin(axis=1)
            counts[:, position] += np.bincount(least, minlength=len(blocks))
    return counts


def relative_variances(
    local: Float[ndarray, "votes d"],
    total: Float[ndarray, "d"],
    active: Bool[ndarray, "d"],
    blocks: tuple[CodeBlock, ...],
) -> Float[ndarray, "votes blocks"]:
    """Sum of local over sum of total variances of each block's active axes; infinite for a block without any.

    >>> local, total, active = np.array([[1.0, 0.0, 2.0]]), np.array([2.0, 0.0, 2.0]), np.array([True, False, True])
    >>> relative_variances(local, total, active, (CodeBlock((0, 2)), CodeBlock((1,)))).tolist()
    [[0.75, inf]]
    """
    ratios = np.full((len(local), len(blocks)), np.inf)
    for index, block in enumerate(blocks):
        if axes := [axis for axis in block.axes if active[axis]]:
            ratios[:, index] = local[:, axes].sum(axis=1) / total[axes].sum()
    return ratios


class MajorityAccuracy(NamedTuple):
    """Share of right test votes, and the share among those of each factor and of each block (0 without votes)."""

    accuracy: float
    per_factor: Float[ndarray, "factors"]
    per_block: Float[ndarray, "blocks"]


def majority_accuracy(train: Int[ndarray, "blocks factors"], test: Int[ndarray, "blocks factors"]) -> MajorityAccuracy:
    """The share of test votes whose block has, by the training votes, their factor as its majority.

    >>> majority_accuracy(np.array([[9, 1], [2, 8]]), np.array([[3, 1], [0, 4]])).accuracy
    0.875
    """
    right = np.where(train.argmax(axis=1)[:, None] == np.arange(train.shape[1]), test, 0)
    return MajorityAccuracy(
        float(right.sum() / max(test.sum(), 1)),
        right.sum(axis=0) / np.maximum(test.sum(axis=0), 1),
        right.sum(axis=1) / np.maximum(test.sum(axis=1), 1),
    )
