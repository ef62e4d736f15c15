"""Intervals around a score: over training seeds by the bootstrap, over repeated evaluations by Student's t."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import DataError, ShapeError, check_count
from equilab.metrics.arguments import check_generator, check_number
from equilab.metrics.validation import as_array, as_floats

_ROUND_OFF = 1e-12  # share of the largest value
_CHUNK = 2**20  # resampled values that are in memory at a time


class Interval(NamedTuple):
    """Both ends of an interval, in the unit of the values."""

    low: float
    high: float


def varies(values: Sequence[float] | Float[ndarray, "n"], *, scale: float = 0.0) -> bool:
    """Whether values (n,) differ by more than round-off, 1e-12 of the largest: else they have no interval.

    scale: of what the values were computed from, where it is larger, such as the scores of differences.

    >>> varies([0.3, 0.1 + 0.2]), varies([0.3, 0.30001])
    (False, True)
    """
    return bool(np.ptp(values) > _ROUND_OFF * max(np.abs(values).max(), scale))


def bootstrap_interval(
    values: Sequence[float] | Float[ndarray, "n"],
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = 10_000,
) -> Interval:
    """The percentile bootstrap interval of the mean of values (n,): scores of models that differ in their seed alone.

    The quantiles (1 -+ confidence) / 2 of the means of `resamples` samples of n values, drawn with replacement
    (Efron 1979). It never leaves the range of the values, and is too narrow for few: of Gaussian scores a nominal
    95 % interval holds the true mean in 73 % of cases for 3 seeds, 84 % for 5, 89 % for 10 and 93 % for 20.
    Raises DataError for fewer than two or non-finite values, SettingError for a confidence outside (0, 1).

    >>> low, high = bootstrap_interval(np.array([0.1, 0.2, 0.3]), rng=np.random.default_rng(0))
    >>> 0.1 <= low < 0.2 < high <= 0.3
    True
    """
    values = _checked(values, confidence)
    check_count("resamples", resamples)
    check_generator(rng)
    rows = max(1, _CHUNK // len(values))
    means = [
        values[rng.integers(len(values), size=(min(rows, resamples - start), len(values)))].mean(axis=1)
        for start in range(0, resamples, rows)
    ]
    low, high = np.quantile(np.concatenate(means), [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    return Interval(low, high)


def sampling_interval(values: Sequence[float] | Float[ndarray, "n"], *, confidence: float = 0.95) -> Interval:
    """The interval that holds one further evaluation, given those (n,) of one model that differ in the metric's seed.

    mean +- t sd sqrt(1 + 1/n): sd with ddof 1, t the (1 + confidence) / 2 quantile of Student's t with n - 1 degrees of
    freedom. Exact for Gaussian values, for any n. It says how far sampling alone moves a score, nothing of other seeds
    of the training. Raises DataError for fewer than two or non-finite values, SettingError for a confidence outside
    (0, 1).

    >>> low, high = sampling_interval(np.array([0.5, 0.6, 0.7]))
    >>> round(low, 3), round(high, 3)
    (0.103, 1.097)
    """
    from scipy.special import stdtrit

    values = _checked(values, confidence)
    n = len(values)
    reach = stdtrit(n - 1, (1 + confidence) / 2) * values.std(ddof=1) * np.sqrt(1 + 1 / n)
    return Interval(float(values.mean() - reach), float(values.mean() + reach))


def _checked(values: Sequence[float] | Float[ndarray, "n"], confidence: float) -> Float[ndarray, "n"]:
    values = as_floats(as_array(values, "values"), "values").astype(np.float64)
    if values.ndim != 1:
        raise ShapeError("values", expected="(n,)", got=values.shape)
    if len(values) < 2:
        raise DataError("values", expected="two or more, to see how they vary", got=len(values), hint="add seeds")
    if not np.isfinite(values).all():
        raise DataError("values", expected="finite numbers", got=values[~np.isfinite(values)][0])
    check_number("confidence", confidence, "a number between 0 and 1", lambda value: 0 < value < 1)
    return values
