"""The original file of dSprites, dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz, packed while it is read."""

import warnings
import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from equilab.archives import UNREADABLE
from equilab.errors import DataError
from equilab.files import open_plain

_EXPECTED = "the original dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
_AT_ONCE = 4096  # images unpacked together: 16 MiB, where the whole array would need 2.8 GiB


def read_packed(path: Path, num_images: int) -> UInt8[ndarray, "n 512"]:
    """The images of the file, `numpy.packbits` of each (num_images, 512); nothing else of it is read.

    Raises DataError for a file that is missing or broken, or whose `imgs` is not uint8 (num_images, 64, 64).
    """
    try:
        with open_plain(path) as file, zipfile.ZipFile(file) as archive, archive.open("imgs.npy") as member:
            version = np.lib.format.read_magic(member)
            if version != (1, 0):
                raise ValueError(f"imgs is an array of format {version}")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # numpy's note about a header that Python 2 wrote
                shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(member)
            if shape != (num_images, 64, 64) or dtype != np.uint8 or fortran_order:
                raise DataError(
                    "npz",
                    expected=f"{_EXPECTED} with imgs uint8 ({num_images}, 64, 64)",
                    got=f"{dtype} {shape} in {path}",
                )
            packed = np.empty((num_images, 512), np.uint8)
            for start in range(0, num_images, _AT_ONCE):
                part = packed[start : start + _AT_ONCE]
                images = np.frombuffer(member.read(len(part) * 4096), np.uint8).reshape(len(part), 4096)
                part[:] = np.packbits(images != 0, axis=1)
            if member.read(1):  # the end of the member, where its checksum is compared
                raise ValueError("imgs goes on after the last image")
    except FileNotFoundError as error:
        raise DataError(
            "npz", expected=_EXPECTED, got=f"no file {path}", hint="leave npz out to render the images"
        ) from error
    except DataError:
        raise
    except UNREADABLE as error:
        raise DataError("npz", expected=_EXPECTED, got=str(path), hint=f"it cannot be read: {error}") from error
    return packed
