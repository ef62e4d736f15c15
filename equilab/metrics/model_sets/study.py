"""A study over methods, hyperparameters and seeds: what its scores agree on, depend on, and can be selected by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import DataError, ShapeError
from equilab.metrics.intervals import Interval, bootstrap_interval, varies
from equilab.metrics.model_sets.rank_correlation import rank_correlations
from equilab.metrics.model_sets.selection import Selection, select
from equilab.metrics.model_sets.variance_shares import VarianceShares, shares_by_chance, variance_shares

_FEWEST_RUNS = 4  # of fewer the rank correlation takes few values, of two only -1 and 1


class Spread(NamedTuple):
    """A score over the seeds of one setting."""

    mean: float
    interval: Interval | None  # bootstrap, 95 %; None for a single seed, and where the seeds have equal scores
    num_seeds: int


@dataclass(frozen=True, eq=False)
class Study:
    """Scores (runs, scores) of finished runs on one data set, and what can be read from them.

    Prints as tables. Raises ShapeError for labels that do not match the scores, DataError for fewer than two runs or
    scores that are not finite.

    >>> study = Study(np.array([[0.1], [0.2], [0.6]]), ("mig",), methods=("VAE", "VAE", "FactorVAE"))
    >>> round(study.shares["mig"].method, 2), study.by_setting[("FactorVAE", "")]["mig"].num_seeds
    (0.96, 1)
    """

    scores: ndarray  # (runs, scores)
    names: tuple[str, ...]  # of the scores
    methods: tuple[str, ...]  # of each run
    settings: tuple[str, ...] = ()  # of each run: its hyperparameters within the method; empty: none differ
    runs: tuple[str, ...] = ()  # names of the runs; empty: run 0, run 1 ...
    better: tuple[Literal["up", "down", ""], ...] = ()  # of each score; empty: up
    selector: ndarray | None = None  # (runs,), a score that needs no labels, such as UDR; NaN: not judged
    selector_name: str = "selector"

    def __post_init__(self) -> None:
        num_runs, num_scores = self.scores.shape
        defaults = {
            "settings": ("",) * num_runs,
            "runs": tuple(f"run {index}" for index in range(num_runs)),
            "better": ("up",) * num_scores,
        }
        for field, default in defaults.items():
            object.__setattr__(self, field, tuple(getattr(self, field)) or default)
        for field, count in (
            ("names", num_scores),
            ("better", num_scores),
            ("methods", num_runs),
            ("settings", num_runs),
            ("runs", num_runs),
        ):
            if len(getattr(self, field)) != count:
                raise ShapeError(field, expected=f"{count}, one for each", got=len(getattr(self, field)))
        if num_runs < 2:
            raise DataError("scores", expected="two or more runs, as a study compares them", got=num_runs)
        if not np.isfinite(self.scores).all():
            run, score = np.argwhere(~np.isfinite(self.scores))[0]
            got = f"{self.scores[run, score]} as {self.names[score]} of {self.runs[run]}"
            raise DataError("scores", expected="finite numbers", got=got)
        if self.selector is not None and self.selector.shape != (num_runs,):
            raise ShapeError("selector", expected=f"one value for each of {num_runs} runs", got=self.selector.shape)

    @cached_property
    def by_setting(self) -> dict[tuple[str, str], dict[str, Spread]]:
        """The mean of each score over the seeds of each (method, setting), with its bootstrap interval."""
        found: dict[tuple[str, str], dict[str, Spread]] = {}
        labels = list(zip(self.methods, self.settings, strict=True))
        for label in dict.fromkeys(labels):
            rows = self.scores[[each == label for each in labels]]
            found[label] = {name: _spread(rows[:, index]) for index, name in enumerate(self.names)}
        return found

    @cached_property
    def correlations(self) -> Float[ndarray, "rows rows"]:
        """Spearman's correlation over runs of each pair of `correlated`; a selector over the runs that it judged."""
        found = rank_correlations(self.scores)
        if self.selector is None:
            return found
        judged = ~np.isnan(self.selector)
        with_selector = np.full((len(found) + 1,) * 2, np.nan)
        if judged.sum() > 1:
            with_selector = rank_correlations(np.column_stack([self.scores, self.selector])[judged])
        with_selector[:-1, :-1] = found
        return with_selector

    @property
    def correlated(self) -> tuple[str, ...]:
        """What the rows and columns of `correlations` are: the scores, and the selector if there is one."""
        return self.names if self.selector is None else (*self.names, self.selector_name)

    @cached_property
    def shares(self) -> dict[str, VarianceShares]:
        """The share of method, hyperparameter and seed in the variance of each score."""
        return {
            name: variance_shares(self.scores[:, index], methods=self.methods, settings=self.settings)
            for index, name in enumerate(self.names)
        }

    @cached_property
    def selections(self) -> dict[tuple[str, str], Selection]:
        """What the selector picks and its regret by (runs of a method, or "all"; score), where either way is better.

        `picked` counts among all runs. Methods with a single run, or none that was judged, have no choice to make.
        """
        found: dict[tuple[str, str], Selection] = {}
        if self.selector is None:
            return found
        pools = [*dict.fromkeys(self.methods)] if len(set(self.methods)) > 1 else []
        for pool in ("all", *pools):
            rows = np.flatnonzero([pool in ("all", method) for method in self.methods])
            if len(rows) < 2 or np.isnan(self.selector[rows]).all():
                continue
            for index, (name, better) in enumerate(zip(self.names, self.better, strict=True)):
                if better:
                    chosen = select(self.scores[rows, index], self.selector[rows], better=better)
                    found[pool, name] = chosen._replace(picked=int(rows[chosen.picked]))
        return found

    def __str__(self) -> str:
        tables = (f"{title}\n{_aligned(rows)}" for title, rows in self.tables())
        return "\n\n".join([*tables, *self.remarks()])

    def remarks(self) -> Iterator[str]:
        """The tables that are left out, and why."""
        if not self._ranked:
            yield f"Rank correlations are left out: they take {_FEWEST_RUNS} runs, these are {len(self.runs)}."
        if not self._repeated:
            yield "Shares of the variance are left out: they take two runs of one setting, which differ in their seed."

    @property
    def _ranked(self) -> bool:
        return len(self.runs) >= _FEWEST_RUNS

    @property
    def _repeated(self) -> bool:
        return len(self.runs) > len(self.by_setting)  # without a repetition nothing separates method and seed

    def tables(self) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
        """Title and rows of words, the first one the header, of each table of the report.

        Rank correlations take four runs, shares of the variance two runs of one setting.
        """
        by_setting = [
            (" ".join(filter(None, label)), str(next(iter(each.values())).num_seeds), *map(_in_words, each.values()))
            for label, each in self.by_setting.items()
        ]
        yield (
            "Scores: mean over seeds and its 95 % bootstrap interval (too narrow for few seeds)",
            [("setting", "seeds", *self.names), *by_setting],
        )
        correlations = [
            (name, *map(_number, row)) for name, row in zip(self.correlated, self.correlations.tolist(), strict=True)
        ]
        if self._ranked:
            yield f"Rank correlation over {len(self.runs)} runs (Spearman)", [("", *self.correlated), *correlations]
        if self._repeated:
            chance = shares_by_chance(methods=self.methods, settings=self.settings)
            shares = [(name, *map(_number, each)) for name, each in {**self.shares, "by chance alone": chance}.items()]
            yield "Share of the variance of a score", [("score", *VarianceShares._fields), *shares]
        if self.selections:
            rows = [
                (pool, name, self.runs[each.picked], *map(_number, each[1:]))
                for (pool, name), each in self.selections.items()
            ]
            yield (
                f"Selection by {self.selector_name}: regret, and that of a run picked at random",
                [("among", "score", "picked", "best", "regret", "random regret"), *rows],
            )


def _spread(values: Float[ndarray, "seeds"]) -> Spread:
    interval = bootstrap_interval(values, rng=np.random.default_rng(0)) if varies(values) else None
    return Spread(float(values.mean()), interval, len(values))


def _in_words(spread: Spread) -> str:
    """The mean, with its interval or the reason why there is none."""
    if spread.interval is None:
        return f"{_number(spread.mean)} ({'one seed' if spread.num_seeds == 1 else 'no spread'})"
    return f"{_number(spread.mean)} [{_number(spread.interval.low)}, {_number(spread.interval.high)}]"


def _number(value: float) -> str:
    """Three decimals; nothing to say for NaN."""
    return "-" if np.isnan(value) else f"{value:.3f}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """The rows as columns of equal width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("   ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
