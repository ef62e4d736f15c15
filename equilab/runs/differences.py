"""The interval of a difference of means over few seeds: a bootstrap, widened by Student's t and by Bonferroni."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

_TAIL = 0.025  # of the resampled differences, on each side, which is then stretched to the tail asked for


class DifferenceInterval(NamedTuple):
    """mean(first) - mean(second), and both ends of its interval, in the unit of the scores."""

    mean: float
    low: float
    high: float


def paired_interval(
    differences: Float[ndarray, "n"], *, level: float, rng: np.random.Generator, resamples: int = 10_000
) -> DifferenceInterval:
    """The interval of the mean of differences of equal seeds.

    The distances of the mean to the 2.5 % and 97.5 % quantiles of the means of `resamples` bootstrap samples, both
    times c = t / 1.96 * sqrt(n / (n - 1)), where t is the (1 + level) / 2 quantile of Student's t with n - 1 degrees
    of freedom: 1.96 is that of the Gaussian, and a bootstrap sample has a variance that is too small by (n - 1) / n
    (Hesterberg 2015, on the narrowness of percentile intervals). With many seeds it is the percentile bootstrap. Of
    Gaussian scores a nominal 95 % interval holds the true difference in 93 % of cases for 2 and 3 seeds, 94 % for 5
    and 95 % for 10.

    differences: (n,), two or more. level: confidence, 0 to 1, corrected for the number of intervals.
    rng: draws the samples.

    >>> found = paired_interval(np.array([0.1, 0.2, 0.3]), level=0.95, rng=np.random.default_rng(0))
    >>> round(found.mean, 3), found.low < 0 < found.high
    (0.2, True)
    """
    n = len(differences)
    means = differences[rng.integers(n, size=(resamples, n))].mean(axis=1)
    return _stretched(differences.mean(), means, n - 1, np.sqrt(n / (n - 1)), level)


def unpaired_interval(
    first: Float[ndarray, "n"],
    second: Float[ndarray, "m"],
    *,
    level: float,
    rng: np.random.Generator,
    resamples: int = 10_000,
) -> DifferenceInterval:
    """The same for independent seeds, each sample resampled by itself; degrees of freedom of Welch 1947.

    first, second: (n,) and (m,), two or more each; their variances may differ.
    """
    sizes = np.array([len(first), len(second)])
    errors = np.array([first.var(ddof=1), second.var(ddof=1)]) / sizes  # squared standard errors of both means
    total = errors.sum()
    freedom = total**2 / (errors**2 / (sizes - 1)).sum() if total > 0 else np.inf
    biased = (errors * (sizes - 1) / sizes).sum()
    drawn = [each[rng.integers(len(each), size=(resamples, len(each)))].mean(axis=1) for each in (first, second)]
    scale = np.sqrt(total / biased) if total > 0 else 1.0
    return _stretched(first.mean() - second.mean(), drawn[0] - drawn[1], freedom, scale, level)


def _stretched(
    mean: float, resampled: Float[ndarray, "resamples"], freedom: float, scale: float, level: float
) -> DifferenceInterval:
    """The interval around the mean; scale: of the standard error to that of the resampled differences."""
    from scipy.special import ndtri, stdtrit

    low, high = np.quantile(resampled, [_TAIL, 1 - _TAIL])
    quantile = stdtrit(freedom, (1 + level) / 2) if np.isfinite(freedom) else ndtri((1 + level) / 2)
    stretch = scale * quantile / ndtri(1 - _TAIL)
    mean = float(mean)
    return DifferenceInterval(mean, mean - float(stretch * (mean - low)), mean + float(stretch * (high - mean)))
