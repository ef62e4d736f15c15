"""Spearman's rank correlation: do two scores order the same runs alike?"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def rank_correlations(scores: Float[ndarray, "runs scores"]) -> Float[ndarray, "scores scores"]:
    """Spearman's correlation of each pair of scores over runs, -1 to 1; ties share their mean rank.

    NaN, off the diagonal, for a score that is the same for all runs: it orders nothing.

    >>> rank_correlations(np.array([[1.0, 10.0, 3.0], [2.0, 100.0, 2.0], [3.0, 101.0, 1.0]])).round(6).tolist()
    [[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]]
    """
    centred = ranks(scores)
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
