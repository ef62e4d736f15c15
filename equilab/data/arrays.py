"""Images and factors of your own: arrays in memory, and the .npz file in which a training keeps them."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int, UInt8
from numpy import ndarray

from equilab.archives import UNREADABLE, read_npz
from equilab.data.dataset import Dataset
from equilab.data.factors import Factor, Factors
from equilab.data.table import ImageTable
from equilab.errors import DataError, SettingError, ShapeError
from equilab.files import open_plain

IMAGES = "images"
_DIGEST = 16  # hexadecimal digits of a file's sha256
_MOST_BYTES = 2**35  # of the arrays of a file


class Arrays(Dataset):
    """Images in memory, and for each factor its value in every image; `save` keeps both in a file for a training.

    images: uint8 (n, C, H, W), (n, H, W, C) or (n, H, W), 0 to 255; booleans; or floats in [0, 1], rounded to 1 / 255.
    An array whose axes fit both orders, such as (n, 3, 64, 3), is refused.
    factors: for each name integers, booleans or strings (n,); each distinct value is a value of the factor, in order.
    default none: trainings and pictures work without, supervised scores do not.

    Raises ShapeError for other shapes, DataError for images out of range, and for a factor of floats, which has no
    distinct values to compare, or with missing values.

    >>> images = np.zeros((4, 64, 64), np.uint8)
    >>> data = Arrays(images, {"hue": ["red", "blue", "red", "blue"], "x": [0, 0, 1, 1]})
    >>> data.image_shape, data.factors.names, data.labels(np.arange(2)).tolist()
    ((1, 64, 64), ('hue', 'x'), [[1, 0], [0, 0]])
    """

    def __init__(self, images: ndarray, factors: Mapping[str, Any] | None = None):
        self._images = _channels_first(images)
        if not isinstance(factors, Mapping | None):
            raise SettingError(
                "factors", expected="a dict of names and values", got=type(factors).__name__, hint='{"x": values}'
            )
        given = (factors or {}).items()
        self._columns = {name: _column(name, values, len(self._images)) for name, values in given}

    @cached_property
    def _distinct(self) -> dict[str, tuple[ndarray, ndarray]]:
        return {name: np.unique(column, return_inverse=True) for name, column in self._columns.items()}

    @property
    def factors(self) -> Factors:
        return Factors(tuple(Factor(name, _values(distinct)) for name, (distinct, _) in self._distinct.items()))

    @property
    def image_shape(self) -> tuple[int, int, int]:
        _, channels, height, width = self._images.shape
        return channels, height, width

    def open_table(self) -> ImageTable:
        return ImageTable(torch.from_numpy(self._images.reshape(len(self._images), -1)), self.image_shape, "uint8")

    def open_labels(self) -> Int[ndarray, "n k"]:
        columns = [index.reshape(-1) for _, index in self._distinct.values()]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self._images), 0), np.int64)

    def save(self, path: Path | str) -> "ArrayFile":
        """The data set of the .npz file that now holds the images and the factors.

        path: of the file; one that exists is left alone when it holds the same. Raises DataError when it holds
        something else.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with open(temporary, "xb") as file:
                np.savez_compressed(file, **{IMAGES: self._images}, **self._columns)
            written = file_digest(temporary)
            if not path.exists():
                os.replace(temporary, path)
            elif file_digest(path) != written:
                raise DataError(str(path), expected="the same arrays", got="others", hint="choose another folder")
        finally:
            temporary.unlink(missing_ok=True)
        return ArrayFile(os.path.abspath(path), digest=written)  # found again from any folder


