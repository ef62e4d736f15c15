"""The .amat text of Larochelle et al. 2007: one image per line, 784 pixels from 0 to 1, then its class."""

import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from equilab.errors import DataError
from equilab.files import open_plain

_COLUMNS = 28 * 28 + 1
_LONGEST_LINE = 32 * _COLUMNS  # bytes: 32 for each number and the space behind it
_MOST_LINES = 62_000  # images of both files together


def read_amat(path: Path, num_images: int | None = None) -> tuple[UInt8[ndarray, "n 28 28"], UInt8[ndarray, "n"]]:
    """Images (n, 28, 28), 0 to 255, row by row as the file has them, and classes (n,) of its first `num_images` lines.

    Pixels are rounded to 8 bits. Raises DataError for a file that is missing, too short, or of another form; a line of
    more than 25,120 bytes, and more than 62,000 lines, are not read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # numpy's note about an empty file: it is refused below
            lines = _lines(path, _MOST_LINES if num_images is None else num_images)
            rows = np.loadtxt(lines, dtype=np.float32, ndmin=2)  # (n, 785)
    except FileNotFoundError as error:
        raise DataError(
            "amat",
            expected=f"a file with lines of {_COLUMNS} numbers",
            got=f"no file {path}",
            hint="put it there, or start a run without amat, which turns MNIST instead",
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(
            "amat",
            expected=f"a file with lines of {_COLUMNS} numbers",
            got=str(path),
            hint=f"it cannot be read: {error}",
        ) from error
    if rows.shape[1] != _COLUMNS or len(rows) == 0 or len(rows) < (num_images or 0):
        raise DataError(
            "amat", expected=f"{num_images or 'some'} lines of {_COLUMNS} numbers in {path}", got=rows.shape
        )
    pixels, classes = rows[:, :-1], rows[:, -1]
    if not (pixels.min() >= 0 and pixels.max() <= 1 and np.isin(classes, np.arange(10)).all()):
        raise DataError("amat", expected=f"pixels from 0 to 1 and classes 0 to 9 in {path}", got="others")
    return np.rint(255 * pixels).astype(np.uint8).reshape(-1, 28, 28), classes.astype(np.uint8)


def _lines(path: Path, most: int) -> Iterator[str]:
    """The first lines of a file that are not empty; ValueError for one that is too long."""
    with open_plain(path) as file:
        lines = iter(lambda: file.readline(_LONGEST_LINE + 1), b"")
        for line in islice((line for line in lines if line.strip()), most):
            if len(line) > _LONGEST_LINE:
                raise ValueError(f"a line is longer than {_LONGEST_LINE:,} bytes")
            yield line.decode("ascii")
