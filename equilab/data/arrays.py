"""Images and factors of your own: arrays in memory, and the .npz file in which a training keeps them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
import torch
from jaxtyping import Int, UInt8
from numpy import ndarray

from equilab.archives import UNREADABLE, read_npz, write_npz
from equilab.data.dataset import Dataset
from equilab.data.factors import Factor, Factors
from equilab.data.table import ImageTable
from equilab.errors import DataError, SettingError, ShapeError
from equilab.files import as_path, written_beside

IMAGES = "images"
_DIGEST = 16  # hexadecimal digits of a sha256
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
        path, content = as_path("path", path), {IMAGES: self._images, **self._columns}
        digest = digest_of(content)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_beside(path) as file:
                write_npz(file, content)
        elif digest_of(_read(path)) != digest:
            raise DataError(str(path), expected="the same arrays", got="others", hint="choose another folder")
        return ArrayFile(os.path.abspath(path), digest=digest)  # found again from any folder


@dataclass(frozen=True)
class ArrayFile(Dataset):
    """Images and factors of an .npz file: its array `images`, and every other array a factor; see `Arrays`.

    The digest, not the place of the file, is a setting that decides a result. Raises DataError for a file that is
    missing, is no .npz file, or holds other arrays than those of its digest.
    """

    path: str = field(compare=False)  # of the file
    digest: str = ""  # first 16 digits of a sha256 of the arrays (`digest_of`); empty: that of the file as it is

    def __post_init__(self) -> None:
        as_path("path", self.path)
        if not self.digest:
            object.__setattr__(self, "digest", digest_of(_read(Path(self.path))))

    def near(self, folder: Path) -> "ArrayFile":
        """The same data set, in a folder or the one above it where its file is missing and one of its name is there."""
        name = PureWindowsPath(self.path).name if "\\" in self.path else Path(self.path).name
        places = (Path(self.path), folder / name, folder.parent / name)
        found = next((place for place in places if place.is_file()), places[0])
        return self if found == places[0] else replace(self, path=os.path.abspath(found))

    @cached_property
    def _arrays(self) -> Arrays:
        content = _read(Path(self.path))
        if (found := digest_of(content)) != self.digest:
            raise DataError(self.path, expected=f"the arrays of digest {self.digest}", got=f"those of digest {found}")
        images = content.pop(IMAGES)
        try:
            return Arrays(images, content)
        except (DataError, ShapeError, SettingError) as error:
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


def digest_of(content: Mapping[str, ndarray]) -> str:
    """The first 16 hexadecimal digits of a sha256 of arrays: of their names, types, shapes and values, in their order.

    The same whatever wrote the file that holds them, and however it is packed.

    >>> digest_of({"x": np.arange(3, dtype="<i8")}) == digest_of({"x": np.arange(3, dtype=">i8")})
    True
    """
    found = sha256()
    for name, array in content.items():
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        found.update(f"{name} {little.dtype.str} {little.shape}\n".encode())
        found.update(little.data if little.dtype.kind in "biuf" else little.tobytes())
    return found.hexdigest()[:_DIGEST]


def _read(path: Path) -> dict[str, ndarray]:
    """The arrays of a file by name; DataError for a file that is missing, cannot be read, or holds no images."""
    if not path.is_file():
        got = "nothing of that name" if not path.exists() else "none"
        hint = "a run whose data moved: put the file beside it, or correct `path` in its run.json; the digest decides"
        raise DataError(str(path), expected="a file", got=got, hint=hint)
    try:
        content = read_npz(path, most=_MOST_BYTES)
    except DataError:
        raise
    except UNREADABLE as error:
        raise DataError(str(path), expected="an .npz file of arrays", got=str(error).splitlines()[0]) from error
    if IMAGES not in content:
        raise DataError(str(path), expected=f"an array {IMAGES}", got=", ".join(content) or "no array")
    return content


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
    if name == IMAGES or not letters.isalnum():
        expected = f"names of letters, digits, - and _, not {IMAGES}"
        raise SettingError("factors", expected=expected, got=repr(name))
    if isinstance(values, np.ma.MaskedArray):
        raise DataError(name, expected="values without a mask", got="a masked array")
    column = _as_text(np.asarray(values))
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


def _as_text(column: ndarray) -> ndarray:
    """A column of words as an array of text, whatever holds them: objects, as in a data frame, or bytes, as in HDF5."""
    if column.dtype.kind not in "OS":
        return column
    words = [each.decode(errors="replace") if isinstance(each, bytes) else each for each in column.reshape(-1).tolist()]
    return np.array(words, dtype=str).reshape(column.shape) if all(isinstance(each, str) for each in words) else column


def _values(distinct: ndarray) -> tuple[float, ...]:
    """The values of a factor as numbers: themselves, of words their ranks, of integers that no float holds too."""
    found = distinct.tolist()
    are_ranks = distinct.dtype.kind == "U" or len(set(map(float, found))) < len(found)
    return tuple(map(float, range(len(found)) if are_ranks else found))
