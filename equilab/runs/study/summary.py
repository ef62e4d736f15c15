"""Means of scores over repeated runs, with n, an interval, and the name of what is missing."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, NamedTuple

from equilab.metrics.intervals import Interval, varies
from equilab.runs.evaluations import Columns


class Value(NamedTuple):
    """A score that a run has or should have: its value, floors and ceiling; None with the reason where it has none."""

    settings: Mapping[str, Any]
    score: str
    value: float | None
    references: tuple[float | None, ...]
    missing: str


def mean_interval(values: Sequence[float], *, confidence: float = 0.95) -> Interval | None:
    """The interval of the mean of Gaussian values, exact for any number of them; None for one, and for equal ones.

    mean -+ t sd / sqrt(n): sd with ddof 1, t the (1 + confidence) / 2 quantile of Student's t with n - 1 degrees of
    freedom (Student 1908). values: of independent runs. confidence: probability that it holds the mean.

    >>> low, high = mean_interval([0.5, 0.6, 0.7])
    >>> round(low, 3), round(high, 3)
    (0.352, 0.848)
    """
    from scipy.special import stdtrit

    n = len(values)
    if n < 2 or not varies(values):
        return None
    reach = float(stdtrit(n - 1, (1 + confidence) / 2)) * stdev(values) / math.sqrt(n)
    return Interval(fmean(values) - reach, fmean(values) + reach)


def summarised(
    values: Sequence[Value], *, repeated: Sequence[str], references: Sequence[str]
) -> tuple[Columns, tuple[str, ...]]:
    """A row per score and combination of settings but the repeated ones, and what is missing, in words.

    values: of every planned run. repeated: settings over which means are taken. references: names of the floors and
    the ceiling. A value that is not finite is missing: no mean holds it.
    """
    cells = dict[tuple[Any, ...], list[Value]]()
    names = [name for name in values[0].settings if name not in repeated]
    for value in values:
        cells.setdefault((*(str(value.settings[name]) for name in names), value.score), []).append(value)
    header = [*names, "score", "n", "planned", "mean", "low_t95", "high_t95", "sd", *references, "missing"]
    rows, missing = [], list[str]()
    for cell in cells.values():
        numbers = [each.value for each in cell if each.value is not None and math.isfinite(each.value)]
        absent = [_absence(each, repeated) for each in cell if each.value is None or not math.isfinite(each.value)]
        interval = mean_interval(numbers) or (None, None)
        shared = [cell[0].settings[name] for name in names]
        rows.append(
            [
                *shared,
                cell[0].score,
                len(numbers),
                len(cell),
                fmean(numbers) if numbers else None,
                *interval,
                stdev(numbers) if len(numbers) > 1 else None,
                *_mean_references(cell, len(references)),
                "; ".join(absent),
            ]
        )
        place = ", ".join(f"{name}={value}" for name, value in zip(names, shared, strict=True) if value is not None)
        missing += [f"{cell[0].score} of {', '.join(filter(None, (place, each)))}" for each in absent]
    return Columns(header, rows), tuple(missing)


def _absence(value: Value, repeated: Sequence[str]) -> str:
    """Which repetition is missing, and why."""
    which = ", ".join(f"{name}={value.settings[name]}" for name in repeated)
    return f"{which}: {value.missing if value.value is None else 'not finite'}"


def _mean_references(cell: Sequence[Value], num: int) -> list[float | None]:
    """The mean of each floor and of the ceiling over the runs that have it."""
    found: list[float | None] = []
    for index in range(num):
        numbers = [each.references[index] for each in cell if each.references]
        finite = [number for number in numbers if number is not None and math.isfinite(number)]
        found.append(fmean(finite) if finite else None)
    return found
