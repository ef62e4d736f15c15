"""Accuracy on combinations of factors that a predictor was never shown (Locatello et al. 2020; Schott et al. 2022)."""

from dataclasses import dataclass, field
from functools import partial
from itertools import permutations
from typing import ClassVar, Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from equilab.errors import DataError, SettingError
from equilab.latents import CodeBlock
from equilab.metrics.arguments import check_number
from equilab.metrics.boosting.gradient_boosting import GradientBoosting, check_boosting
from equilab.metrics.code_table import CodeTable
from equilab.metrics.downstream.held_out import HoldOut, held_out_combinations, positions
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.supervised.importance import block_features


@dataclass(frozen=True)
class StrongGeneralisation(Metric):
    """Accuracy of gradient boosted trees that name a factor in combinations of factors which they were never shown.

    For each pair of a target and another factor some combinations of their values are held out (`held_out_combinations`
    says which, for each of `splits`). The trees are fitted to `num_train` observations of the others; the score is
    their accuracy on `num_test` observations of the held-out combinations, mean over pairs and splits. It is accuracy,
    not R^2, as a table does not say which targets have an order; what is shifted in interpolation and extrapolation is
    therefore the other factor, never the target, whose unseen values no classifier could name. A code that says nothing
    scores below chance in composition: what is held out is rarer among what is shown.

    matrix: accuracy on held-out combinations, (target, other factor), mean over splits; 0 on the diagonal and for
    pairs that no split can be made of (interpolation needs three values), which are in no mean. per_factor: mean over
    other factors, for the factor as a target. per_block: none. parts, each with its matrix: one for each of `splits`;
    `strong_generalisation_seen`, the accuracy on `num_test` fresh observations of combinations that were shown;
    `strong_generalisation_gap`, seen minus held out.
    Raises DataError when one factor alone varies, or too few observations show the combinations that a split needs;
    SettingError for invalid settings. No paper fixes the defaults: about 30 % is held out in
    Schott et al. 2022, the sizes are ours.

    >>> factors = np.stack(np.unravel_index(np.arange(64) % 4, (2, 2)), 1)
    >>> metric = StrongGeneralisation(num_train=100, num_test=50, boosting=GradientBoosting(stages=5))
    >>> metric(CodeTable(factors, factors), rng=np.random.default_rng(0)).value
    1.0
    """

    name: ClassVar[str] = "strong_generalisation"
    splits: tuple[HoldOut, ...] = ("composition",)  # or interpolation, extrapolation, single_value, or several
    share: float = 0.3  # of the combinations of a pair that are held out, about
    num_train: int = 5_000  # observations that each predictor is fitted to
    num_test: int = 5_000  # observations that are scored, of held-out and as many of seen combinations
    boosting: GradientBoosting = field(default_factory=GradientBoosting)  # 100 stages of depth 3, rate 0.1

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 1, "num_test": 1})
        check_boosting(self.boosting)
        check_number("share", self.share, "more than 0 and less than 1", lambda value: 0 < value < 1)
        known = get_args(HoldOut)
        if not isinstance(self.splits, tuple) or not self.splits or not {*self.splits} <= {*known}:
            raise SettingError(
                "splits", expected=f"a tuple of one or more of {', '.join(known)}", got=repr(self.splits)
            )

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        if len(table.scored) < 2:
            raise DataError(
                "factors",
                expected="at least two that vary, as strong generalisation combines factors",
                got=f"one: {table.scored_names[0]}",
            )
        found = [self._pairs(split, table, blocks, rng) for split in self.splits]
        seen, held_out, made = (np.stack(part) for part in zip(*found, strict=True))
        score = partial(_score, names=table.scored_names)
        parts = (
            *(
                score(f"{self.name}_{split}", pairs.held_out[None], pairs.made[None])
                for split, pairs in zip(self.splits, found, strict=True)
            ),
            score(f"{self.name}_seen", seen, made),
            score(f"{self.name}_gap", seen - held_out, made, unit="difference of shares", better="down"),
        )
        return score(self.name, held_out, made, parts=parts)

    def _pairs(
        self, split: HoldOut, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator
    ) -> "_Pairs":
        """Accuracies of every pair of a target and another factor, in one split."""
        columns = [positions(table.factors[:, factor]) for factor in table.scored]
        shape = (len(columns), len(columns))
        found = _Pairs(np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool))
        for target, other in permutations(range(len(columns)), 2):
            (labels, num_labels), (shifted, num_shifted) = columns[target], columns[other]
            held_out = held_out_combinations(split, num_labels, num_shifted, self.share, rng)
            if held_out is None:
                continue
            rows = self._draw(
                held_out[labels, shifted], rng, f"{table.scored_names[target]}, {table.scored_names[other]}"
            )
            model = self.boosting.fit(block_features(table.codes[rows.train], blocks), labels[rows.train], rng=rng)
            found.seen[target, other], found.held_out[target, other] = (
                (model.predict(block_features(table.codes[part], blocks)) == labels[part]).mean()
                for part in (rows.seen, rows.held_out)
            )
            found.made[target, other] = True
        if not found.made.any():
            raise DataError(
                "factors",
                expected=f"one with {3 if split == 'interpolation' else 2} values or more, for {split}",
                got=f"at most {max(size for _, size in columns)}",
                hint=f"leave {split} out of `splits`",
            )
        return found

    def _draw(self, held_out: Bool[ndarray, "n"], rng: np.random.Generator, pair: str) -> "_Rows":
        """Rows of seen combinations to fit to, other such rows, and rows of held-out ones.

        Drawn with replacement, of a part of fewer rows than asked for each once.
        """
        seen, unseen = rng.permutation(np.flatnonzero(~held_out)), np.flatnonzero(held_out)
        if len(seen) < 2 or not len(unseen):
            raise DataError(
                "factors",
                expected=f"combinations of {pair} enough to hold some out and show others",
                got=f"{len(seen)} observations to show, {len(unseen)} held out",
                hint="give more observations",
            )
        cut = min(max(round(len(seen) * self.num_train / (self.num_train + self.num_test)), 1), len(seen) - 1)
        sizes = (self.num_train, self.num_test, self.num_test)
        pools = (seen[:cut], seen[cut:], unseen)
        return _Rows(
            *(
                pool if len(pool) < size else pool[rng.integers(len(pool), size=size)]
                for pool, size in zip(pools, sizes, strict=True)
            )
        )


