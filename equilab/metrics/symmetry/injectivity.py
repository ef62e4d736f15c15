"""Whether different points of a grid of factors have different codes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

_CLOSE = 0.25  # of a typical step: neighbours nearer than this are one code
_ROUND_OFF = 1e-6  # of the deviation of the codes: the least distance that counts
_NUM_POINTS = 10_000  # points whose neighbours are looked for


class Injectivity(NamedTuple):
    """Share of grid points that share their code with no other, and how those that do differ."""

    injectivity: float  # 1: every point has a code of its own
    collisions: Float[ndarray, "m"]  # share of points whose nearest neighbour is such a twin and differs in factor i


def injectivity(
    grid: Float[ndarray, "..."], axes: Sequence[int], rng: np.random.Generator, *, num_points: int = _NUM_POINTS
) -> Injectivity:
    """1 - the share of points whose nearest neighbour among the codes of all other points is a collision.

    A collision: nearer than a quarter of a step, the median distance of a code to that of the next value of a cyclic
    factor, of the factor where that is least; and never nearer than 1e-6 of the codes' deviation. `num_points` points
    drawn from rng are looked at, or all. A constant code, and one of a single point, collide everywhere and nowhere.

    >>> a = 2 * np.pi * np.arange(8) / 8
    >>> double = np.stack([np.cos(2 * a), np.sin(2 * a)], -1)
    >>> injectivity(double, [0], np.random.default_rng(0)).injectivity
    0.0
    """
    from scipy.spatial import KDTree

    sizes = grid.shape[:-1]
    flat = grid.reshape(-1, grid.shape[-1])
    deviation = float(np.sqrt(flat.var(axis=0).sum()))
    if deviation == 0 or len(flat) < 2:  # spares the tree a heap of equal points
        alike = float(len(flat) > 1)
        return Injectivity(1 - alike, alike * (np.array(sizes) > 1))
    steps = [np.median(np.linalg.norm(np.roll(grid, -1, axis) - grid, axis=-1)) for axis in axes]
    limit = max(_CLOSE * min(steps, default=0.0), _ROUND_OFF * deviation)
    points = np.arange(len(flat)) if len(flat) <= num_points else rng.choice(len(flat), num_points, replace=False)
    tree = KDTree(flat, balanced_tree=False)
    _, neighbours = tree.query(flat[points], k=2, distance_upper_bound=limit)
    found = np.asarray(neighbours)  # (points, 2); n where there is none
    nearest = np.where(found[:, 0] == points, found[:, 1], found[:, 0])
    twins = nearest < len(flat)
    places = np.array(np.unravel_index(points[twins], sizes)) != np.array(np.unravel_index(nearest[twins], sizes))
    return Injectivity(float(1 - twins.mean()), places.sum(axis=1) / len(points))
