"""The files of MNIST (LeCun et al. 1998): idx.gz, a header of sizes and the bytes."""

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from equilab.errors import DataError
from equilab.files import open_plain

_SOURCE = "https://ossci-datasets.s3.amazonaws.com/mnist/"  # the mirror that torchvision uses
_MOST = 2**26  # bytes of a file, unpacked; MNIST's largest has 47 MB
_PARTS = (("train", 60_000), ("t10k", 10_000))  # the beginning of the names, and how many digits are in each


def read_idx(path: Path) -> UInt8[ndarray, "..."]:
    """The array in an idx.gz file of bytes; DataError for a file that cannot be read or is something else.

    No more than 64 MiB are unpacked; a file that holds more is refused.
    """
    try:
        with open_plain(path) as file, gzip.GzipFile(fileobj=file) as unpacked:
            content = unpacked.read(_MOST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            str(path), expected="an idx.gz file of MNIST", got=f"one that cannot be read ({error})"
        ) from error
    if len(content) > _MOST:
        raise DataError(str(path), expected=f"an idx.gz file of at most {_MOST:,} bytes unpacked", got="more")
    num_axes = content[3] if content[:3] == b"\x00\x00\x08" and len(content) > 3 else 0  # 8: unsigned bytes
    start = 4 + 4 * num_axes
    shape = tuple(np.frombuffer(content[4:start], ">i4").tolist()) if len(content) >= start else ()
    if num_axes == 0 or len(shape) != num_axes or math.prod(shape) != len(content) - start:
        raise DataError(
            str(path), expected="an idx file of unsigned bytes", got=f"{len(content)} bytes of something else"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def mnist_folder(folder: str | None) -> Path:
    """The folder of MNIST's files: this one, or `mnist` in the folder named by EQUILAB_DATA; DataError for neither."""
    if folder is not None:
        return Path(folder).expanduser()
    if root := os.environ.get("EQUILAB_DATA"):
        return Path(root).expanduser() / "mnist"
    raise DataError(
        "folder",
        expected="the folder of MNIST, which is not part of this library",
        got="neither folder nor the environment variable EQUILAB_DATA",
        hint=f"get the four files {', '.join(_names())} (11 MiB, {_SOURCE}) into a folder called mnist, and set "
        "EQUILAB_DATA to the folder around it",
    )


def read_mnist(folder: str | None) -> tuple[UInt8[ndarray, "n 28 28"], UInt8[ndarray, "n"]]:
    """All 70,000 digits (n, 28, 28), those to train on first, and their labels 0 to 9.

    Raises DataError, with where they were looked for and where to get them, when files are missing or not MNIST's.
    """
    place = mnist_folder(folder)
    if missing := [name for name in _names() if not (place / name).is_file()]:
        raise DataError(
            "folder",
            expected=f"MNIST in {place}",
            got=f"a folder without {', '.join(missing)}",
            hint=f"get them from {_SOURCE}, or give their folder: folder, or the environment variable EQUILAB_DATA for "
            "the folder around mnist",
        )
    images, labels = [], []
    for part, num in _PARTS:
        images.append(read_idx(place / f"{part}-images-idx3-ubyte.gz"))
        labels.append(read_idx(place / f"{part}-labels-idx1-ubyte.gz"))
        if images[-1].shape != (num, 28, 28) or labels[-1].shape != (num,) or labels[-1].max() > 9:
            raise DataError(
                str(place),
                expected=f"{num} digits of 28 x 28 in {part}",
                got=f"images {images[-1].shape} and labels {labels[-1].shape} up to {labels[-1].max()}",
            )
    return np.concatenate(images), np.concatenate(labels)


def _names() -> list[str]:
    """The names of the four files."""
    return [f"{part}-{content}-ubyte.gz" for part, _ in _PARTS for content in ("images-idx3", "labels-idx1")]
