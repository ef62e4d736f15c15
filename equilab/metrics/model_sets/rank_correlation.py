"""Spearman's rank correlation: do two scores order the same runs alike?"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.metrics.arguments import checked_numbers

_ROUNDING = 1e-12  # of the largest value of a score; values that lie within it tie


def rank_correlations(scores: Float[ndarray, "runs scores"]) -> Float[ndarray, "scores scores"]:
    """Spearman's correlation of each pair of scores over runs, -1 to 1; ties share their mean rank.

    Values that differ by less than 1e-12 of the largest tie: the order of round-off means nothing.
    NaN, off the diagonal, for a score that is the same for all runs: it orders nothing. Raises ShapeError or DataError
    for something else than finite numbers.

    >>> rank_correlations(np.array([[1.0, 10.0, 3.0], [2.0, 100.0, 2.0], [3.0, 101.0, 1.0]])).round(6).tolist()
    [[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]]
    """
    scores = checked_numbers(scores, "scores", "(runs, scores)")
    centred = ranks(_without_rounding(scores))
    centred = centred - centred.mean(axis=0)
    length = np.sqrt(np.square(centred).sum(axis=0))
    unit = centred / np.where(length > 0, length, np.nan)
    found = np.clip(unit.T @ unit, -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return found


def ranks(values: Float[ndarray, "n d"]) -> Float[ndarray, "n d"]:
    """The rank, from 1, of each value in its column; ties share their mean rank.

    >>> ranks(np.array([[0.5], [0.1], [0.5]])).tolist()
    [[2.5], [1.0], [2.5]]
    """
    from scipy.stats import rankdata

    return rankdata(values, axis=0).astype(np.float64)


def _without_rounding(values: Float[ndarray, "n d"]) -> Float[ndarray, "n d"]:
    """The values with those that are equal but for rounding made equal, column by column, to the least of them."""
    order = values.argsort(axis=0)
    ordered = np.take_along_axis(values, order, axis=0)
    tolerance = _ROUNDING * np.abs(values).max(axis=0)
    starts = np.zeros(values.shape, np.int64)
    starts[1:] = np.arange(1, len(values))[:, None] * (np.diff(ordered, axis=0) > tolerance)
    found = np.empty_like(ordered)
    np.put_along_axis(found, order, np.take_along_axis(ordered, np.maximum.accumulate(starts, axis=0), axis=0), axis=0)
    return found
