"""What a block of a code says, as numbers that a metric or a predictor can use: of a circle, the angle alone."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.latents.blocks import Block

_NO_ANGLE = 1e-6  # radius, in units of the code, up to which a point has no angle
_ONE_POINT = 1e-6  # radians; directions that lie within it are the rounding of one


def block_values(codes: Float[ndarray, "n d"], block: Block) -> Float[ndarray, "n m"]:
    """The axes of a block, float64, row after row in memory; of a circle the cosine and sine of its angle.

    A point of a circle within 1e-6 of the origin, in units of the code, has no angle and is put at angle 0, so that a
    collapsed circle is constant, whatever noise or signs of zeros are left of it. Points whose angles are all within
    1e-6 radians of the first are that one point: the rounding of a constant is not a signal.

    >>> block_values(np.array([[3.0, 4.0, 7.0], [0.0, -2.0, 7.0], [0.0, 1e-7, 7.0]]), Block((0, 1), "circle")).tolist()
    [[0.6, 0.8], [0.0, -1.0], [1.0, 0.0]]
    """
    values = codes[:, list(block.axes)].astype(np.float64, order="C")
    return _on_unit_circle(values) if block.manifold == "circle" else values


def circle_codes(codes: Float[ndarray, "n d"], blocks: tuple[Block, ...]) -> Float[ndarray, "n d"]:
    """The codes with the axes of each circle replaced by their `block_values`; the same array if there are no circles.

    What reads axes one by one, and not block by block, reads these: of a circle it sees the angle alone.

    >>> circle_codes(np.array([[3.0, 7.0, 4.0]]), (Block((1,)), Block((0, 2), "circle"))).tolist()
    [[0.6, 7.0, 0.8]]
    """
    circles = [block for block in blocks if block.manifold == "circle"]
    if not circles:
        return codes
    found = codes.copy()
    for block in circles:
        found[:, list(block.axes)] = block_values(codes, block)
    return found


def _on_unit_circle(points: Float[ndarray, "n 2"]) -> Float[ndarray, "n 2"]:
    """The points over their distance from the origin."""
    radius = np.hypot(points[:, :1], points[:, 1:])
    unit = np.where(radius > _NO_ANGLE, points / np.maximum(radius, _NO_ANGLE), [1.0, 0.0]) + 0.0  # no negative zeros
    return np.repeat(unit[:1], len(unit), axis=0) if (np.abs(unit - unit[:1]) <= _ONE_POINT).all() else unit