class _Rows(NamedTuple):
    """Rows to fit to, rows of the same combinations to score on, and rows of held-out combinations."""

    train: Int[ndarray, "num_train"]
    seen: Int[ndarray, "num_test"]
    held_out: Int[ndarray, "num_test"]


class _Pairs(NamedTuple):
    """Accuracies by target (rows) and other factor (columns), and which pairs there are."""

    seen: Float[ndarray, "factors factors"]
    held_out: Float[ndarray, "factors factors"]
    made: Bool[ndarray, "factors factors"]


def _score(
    name: str,
    values: Float[ndarray, "splits factors factors"],
    made: Bool[ndarray, "splits factors factors"],
    names: tuple[str, ...],
    parts: tuple[Score, ...] = (),
    unit: str = "0 to 1",
    better: Literal["up", "down"] = "up",
) -> Score:
    """The score of values by split, target and other factor, over those that were made."""
    values = np.where(made, values, 0)
    matrix = values.sum(axis=0) / np.maximum(made.sum(axis=0), 1)
    made_pairs = made.any(axis=0)
    per_factor = matrix.sum(axis=1) / np.maximum(made_pairs.sum(axis=1), 1)
    value = float(matrix.sum() / made_pairs.sum())
    per_name = by_name(names, per_factor)
    return Score(name, value, per_name, {}, matrix, rows=names, columns=names, parts=parts, unit=unit, better=better)
