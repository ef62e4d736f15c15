"""Intervals of scores: over the draws of a metric, and over trainings that differ in their seed."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import DataError, SettingError


class Interval(NamedTuple):
    """Two ends, in the unit of the values."""

    low: float
    high: float


def sampling_interval(values: Sequence[float] | Float[ndarray, "n"], *, confidence: float = 0.95) -> Interval:
    """Where one more value falls with this probability: mean +- t s sqrt(1 + 1/n), Student's t of n - 1 degrees.

    For evaluations of the same codes that differ in the metric's draws alone (Gaussian, independent). Not clipped to
    the range of a score. Raises DataError for less than two values or one that is not finite.

    >>> [round(end, 3) for end in sampling_interval([0.4, 0.41, 0.42])]
    [0.36, 0.46]
    """
    from scipy.stats import t

    values = _checked(values, confidence)
    reach = t.ppf(0.5 + confidence / 2, len(values) - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / len(values))
    return Interval(float(values.mean() - reach), float(values.mean() + reach))


def bootstrap_interval(
    values: Sequence[float] | Float[ndarray, "n"],
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = 10_000,
) -> Interval:
    """Where the mean over trainings lies: percentiles of the means of resamples, drawn with replacement (Efron 1979).

    Too narrow for few values: of 5 Gaussian ones, the interval for 95 % holds the mean in about 84 % of cases. Raises
    DataError for less than two values or one that is not finite, SettingError for a confidence outside (0, 1).

    >>> [round(end, 1) for end in bootstrap_interval([0.1, 0.2, 0.3, 0.4], rng=np.random.default_rng(0))]
    [0.2, 0.3]
    """
    values = _checked(values, confidence)
    if resamples < 1:
        raise SettingError(f"resamples: expected at least 1, got {resamples}")
    means = values[rng.integers(len(values), size=(resamples, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Interval(float(low), float(high))


def _checked(values: Sequence[float] | Float[ndarray, "n"], confidence: float) -> Float[ndarray, "n"]:
    found = np.asarray(values, np.float64)
    if found.ndim != 1 or len(found) < 2 or not np.isfinite(found).all():
        raise DataError(f"values: expected at least two finite numbers, to see how they spread, got {found}")
    if not 0 < confidence < 1:
        raise SettingError(f"confidence: expected a probability between 0 and 1, such as 0.95, got {confidence}")
    return found
