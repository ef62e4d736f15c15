"""Pictures turned by any angle and zoomed, in one bilinear interpolation."""

import math

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch.nn import functional

from equilab.errors import DataError, SettingError, ShapeError, check_count

_AT_ONCE = 1024  # images turned together: their coordinates take 13 MiB at 28 x 28 pixels


def rotate(
    images: UInt8[ndarray, "n h h"], angles: Float[ndarray, "n"], *, size: int | None = None, zoom: float = 1.0
) -> UInt8[ndarray, "n size size"]:
    """Images (n, h, h), each turned by its own angle about its centre; what comes in from outside is 0.

    angles: (n,), radians, counter-clockwise on screen. size: height and width of the result, pixels; None: as it was.
    zoom: pixels of the result per pixel of the image. A pixel is the bilinear mean of the four around the place it came
    from, in float64, rounded: quarter turns are exact (`numpy.rot90`). On one machine the bytes did not depend on the
    kernels that torch chose, nor on the threads (docs/data.md); another one may round a near tie in the other way.
    Raises ShapeError for images that are not square, or another number of angles; DataError for images that are not
    uint8 and angles that are not finite; SettingError for a size or zoom of nothing.

    >>> rotate(np.array([[[0, 9], [0, 0]]], np.uint8), np.array([np.pi / 2])).tolist()
    [[[9, 0], [0, 0]]]
    """
    if images.ndim != 3 or images.shape[1] != images.shape[2] or angles.shape != images.shape[:1]:
        raise ShapeError("images, angles", expected="(n, h, h) and (n,)", got=f"{images.shape} and {angles.shape}")
    if images.dtype != np.uint8:
        raise DataError("images", expected="uint8", got=images.dtype)
    if size is not None:
        check_count("size", size)
    if not np.isfinite(angles).all():
        raise DataError("angles", expected="finite numbers", got="NaN or infinity")
    if not 0 < zoom < math.inf:
        raise SettingError("zoom", expected="a number > 0", got=zoom)
    size = size or images.shape[1]
    stretch = size / (zoom * images.shape[1])  # halves of the result to halves of the image, torch's unit of length
    cosine, sine, zero = stretch * np.cos(angles), stretch * np.sin(angles), np.zeros(len(angles))
    back = np.stack([cosine, -sine, zero, sine, cosine, zero], axis=1).reshape(-1, 2, 3)  # (n, 2, 3), g^-1
    turned = np.empty((len(images), size, size), np.uint8)
    for start in range(0, len(images), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        pixels = torch.from_numpy(images[part, None]).double()
        grid = functional.affine_grid(torch.from_numpy(back[part]), [len(pixels), 1, size, size], align_corners=False)
        turned[part] = functional.grid_sample(pixels, grid, align_corners=False)[:, 0].round().byte().numpy()
    return turned
