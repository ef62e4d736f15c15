"""Methods compared pairwise over seeds: intervals of the differences of their mean scores, corrected for the pairs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import DataError, SettingError
from equilab.metrics.intervals import varies
from equilab.runs.differences import paired_interval, unpaired_interval
from equilab.runs.logged_scores import Better, logged_scores
from equilab.runs.record import Record
from equilab.runs.settings import check_alike, method_of, settings_of
from equilab.tables import Table

if TYPE_CHECKING:
    from pandas import DataFrame


class ScoredRuns(NamedTuple):
    """The scores of runs that are compared."""

    values: Float[ndarray, "runs scores"]
    names: tuple[str, ...]  # of the scores
    better: tuple[Better, ...]  # of the scores
    methods: tuple[str, ...]  # of the runs: method with the settings in which they differ, but for the seed
    seeds: tuple[int, ...]  # of the runs


@dataclass(frozen=True)
class Difference:
    """A score of one method minus that of another, means over seeds."""

    score: str
    first: str
    second: str
    mean: float  # first - second, in the unit of the score; over the seeds of both where paired
    low: float | None  # of the interval; None where a method has a single seed, or nothing varies over seeds
    high: float | None
    num_first: int  # seeds
    num_second: int
    paired: bool  # over equal seeds
    better: Better  # the way in which the score is better

    @property
    def verdict(self) -> str:
        """The method that is better, or the reason why there is no verdict."""
        if self.low is None or self.high is None:
            return "one seed: no interval" if min(self.num_first, self.num_second) == 1 else "no spread: no interval"
        if self.low <= 0 <= self.high:
            return "not separated"
        higher, lower = (self.first, self.second) if self.low > 0 else (self.second, self.first)
        if not self.better:
            return f"{higher} is higher"
        return f"{higher if self.better == 'up' else lower} is better"

    @property
    def seeds(self) -> str:
        """The seeds that were compared, in words."""
        return f"{self.num_first} paired" if self.paired else f"{self.num_first} and {self.num_second}, unpaired"


@dataclass(frozen=True)
class Comparison:
    """The differences of all pairs of methods, a row for each score and pair; prints as a table with its reading."""

    differences: tuple[Difference, ...]
    confidence: float  # that all intervals of a score hold the true differences
    num_pairs: int  # of methods, which each score is corrected for

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.differences)

    def __len__(self) -> int:
        return len(self.differences)

    @property
    def table(self) -> Table:
        """A row for each score and pair."""
        rows = [
            (each.score, each.first, each.second, each.seeds, each.mean, each.low, each.high, each.verdict)
            for each in self.differences
        ]
        return Table(("score", "first", "second", "seeds", "first - second", "low", "high", "verdict"), rows)

    @property
    def caption(self) -> str:
        """How the intervals were made, and how far the seeds carry them; or that there is no pair."""
        if not self.differences:
            return "One method: there is no pair to compare."
        pairs = f"{self.num_pairs} pair{'s' * (self.num_pairs != 1)} of methods"
        made = (
            f"Difference of means over seeds, with a {100 * self.confidence:g} % bootstrap interval, widened for few "
            f"seeds by Student's t and for {pairs} by Bonferroni."
        )
        few = min(min(each.num_first, each.num_second) for each in self.differences)
        if few > 3:
            return made
        limit = f"With {few} seed{'s' * (few > 1)} "
        if few == 1:
            return f"{made} {limit}there is no interval: train further seeds."
        return (
            f"{made} {limit}a bootstrap has {few**few} samples: the width rests on the assumption that scores are "
            "Gaussian, and only large differences are separated."
        )

    def __str__(self) -> str:
        return f"{self.caption}\n{self.table}" if self.differences else self.caption

    def to_markdown(self) -> str:
        """The table in Markdown, its caption below."""
        return f"{self.table.to_markdown()}\n\n{self.caption}"

    def to_latex(self) -> str:
        """The table in LaTeX, with booktabs."""
        return self.table.to_latex()

    def to_dataframe(self) -> "DataFrame":
        """The table as a pandas data frame; SettingError without pandas."""
        return self.table.to_dataframe()

    def _repr_html_(self) -> str:
        return f"<p>{self.caption}</p>\n{self.table._repr_html_()}"


def compare(
    records: Sequence[Record], *, scores: Sequence[str] = (), confidence: float = 0.95, seed: int = 0
) -> Comparison:
    """Every pair of methods over their seeds: differences of mean scores with simultaneous bootstrap intervals.

    Runs that differ in nothing but their seed are of one method. Paired over the seeds that both methods have
    (`paired_interval`), if these are two or more and at least half of the seeds of each; else unpaired, over all seeds
    (`unpaired_interval`). Bonferroni: with P pairs each interval has the confidence 1 - (1 - confidence) / P, so that
    all intervals of one score hold the true differences with the confidence asked for; different scores are not
    corrected for each other. With 2 or 3 seeds the intervals are wide.

    records: of finished runs on one data set, each once.
    scores: such as mig or test_error; none: those between floors and ceilings that every run logged, or else every
    logged score with a way that is better.
    confidence: 0 to 1. seed: of the bootstrap.
    Raises DataError for runs that are unfinished or cannot be compared, SettingError for a score that is not there.
    """
    if not isinstance(records, Sequence) or not all(isinstance(each, Record) for each in records):
        hint = "eq.Record.open(folder) gives one"
        raise SettingError("records", expected="a list of records", got=_kinds(records), hint=hint)
    if isinstance(scores, str):
        raise SettingError("scores", expected="a list of names", got=repr(scores), hint=f"[{scores!r}]")
    for record in records:
        if not record.is_finished:
            got = f"{record.folder}, at step {record.step} of {record.run.steps}"
            raise DataError("records", expected="finished runs", got=got, hint="leave it out")
    if len(records) < 2:
        raise DataError("records", expected="two or more finished runs", got=len(records))
    check_alike(records)
    return compare_scores(scored_runs(records, logged_scores(records, scores)), confidence=confidence, seed=seed)


def _kinds(records: object) -> str:
    """The class of an object, or of the first in a list that is no record."""
    several = records if isinstance(records, list | tuple) else [records]
    return type(next(each for each in several if not isinstance(each, Record))).__name__


def scored_runs(records: Sequence[Record], found: Sequence[dict[str, tuple[float, Better]]]) -> ScoredRuns:
    """The scores of runs, by method and seed; found: for each run its scores with the way that is better."""
    runs = [record.run for record in records]
    labels = zip(map(method_of, runs), settings_of(runs), strict=True)
    return ScoredRuns(
        np.array([[value for value, _ in values.values()] for values in found]),
        tuple(found[0]),
        tuple(better for _, better in found[0].values()),
        tuple(" ".join(filter(None, label)) for label in labels),
        tuple(run.seed for run in runs),
    )


def compare_scores(runs: ScoredRuns, *, confidence: float = 0.95, seed: int = 0) -> Comparison:
    """The same of scores that were measured otherwise, such as those of a protocol.

    >>> values = np.array([[0.1], [0.2], [0.15], [0.7], [0.8], [0.7]])
    >>> runs = ScoredRuns(values, ("mig",), ("up",), ("VAE",) * 3 + ("FactorVAE",) * 3, (0, 1, 2) * 2)
    >>> (found,) = compare_scores(runs)
    >>> found.verdict, found.seeds
    ('FactorVAE is better', '3 paired')
    """
    if not 0 < confidence < 1:
        raise SettingError("confidence", expected="a number between 0 and 1", got=confidence)
    for (row, column), value in np.ndenumerate(runs.values):
        if not np.isfinite(value):
            where = f"{runs.names[column]} of {runs.methods[row]}, seed {runs.seeds[row]}"
            raise DataError(where, expected="a finite score", got=value, hint="leave the run or the score out")
    taken = list(zip(runs.methods, runs.seeds, strict=True))
    if twice := next((each for each in taken if taken.count(each) > 1), None):
        raise DataError(f"{twice[0]}, seed {twice[1]}", expected="each seed of a method once", got="two runs of it")
    pairs = list(combinations(dict.fromkeys(runs.methods), 2))
    level = 1 - (1 - confidence) / max(len(pairs), 1)
    rng = np.random.default_rng(seed)
    found = []
    for column, (name, better) in enumerate(zip(runs.names, runs.better, strict=True)):
        for first, second in pairs:
            one, two = (_by_seed(runs, method, column) for method in (first, second))
            shared = [each for each in one if each in two]
            paired = len(shared) > 1 and 2 * len(shared) >= max(len(one), len(two))
            if paired:
                one, two = ({each: values[each] for each in shared} for values in (one, two))
            mean, low, high = _interval(np.array([*one.values()]), np.array([*two.values()]), paired, level, rng)
            found.append(Difference(name, first, second, mean, low, high, len(one), len(two), paired, better))
    return Comparison(tuple(found), confidence, len(pairs))


def _by_seed(runs: ScoredRuns, method: str, column: int) -> dict[int, float]:
    """A score of the runs of a method, by their seeds in ascending order."""
    values = zip(runs.seeds, runs.methods, runs.values[:, column].tolist(), strict=True)
    return dict(sorted((seed, value) for seed, each, value in values if each == method))


def _interval(
    first: Float[ndarray, "n"], second: Float[ndarray, "m"], paired: bool, level: float, rng: np.random.Generator
) -> tuple[float, float | None, float | None]:
    """The difference and the ends of its interval; none where a method has one seed, or nothing varies over seeds."""
    mean = float(first.mean() - second.mean())
    if min(len(first), len(second)) < 2:
        return mean, None, None
    varying = [first - second] if paired else [first, second]
    scale = max(np.abs(first).max(), np.abs(second).max())
    if not any(varies(each, scale=scale) for each in varying):
        return mean, None, None
    return (
        paired_interval(*varying, level=level, rng=rng) if paired else unpaired_interval(*varying, level=level, rng=rng)
    )
