"""Mutual information of a continuous and a discrete variable from nearest neighbours (Ross 2014, eq. 2)."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.errors import DataError, ShapeError, check_count
from equilab.metrics.arguments import check_generator, checked_labels, checked_numbers

_JITTER = 1e-10  # standard deviations; parts equal values, far below any distance that counts


def mutual_information_ross(
    values: Float[ndarray, "n m"], labels: Int[ndarray, "n"], *, neighbours: int, rng: np.random.Generator
) -> float:
    """The estimate psi(n) + <psi(k) - psi(n_label) - psi(c)> of I(values; labels), nats, 0 where it is negative.

    Each axis is scaled to variance 1; distance is the largest difference over axes. Of each point, with the distance
    to its k-th neighbour among those of its own label (k: `neighbours`, or all of them if fewer), c counts the points
    of any label that are closer, itself included. Points whose label no other has are left out. psi: digamma. For one
    axis it is scikit-learn's `mutual_info_classif` for a continuous feature.

    Equal values are parted by noise of 1e-10 standard deviations from `rng`, so that a variable with few values has
    the information of a discrete one. Scale and offset of an axis do not matter; other monotone maps change distances,
    and the estimate a little. Raises DataError where every label is unique.

    >>> labels = np.repeat([0, 1], 50)
    >>> values = labels[:, None] + 0.1 * np.random.default_rng(0).standard_normal((100, 1))
    >>> round(mutual_information_ross(values, labels, neighbours=10, rng=np.random.default_rng(0)), 2)
    0.7
    """
    from scipy.special import digamma

    values, labels = checked_numbers(values, "values", "(n, m)"), checked_labels(labels, "labels", "(n,)")
    if len(values) != len(labels):
        raise ShapeError("labels", expected=f"({len(values)},), one of each row of values", got=labels.shape)
    check_count("neighbours", neighbours)
    check_generator(rng)
    _, label, counts = np.unique(labels, return_inverse=True, return_counts=True)
    shared = counts[label] > 1
    if not shared.any():
        raise DataError(
            "labels",
            expected="a value that two observations share, to compare their codes",
            got=f"{len(labels)} different ones",
            hint="give more observations, or put values of a continuous factor in bins",
        )
    points = _scaled(values, rng)[shared]
    label = label[shared]
    if points.shape[1] == 0:
        return 0.0
    counts = np.bincount(label)
    num = np.minimum(neighbours, counts - 1)
    search, count = (_line_radii, _line_counts) if points.shape[1] == 1 else (_tree_radii, _tree_counts)
    radii = np.empty(len(points))
    for index in np.flatnonzero(counts):
        own = label == index
        radii[own] = np.nextafter(search(points[own], int(num[index])), 0)
    closer = count(points, radii)
    found = digamma(len(points)) + np.mean(digamma(num[label]) - digamma(counts[label]) - digamma(closer))
    return max(float(found), 0.0)


def _scaled(values: Float[ndarray, "n m"], rng: np.random.Generator) -> Float[ndarray, "n varying"]:
    """The axes that vary, centred, of variance 1, with noise that parts equal values."""
    values = values[:, (values != values[:1]).any(axis=0)].astype(np.float64)
    centred = values - values.mean(axis=0)
    centred /= np.abs(centred).max(axis=0)  # first by the range: the square of a tiny value is 0
    return centred / centred.std(axis=0) + _JITTER * rng.standard_normal(values.shape)


def _tree_radii(points: Float[ndarray, "n m"], k: int) -> Float[ndarray, "n"]:
    """The distance of each point to its k-th neighbour among the others."""
    from scipy.spatial import KDTree

    return KDTree(points).query(points, k=k + 1, p=np.inf)[0][:, -1]  # the nearest is the point itself


def _tree_counts(points: Float[ndarray, "n m"], radii: Float[ndarray, "n"]) -> Int[ndarray, "n"]:
    """The number of points no further from each than its radius, itself included."""
    from scipy.spatial import KDTree

    return KDTree(points).query_ball_point(points, radii, p=np.inf, return_length=True)


def _line_radii(points: Float[ndarray, "n 1"], k: int) -> Float[ndarray, "n"]:
    """As _tree_radii, of points on a line: the k nearest and the point itself are neighbours in order."""
    order = points[:, 0].argsort()
    ordered = points[order, 0]
    padded = np.concatenate([np.full(k, -np.inf), ordered, np.full(k, np.inf)])
    n = len(ordered)
    nearest = np.full(n, np.inf)
    for first in range(k + 1):  # windows of k + 1 points, `first` places to the right of the leftmost that fits
        below, above = ordered - padded[first : first + n], padded[first + k : first + k + n] - ordered
        np.minimum(nearest, np.maximum(below, above), out=nearest)
    found = np.empty(n)
    found[order] = nearest
    return found


def _line_counts(points: Float[ndarray, "n 1"], radii: Float[ndarray, "n"]) -> Int[ndarray, "n"]:
    """As _tree_counts, of points on a line."""
    values = points[:, 0]
    ordered = np.concatenate([[-np.inf], np.sort(values), [np.inf]])
    first = np.searchsorted(ordered, values - radii)
    last = np.searchsorted(ordered, values + radii, side="right") - 1
    # the ends are rounded, the distances are not: step over the one point that this lets in, or keeps out
    first += values - ordered[first] > radii
    first -= values - ordered[first - 1] <= radii
    last -= ordered[last] - values > radii
    last += ordered[last + 1] - values <= radii
    return last - first + 1
