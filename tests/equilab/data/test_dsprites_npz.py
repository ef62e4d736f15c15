"""The original file of dSprites, played by small archives of its form, and what is said of any other file."""

import io
import os
import sys
import zipfile

import numpy as np
import pytest
import torch

from equilab.data import DSprites
from equilab.data.dsprites_npz import read_packed
from equilab.errors import DataError
from tests.refused import refused

IMAGES = np.random.default_rng(0).integers(2, size=(5000, 64, 64), dtype=np.uint8)  # more than is read at once


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "dsprites.npz"
    metadata = np.array({"title": "an object that is never unpickled"}, dtype=object)
    np.savez(path, metadata=metadata, imgs=IMAGES, latents_classes=np.zeros((5000, 6), np.int64))
    return path


def test_images_are_packed_as_they_stand(archive):
    packed = read_packed(archive, 5000)
    assert packed.shape == (5000, 512)
    assert np.array_equal(np.unpackbits(packed, axis=1).reshape(IMAGES.shape), IMAGES)


def test_a_data_set_of_the_file_has_its_images_in_order(archive, monkeypatch):
    monkeypatch.setattr("equilab.data.dsprites.NUM_IMAGES", 5000)
    found = DSprites(npz=str(archive)).table.gather_uint8(torch.tensor([0, 4999, 17]))
    assert np.array_equal(found[:, 0].numpy(), 255 * IMAGES[[0, 4999, 17]])


def test_a_header_that_python_2_wrote_is_read(tmp_path):
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3L, 64L, 64L), }".ljust(117) + "\n"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + IMAGES[:3].tobytes()
    with zipfile.ZipFile(tmp_path / "old.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("imgs.npy", content)
    assert np.array_equal(read_packed(tmp_path / "old.npz", 3), np.packbits(IMAGES[:3].reshape(3, -1), axis=1))


def test_a_missing_file_is_named_with_the_way_out(tmp_path):
    with refused(DataError, "npz", got=f"no file {tmp_path / 'none.npz'}", hint="leave npz out to render the images"):
        _ = DSprites(npz=str(tmp_path / "none.npz")).table


def test_an_archive_of_another_size_is_refused(archive):
    with refused(DataError, "npz", expected="uint8 (737280, 64, 64)", got=f"uint8 (5000, 64, 64) in {archive}"):
        DSprites(npz=str(archive)).images(np.array([0]))


def test_an_archive_of_another_type_is_refused(tmp_path):
    path = tmp_path / "floats.npz"
    np.savez(path, imgs=IMAGES[:3].astype(np.float32))
    with refused(DataError, "npz", expected="uint8 (3, 64, 64)", got=f"float32 (3, 64, 64) in {path}"):
        read_packed(path, 3)


def test_an_archive_without_images_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", pictures=IMAGES[:3])
    with refused(DataError, "npz", expected="the original dsprites", got=tmp_path / "other.npz", hint="imgs.npy"):
        read_packed(tmp_path / "other.npz", 3)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"no archive at all"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "broken.npz").write_bytes(content)
    with refused(
        DataError, "npz", expected="the original dsprites", got=tmp_path / "broken.npz", hint="cannot be read"
    ):
        read_packed(tmp_path / "broken.npz", 3)


def test_a_folder_is_no_archive(tmp_path):
    with refused(DataError, "npz", expected="the original dsprites", got=tmp_path, hint="Is a directory"):
        read_packed(tmp_path, 3)


@pytest.mark.parametrize("where", [0.1, 0.5, 0.99])
def test_a_changed_byte_is_found(archive, where):
    content = bytearray(archive.read_bytes())
    first = content.index(IMAGES[:1].tobytes())
    content[first + int(where * IMAGES.size)] ^= 1
    archive.write_bytes(content)
    with refused(DataError, "npz", expected="the original dsprites", got=archive, hint="Bad CRC-32"):
        read_packed(archive, 5000)


def test_a_truncated_download_is_refused(archive):
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with refused(DataError, "npz", expected="the original dsprites", got=archive, hint="cannot be read"):
        read_packed(archive, 5000)


@pytest.mark.parametrize("change", [-1, 4096])
def test_too_few_or_too_many_pixels_are_refused(tmp_path, change):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, IMAGES[:3], version=(1, 0))
    content = buffer.getvalue()
    with zipfile.ZipFile(tmp_path / "wrong.npz", "w") as file:
        file.writestr("imgs.npy", content[:change] if change < 0 else content + bytes(change))
    with refused(DataError, "npz", expected="the original dsprites", got=tmp_path / "wrong.npz", hint="cannot be read"):
        read_packed(tmp_path / "wrong.npz", 3)


def changed(flag: int, method: int):
    """Of the zip headers of an archive with one member: their flags (encrypted: 1) and the way of packing."""

    def change(content: bytearray) -> bytearray:
        for start, shift in ((content.index(b"PK\x03\x04"), 0), (content.index(b"PK\x01\x02"), 2)):
            content[start + 6 + shift] |= flag
            content[start + 8 + shift] = method or content[start + 8 + shift]
        return content

    return change


@pytest.mark.parametrize(("flag", "method"), [(1, 0), (0, 97)], ids=["encrypted", "packed in an unknown way"])
def test_a_member_that_zipfile_cannot_unpack_is_refused(tmp_path, flag, method):
    path = tmp_path / "odd.npz"
    np.savez(path, imgs=IMAGES[:3])
    path.write_bytes(changed(flag, method)(bytearray(path.read_bytes())))
    with refused(DataError, "npz", expected="the original dsprites", got=path, hint="cannot be read"):
        read_packed(path, 3)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFO")
def test_a_pipe_in_place_of_the_archive_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with refused(DataError, str(tmp_path / "pipe"), expected="a plain file"):
        read_packed(tmp_path / "pipe", 3)
