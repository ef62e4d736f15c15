"""dSprites as geometry: three outlines, filled on a pixel grid by integer arithmetic, at any factor values."""

from functools import cache

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray

from equilab.errors import DataError

SHAPES = ("square", "ellipse", "heart")
_RADIUS = 9.6  # px, of the outlines at scale 1 on a 64 x 64 image
_UNIT = 256  # vertices are rounded to 1 / 256 px, so that filling is exact


@cache
def outline(shape: int) -> Float[ndarray, "2 vertices"]:
    """Vertices (u right, w down) of a shape at scale 1, pixels of a 64 x 64 image: 0 square, 1 ellipse, 2 heart.

    >>> outline(0).tolist()
    [[-9.6, 9.6, 9.6, -9.6], [-9.6, -9.6, 9.6, 9.6]]
    """
    if shape == 0:
        return _RADIUS * np.array([[-1.0, 1.0, 1.0, -1.0], [-1.0, -1.0, 1.0, 1.0]])
    if shape == 1:
        s = 2 * np.pi * np.arange(100) / 100
        return np.stack([1.33 * _RADIUS * np.cos(s), _RADIUS / 1.33 * np.sin(s)])
    s = 2 * np.pi * np.arange(150) / 150
    height = (13 * np.cos(s) - 5 * np.cos(2 * s) - 2 * np.cos(3 * s) - np.cos(4 * s)) / 14.5 + 0.15
    return np.stack([_RADIUS * np.sin(s) ** 3, -_RADIUS * height])


def _turned(shape: int, scale: ndarray, orientation: ndarray, size: int) -> tuple[ndarray, ndarray]:
    """The outline's vertices around its centre, x and y, (n, vertices), pixels: turned counter-clockwise on screen."""
    u, w = outline(shape)
    stretch = scale[:, None] * (size / 64)
    cos, sin = np.cos(orientation)[:, None], np.sin(orientation)[:, None]
    return stretch * (cos * u + sin * w), stretch * (-sin * u + cos * w)


def _fill(x: Int[ndarray, "n vertices"], y: Int[ndarray, "n vertices"], size: int) -> UInt8[ndarray, "n size size"]:
    """Polygons with vertices in 1 / 256 px, filled: 1 where a pixel's centre lies inside.

    A pixel row meets an edge iff lo < centre <= hi, so a row of centres on a top edge is out and on a bottom edge in;
    each crossing toggles all pixels from the first centre at or right of it on, so a left edge is in, a right edge out.
    """
    x_next, y_next = np.roll(x, -1, 1), np.roll(y, -1, 1)
    swap = y > y_next
    x_top, x_bottom = np.where(swap, x_next, x), np.where(swap, x, x_next)
    top, bottom = np.where(swap, y_next, y), np.where(swap, y, y_next)
    half = _UNIT // 2
    first = np.clip((top - half) // _UNIT + 1, 0, size)
    count = np.maximum(np.clip((bottom - half) // _UNIT + 1, 0, size) - first, 0)  # (n, vertices) rows met
    image, edge = np.nonzero(count)
    repeats = count[image, edge]
    start = np.repeat(np.cumsum(repeats) - repeats, repeats)
    image, edge = np.repeat(image, repeats), np.repeat(edge, repeats)  # one entry per crossing
    row = first[image, edge] + np.arange(len(image)) - start
    x0, x1, y0, y1 = (table[image, edge] for table in (x_top, x_bottom, top, bottom))
    height = y1 - y0
    crossing = x0 * height + (_UNIT * row + half - y0) * (x1 - x0)  # times height
    column = -((half * height - crossing) // (_UNIT * height))
    toggles = np.zeros((len(x), size, size + 1), np.uint8)
    np.bitwise_xor.at(toggles.reshape(-1), (image * size + row) * (size + 1) + np.clip(column, 0, size), 1)
    return np.bitwise_xor.accumulate(toggles[:, :, :size], axis=2)


def render(
    shape: ndarray | int,
    scale: ndarray | float,
    orientation: ndarray | float,
    x: ndarray | float,
    y: ndarray | float,
    *,
    size: int = 64,
) -> UInt8[ndarray, "n size size"]:
    """Sprites at free factor values: uint8 images (n, size, size), 1 inside, 0 outside, rows downwards.

    shape: 0 square, 1 ellipse, 2 heart; scale: > 0, 1 is the largest of dSprites; orientation: radians,
    counter-clockwise on screen; x, y: 0 to 1 is the range of dSprites, centre (16 + 32 x, 16 + 32 y) px at size 64.
    Arguments are numbers or arrays (n,), broadcast. No anti-aliasing: a pixel is on iff its centre lies in the
    polygon whose vertices are rounded to 1 / 256 px. At the values of the grid these are the images of dSprites.

    Raises DataError for a shape that does not exist, a scale that is not positive, or values that are not finite.

    >>> int(render(0, 1.0, 0.0, 0.5, 0.5).sum())  # a square of 19.2 px around (32, 32) holds 20 x 20 pixel centres
    400
    """
    values = np.broadcast_arrays(*(np.atleast_1d(np.asarray(value)) for value in (shape, scale, orientation, x, y)))
    shapes, (scales, angles, xs, ys) = values[0], (value.astype(np.float64) for value in values[1:])
    if not np.isin(shapes, (0, 1, 2)).all():
        raise DataError(f"shape: expected 0 (square), 1 (ellipse) or 2 (heart), got {np.unique(shapes).tolist()}")
    if not all(np.isfinite(value).all() for value in (scales, angles, xs, ys)):
        raise DataError("scale, orientation, x, y: expected finite numbers, got NaN or infinity")
    if not (scales > 0).all():
        raise DataError(f"scale: expected positive numbers, got {scales.min()}")
    images = np.zeros((len(shapes), size, size), np.uint8)
    pixel = size / 64
    for kind in np.unique(shapes):
        chosen = np.flatnonzero(shapes == kind)
        dx, dy = _turned(int(kind), scales[chosen], angles[chosen], size)
        vertices_x = np.rint(_UNIT * (pixel * (16 + 32 * xs[chosen, None]) + dx)).astype(np.int64)
        vertices_y = np.rint(_UNIT * (pixel * (16 + 32 * ys[chosen, None]) + dy)).astype(np.int64)
        images[chosen] = _fill(vertices_x, vertices_y, size)
    return images
