"""Archives of arrays: what is stored is read, and nothing is allocated for what is only claimed."""

import io
import struct
import zipfile

import numpy as np
import pytest

from equilab.archives import UNREADABLE, read_npz
from equilab.errors import DataError
from tests.refused import refused


def npy(shape: str, content: bytes, *, dtype: str = "<f8", version: int = 1) -> bytes:
    """An .npy file whose header claims this shape."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header.encode() + content


def archive(path, content: bytes, *, packed: int = zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", packed) as file:
        file.writestr("codes.npy", content)
    return path


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_every_array_comes_back_as_it_was(tmp_path, save):
    arrays = {
        "codes": np.random.default_rng(0).standard_normal((5, 3)),
        "columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "names": np.array(["shape", "x"]),
        "number": np.array(3.5),
        "none": np.zeros((0, 4), np.int8),
    }
    save(tmp_path / "file.npz", **arrays)
    found = read_npz(tmp_path / "file.npz", most=10_000)
    assert found.keys() == arrays.keys()
    for name, value in arrays.items():
        np.testing.assert_array_equal(found[name], value)
        assert found[name].dtype == value.dtype


def test_a_member_that_unpacks_to_more_than_the_bound_is_refused_by_its_size(tmp_path):
    """Zeros pack a thousandfold: a file of 100 kB, and a bound of 10 MB."""
    path = archive(tmp_path / "bomb.npz", npy("(12500000,)", bytes(10**8)))
    assert path.stat().st_size < 10**6
    with refused(DataError, str(path), expected="at most 10,000,000 bytes", got=f"{10**8 + 128:,}"):
        read_npz(path, most=10**7)


@pytest.mark.parametrize("shape", ["(1000000000,)", "(1000000000, 1000000000)", "(7,)", "(-8,)"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_shape_that_the_content_does_not_have_is_refused_before_it_is_allocated(tmp_path, shape, version):
    path = archive(tmp_path / "file.npz", npy(shape, bytes(64), version=version))
    with pytest.raises(ValueError, match=r"claims|header"):
        read_npz(path, most=10**7)


def encrypted(path):
    content = bytearray(archive(path, npy("(8,)", bytes(64)), packed=zipfile.ZIP_STORED).read_bytes())
    for place in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[place] |= 1
    return bytes(content)


def packed_unknown(path):
    content = bytearray(archive(path, npy("(8,)", bytes(64)), packed=zipfile.ZIP_STORED).read_bytes())
    for place in (content.index(b"PK\x03\x04") + 8, content.index(b"PK\x01\x02") + 10):
        content[place] = 97
    return bytes(content)


def flipped(packed):
    def broken(path):
        archive(path, npy("(8000,)", np.random.default_rng(0).standard_normal(8000).tobytes()), packed=packed)
        content = bytearray(path.read_bytes())
        content[2000:2100] = bytes(range(100))
        return bytes(content)

    return broken


BROKEN = {
    "encrypted": encrypted,
    "packed in an unknown way": packed_unknown,
    "a broken deflated member": flipped(zipfile.ZIP_DEFLATED),
    "a broken LZMA member": flipped(zipfile.ZIP_LZMA),
    "a broken bzip2 member": flipped(zipfile.ZIP_BZIP2),
    "no array": lambda path: archive(path, b"words").read_bytes(),
    "an array of another format": lambda path: archive(path, b"\x93NUMPY\x09\x00").read_bytes(),
    "a pickled object": lambda path: archive(path, objects()).read_bytes(),
    "empty": lambda path: b"",
}


def objects() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{}], dtype=object))
    return file.getvalue()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_archive_raises_one_of_the_listed_errors(tmp_path, name):
    path = tmp_path / "file.npz"
    path.write_bytes(BROKEN[name](path))
    with pytest.raises(UNREADABLE):
        read_npz(path, most=10**7)