@dataclass(frozen=True)
class ArrayFile(Dataset):
    """Images and factors of an .npz file: its array `images`, and every other array a factor; see `Arrays`.

    The digest, not the place of the file, is a setting that decides a result. Raises DataError for a file that is
    missing, is no .npz file, or has changed since its digest was taken.
    """

    path: str = field(compare=False)  # of the file
    digest: str = ""  # first 16 digits of the file's sha256; empty: taken from the file as it is

    def __post_init__(self) -> None:
        if not self.digest:
            object.__setattr__(self, "digest", file_digest(Path(self.path)))

    @cached_property
    def _arrays(self) -> Arrays:
        found = file_digest(Path(self.path))
        if found != self.digest:
            raise DataError(self.path, expected=f"the file of digest {self.digest}", got=f"one of digest {found}")
        try:
            content = read_npz(Path(self.path), most=_MOST_BYTES)
        except DataError:
            raise
        except UNREADABLE as error:
            raise DataError(self.path, expected="an .npz file of arrays", got=str(error).splitlines()[0]) from error
        if IMAGES not in content:
            raise DataError(self.path, expected=f"an array {IMAGES}", got=", ".join(content) or "no array")
        images = content.pop(IMAGES)
        try:
            return Arrays(images, content)
        except (DataError, ShapeError) as error:
            raise error.within(self.path) from error

    @property
    def factors(self) -> Factors:
        return self._arrays.factors

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return self._arrays.image_shape

    def open_table(self) -> ImageTable:
        return self._arrays.open_table()

    def open_labels(self) -> Int[ndarray, "n k"]:
        return self._arrays.open_labels()


def file_digest(path: Path) -> str:
    """The first 16 hexadecimal digits of a file's sha256; DataError for a file that cannot be read."""
    found = sha256()
    try:
        if not path.is_file():
            raise DataError(
                str(path),
                expected="a file",
                got="nothing of that name" if not path.exists() else "none",
                hint="a run whose data moved: correct `path` in its run.json; the digest decides, not the place",
            )
        with open_plain(path) as file:
            while block := file.read(2**22):
                found.update(block)
    except OSError as error:
        raise DataError(str(path), expected="a file that can be read", got=error.strerror) from error
    return found.hexdigest()[:_DIGEST]


def _channels_first(images: Any) -> UInt8[ndarray, "n c h w"]:
    """Images as uint8 (n, C, H, W)."""
    given = images.detach().cpu().numpy() if isinstance(images, torch.Tensor) else images
    if isinstance(given, np.ma.MaskedArray):
        raise DataError(IMAGES, expected="an array without a mask", got="a masked array")
    array = np.asarray(given)
    if array.ndim == 3:
        array = array[:, None]
    if array.ndim != 4 or 0 in array.shape:
        raise ShapeError(IMAGES, expected="(n, C, H, W), (n, H, W, C) or (n, H, W)", got=np.shape(given))
    first, last = array.shape[1] <= 4, array.shape[3] <= 4
    if first == last:
        raise ShapeError(IMAGES, expected="1 to 4 channels, first or last", got=np.shape(given))
    array = array if first else np.moveaxis(array, 3, 1)
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == bool:
        return np.ascontiguousarray(array.astype(np.uint8) * 255)
    low, high = (float(array.min()), float(array.max())) if array.dtype.kind in "fiub" else (np.nan, np.nan)
    if array.dtype.kind != "f" or not (low >= 0 and high <= 1):
        raise DataError(
            IMAGES,
            expected="uint8, or floats in [0, 1]",
            got=f"{array.dtype} from {low:g} to {high:g}",
            hint="divide by the largest value, or convert to uint8",
        )
    return np.ascontiguousarray(np.rint(array * 255).astype(np.uint8))


def _column(name: str, values: Any, num: int) -> ndarray:
    """The values of a factor (n,), one per image."""
    letters = name.replace("_", "").replace("-", "") if isinstance(name, str) else ""
    if name in (IMAGES, "file") or not letters.isalnum():
        expected = f"names of letters, digits, - and _, not {IMAGES} and not file"
        raise SettingError("factors", expected=expected, got=repr(name))
    if isinstance(values, np.ma.MaskedArray):
        raise DataError(name, expected="values without a mask", got="a masked array")
    column = np.asarray(values)
    if column.shape != (num,):
        raise ShapeError(name, expected=f"({num},), a value for each image", got=column.shape)
    if column.dtype.kind not in "iubU":
        raise DataError(
            name,
            expected="integers, booleans or strings",
            got=str(column.dtype),
            hint="sort the values into bins with numpy.digitize, and give the numbers of the bins",
        )
    return column


def _values(distinct: ndarray) -> tuple[float, ...]:
    """The values of a factor as numbers: those of numbers themselves, of strings their ranks."""
    return tuple(map(float, range(len(distinct)) if distinct.dtype.kind == "U" else distinct.tolist()))
