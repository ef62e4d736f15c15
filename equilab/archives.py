"""Archives of arrays (.npz), read within a bound: what a header claims is checked before memory is allocated for it."""

import io
import lzma
import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy import ndarray

from equilab.errors import DataError
from equilab.files import open_plain

__all__ = ["UNREADABLE", "read_npz", "write_npz"]

UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError)
"""What zipfile and numpy raise for a broken archive; RuntimeError: encrypted, or packed in a way that is not known."""


def read_npz(path: Path, *, most: int) -> dict[str, ndarray]:
    """The arrays of an archive by name, as numpy.savez writes it; nothing in it is unpickled.

    path: of a plain file. most: bytes that its arrays may take in all, unpacked. Raises DataError, with the bound, for
    an archive that holds more, and for a single array; one of `UNREADABLE` for a broken archive, or for none.
    """
    with open_plain(path) as file:
        if file.read(len(np.lib.format.MAGIC_PREFIX)) == np.lib.format.MAGIC_PREFIX:
            raise DataError(str(path), expected="an .npz archive of named arrays", got="a single array")
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
        if (total := sum(member.file_size for member in members)) > most:
            raise DataError(str(path), expected=f"arrays of at most {most:,} bytes in all", got=f"{total:,}")
        return {member.filename.removesuffix(".npy"): _array(archive.read(member)) for member in members}


def write_npz(file: BinaryIO, content: Mapping[str, ndarray]) -> None:
    """Writes an archive as numpy.savez_compressed does, for arrays of any names; equal arrays give equal bytes.

    file: open for writing. content: arrays by name, in the order in which they are stored; none holds objects.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in content.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # of 1980: the time of writing is no part of the content
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as stored:
                np.lib.format.write_array(stored, array, allow_pickle=False)


def _array(content: bytes) -> ndarray:
    """The array in the content of an .npy file; ValueError for a header that claims another size than it has."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"an array of format {version}")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    rest = len(content) - file.tell()
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize != rest:
        raise ValueError(f"a header that claims {dtype} {shape}, before {rest:,} bytes")
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)
