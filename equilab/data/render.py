"""dSprites as geometry: three outlines, filled on a pixel grid by integer arithmetic, at any factor values."""

from collections.abc import Iterator
from functools import cache
from numbers import Integral

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray

from equilab.errors import DataError, SettingError, ShapeError

_RADIUS = 9.6  # px, of the outlines at scale 1 on a 64 x 64 image
_UNIT = 256  # vertices are rounded to 1 / 256 px, so that filling is exact
_FARTHEST = 2**20  # px from the origin: beyond, the integer arithmetic could overflow
_AT_ONCE = 1024  # images filled together: about 10 MiB of work space at size 64


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

    shape: 1 square, 2 ellipse, 3 heart, as in dSprites; scale: > 0, 1 is the largest of dSprites; orientation: radians,
    counter-clockwise on screen; x, y: 0 to 1 is the range of dSprites, centre (16 + 32 x, 16 + 32 y) px at size 64, and
    values beyond move the sprite out of the picture. All lengths grow with size / 64. Arguments are numbers or arrays
    (n,), broadcast. No anti-aliasing: a pixel is on iff its centre lies in the polygon whose vertices are rounded to
    1 / 256 px. At the values of the grid these are the images of dSprites (Matthey et al. 2017), bit for bit.

    Raises ShapeError for arguments that do not broadcast to (n,), SettingError for a size below 1, DataError for a
    shape that does not exist, a scale that is not positive, and values that are not finite or absurdly large.

    >>> int(render(1, 1.0, 0.0, 0.5, 0.5).sum())  # a square of 19.2 px around (32, 32) holds 20 x 20 pixel centres
    400
    """
    if isinstance(size, bool) or not isinstance(size, Integral) or size < 1:
        raise SettingError("size", expected="at least 1 pixel, a whole number", got=size)
    shapes, scales, angles, xs, ys = _broadcast(shape, scale, orientation, x, y)
    _check(shapes, scales, angles, xs, ys, size=size)
    images = np.zeros((len(shapes), size, size), np.uint8)
    for kind in np.unique(shapes):
        of_kind = np.flatnonzero(shapes == kind)
        for start in range(0, len(of_kind), _AT_ONCE):
            chosen = of_kind[start : start + _AT_ONCE]
            uw = outline(int(kind))
            columns, rows = _vertices(uw, scales[chosen], angles[chosen], xs[chosen], ys[chosen], pixel=size / 64)
            images[chosen] = _fill(columns, rows, size)
    return images


@cache
def outline(shape: int) -> Float[ndarray, "2 vertices"]:
    """Vertices (u right, w down) of a shape at scale 1, pixels of a 64 x 64 image: 1 square, 2 ellipse, 3 heart.

    >>> outline(1).tolist()
    [[-9.6, 9.6, 9.6, -9.6], [-9.6, -9.6, 9.6, 9.6]]
    """
    if shape == 1:
        return _RADIUS * np.array([[-1.0, 1.0, 1.0, -1.0], [-1.0, -1.0, 1.0, 1.0]])
    if shape == 2:
        s = 2 * np.pi * np.arange(100) / 100
        return np.stack([1.33 * _RADIUS * np.cos(s), _RADIUS / 1.33 * np.sin(s)])
    s = 2 * np.pi * np.arange(150) / 150
    height = (13 * np.cos(s) - 5 * np.cos(2 * s) - 2 * np.cos(3 * s) - np.cos(4 * s)) / 14.5 + 0.15
    return np.stack([_RADIUS * np.sin(s) ** 3, -_RADIUS * height])


def _broadcast(*arguments: ndarray | float) -> Iterator[ndarray]:
    """The arguments as arrays (n,): the first as it is, the others as float64."""
    arrays = [np.atleast_1d(np.asarray(value)) for value in arguments]
    lengths = {len(array) for array in arrays} - {1}
    if len(lengths) > 1 or any(array.ndim != 1 for array in arrays):
        got = ", ".join(str(np.shape(value)) for value in arguments)
        raise ShapeError("shape, scale, orientation, x, y", expected="numbers or arrays (n,) of one n", got=got)
    first, *others = np.broadcast_arrays(*arrays)
    yield first
    yield from (other.astype(np.float64) for other in others)


def _check(shape: ndarray, scale: ndarray, orientation: ndarray, x: ndarray, y: ndarray, *, size: int) -> None:
    """Raises DataError for values that are no sprite."""
    if not np.isin(shape, (1, 2, 3)).all():
        raise DataError("shape", expected="1 (square), 2 (ellipse) or 3 (heart)", got=np.unique(shape).tolist())
    for name, values in (("scale", scale), ("orientation", orientation), ("x", x), ("y", y)):
        if not np.isfinite(values).all():
            raise DataError(name, expected="finite numbers", got="NaN or infinity")
    if not (scale > 0).all():
        raise DataError("scale", expected="positive numbers", got=scale.min())
    farthest = max(float(np.abs(values).max(initial=0)) for values in (scale, x, y))
    if farthest * size > _FARTHEST:
        raise DataError("scale, x, y", expected=f"at most {_FARTHEST / size:.0f} at size {size}", got=f"{farthest:.6g}")


def _vertices(
    uw: ndarray, scale: ndarray, orientation: ndarray, x: ndarray, y: ndarray, *, pixel: float
) -> tuple[Int[ndarray, "n vertices"], Int[ndarray, "n vertices"]]:
    """The outline turned counter-clockwise on screen, scaled and placed: columns and rows in 1 / 256 px."""
    u, w = uw
    stretch = scale[:, None] * pixel
    cos, sin = np.cos(orientation)[:, None], np.sin(orientation)[:, None]
    column = pixel * (16 + 32 * x[:, None]) + stretch * (cos * u + sin * w)
    row = pixel * (16 + 32 * y[:, None]) + stretch * (-sin * u + cos * w)
    return np.rint(_UNIT * column).astype(np.int64), np.rint(_UNIT * row).astype(np.int64)


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
