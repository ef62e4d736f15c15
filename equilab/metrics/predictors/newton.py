"""Many small convex problems at once, by Newton's method with backtracking (Nocedal & Wright 2006, algorithm 3.2)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

_TOLERANCE = 1e-12  # of the squared Newton decrement, relative to 1 + |value|
_MAX_STEPS = 200
_MAX_HALVINGS = 40


class Expansion(NamedTuple):
    """Value, gradient and Hessian of each problem's function at its own point."""

    value: Float[ndarray, "problems"]
    gradient: Float[ndarray, "problems p"]
    hessian: Float[ndarray, "problems p p"]


def minimise(
    expand: Callable[[Float[ndarray, "problems p"]], Expansion], start: Float[ndarray, "problems p"]
) -> Float[ndarray, "problems p"]:
    """The minimum of each of several strictly convex functions, each from its own start.

    expand: points (problems, p) to the functions' values, gradients and Hessians there. A step is halved until the
    function falls by 1e-4 of what its slope promises. Ends after the step from the last point at which all squared
    Newton decrements are below 1e-12 (1 + |value|): for piecewise quadratic functions that step is exact.

    >>> def parabolas(x):
    ...     return Expansion(((x - 3) ** 2).sum(axis=1), 2 * (x - 3), np.full((len(x), 1, 1), 2.0))
    >>> minimise(parabolas, np.zeros((2, 1))).tolist()
    [[3.0], [3.0]]
    """
    points, here = start, expand(start)
    for _ in range(_MAX_STEPS):
        direction = -np.linalg.solve(here.hessian, here.gradient[..., None])[..., 0]
        slope = (here.gradient * direction).sum(axis=1)
        size = 1 + np.abs(here.value)
        step = np.ones(len(points))
        there = expand(points + direction)
        for _ in range(_MAX_HALVINGS):
            too_far = there.value > here.value + 1e-4 * step * slope + 1e-13 * size  # the last: rounding of the value
            if not too_far.any():
                break
            step[too_far] /= 2
            there = expand(points + step[:, None] * direction)
        points, here = points + step[:, None] * direction, there
        if (-slope <= _TOLERANCE * size).all():
            break
    return points
