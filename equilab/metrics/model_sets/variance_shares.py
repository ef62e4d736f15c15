"""How much of a score's variance over runs is the method's, its hyperparameters', and chance (nested ANOVA)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import DataError, ShapeError
from equilab.metrics.arguments import checked_sequence
from equilab.metrics.validation import as_array, as_floats

_ROUNDING = 1e-12  # of the largest score; scores that lie within it are one


class VarianceShares(NamedTuple):
    """Shares of the sum of squares over runs; they add up to 1. NaN for a score that is the same for all runs."""

    method: float  # of method means around the mean: the R^2 of the method (Locatello et al. 2019, section 5.4)
    hyperparameter: float  # of setting means around their method's; with `method` the R^2 of method x hyperparameter
    seed: float  # of runs around their setting's mean


def variance_shares(
    scores: Float[ndarray, "runs"], *, methods: Sequence[str], settings: Sequence[str]
) -> VarianceShares:
    """The shares of method, hyperparameter within it, and seed in the sum of squares of scores over runs.

    methods, settings: a label for each run; settings of one name in two methods are two. A setting with one run leaves
    nothing to the seed: read the shares beside `shares_by_chance`. Scores within 1e-12 of the largest are the same, as
    round-off has no cause to share. Raises ShapeError for labels that do not match,
    DataError for fewer than two runs or scores that are not finite.

    >>> scores = np.array([0.0, 0.0, 2.0, 4.0])
    >>> shares = variance_shares(scores, methods=["a", "a", "b", "b"], settings=["", "", "1", "2"])
    >>> [round(share, 3) for share in shares]
    [0.818, 0.182, 0.0]
    """
    scores = as_floats(as_array(scores, "scores"), "scores").astype(np.float64)
    _check(scores, methods, settings)
    by_method = _means(scores, list(methods))
    by_setting = _means(scores, list(zip(methods, settings, strict=True)))
    total = np.square(scores - scores.mean()).sum()
    if np.ptp(scores) <= _ROUNDING * np.abs(scores).max() or not total > 0:
        return VarianceShares(np.nan, np.nan, np.nan)
    parts = (by_method - scores.mean(), by_setting - by_method, scores - by_setting)
    return VarianceShares(*(float(np.square(part).sum() / total) for part in parts))


def shares_by_chance(*, methods: Sequence[str], settings: Sequence[str]) -> VarianceShares:
    """What the shares are on average where nothing but the seed matters: (M - 1, S - M, n - S) / (n - 1).

    M methods, S settings, n runs. Raises ShapeError and DataError as `variance_shares` does.

    >>> [round(share, 3) for share in shares_by_chance(methods=["a", "a", "b", "b"], settings=["", "", "1", "2"])]
    [0.333, 0.333, 0.333]
    """
    n = len(methods)
    _check(np.zeros(n), methods, settings)
    num_methods, num_settings = len(set(methods)), len(set(zip(methods, settings, strict=True)))
    parts = (num_methods - 1, num_settings - num_methods, n - num_settings)
    return VarianceShares(*(part / (n - 1) for part in parts))


def _means(scores: Float[ndarray, "runs"], labels: list[object]) -> Float[ndarray, "runs"]:
    """The mean of the runs that share a run's label, for each run."""
    position = {label: index for index, label in enumerate(dict.fromkeys(labels))}
    index = np.array([position[label] for label in labels])
    return (np.bincount(index, scores) / np.bincount(index))[index]


def _check(scores: Float[ndarray, "runs"], methods: Sequence[str], settings: Sequence[str]) -> None:
    for name, labels in (("methods", methods), ("settings", settings)):
        checked_sequence(labels, name, "a list with a label for each run")
    if scores.ndim != 1 or not len(scores) == len(methods) == len(settings):
        raise ShapeError(
            "methods, settings",
            expected=f"a label for each of {scores.size} runs",
            got=f"{len(methods)}, {len(settings)}",
        )
    if len(scores) < 2:
        raise DataError("scores", expected="two or more runs", got=len(scores))
    if not np.isfinite(scores).all():
        raise DataError("scores", expected="finite numbers", got=scores[~np.isfinite(scores)][0])
