"""The files of digits, idx.gz and .amat: read as they stand, and what is said of missing or broken ones."""

import gzip
import os
import sys

import numpy as np
import pytest

from equilab.data import RotatedMNIST
from equilab.data.amat import read_amat
from equilab.data.idx import read_idx, read_mnist
from equilab.errors import DataError
from tests.refused import refused

PIXELS = np.random.default_rng(0).integers(256, size=(3, 2, 4), dtype=np.uint8)
HEADER = b"\x00\x00\x08\x03" + np.array([3, 2, 4], ">i4").tobytes()


def test_an_idx_file_is_its_array(tmp_path):
    (tmp_path / "images.gz").write_bytes(gzip.compress(HEADER + PIXELS.tobytes()))
    assert np.array_equal(read_idx(tmp_path / "images.gz"), PIXELS)


BROKEN_FILES = {
    "empty": b"",
    "no gzip": b"no gzip",
    "gzip of nothing": gzip.compress(b""),
    "no pixels": gzip.compress(HEADER),
    "half a header": gzip.compress(HEADER[:9]),
    "one byte more": gzip.compress(HEADER + PIXELS.tobytes() + b"x"),
    "cut off": gzip.compress(HEADER + PIXELS.tobytes())[:-9],
    "another type": gzip.compress(b"\x00\x00\x0d\x03" + HEADER[4:] + PIXELS.tobytes()),
}


@pytest.mark.parametrize("kind", BROKEN_FILES)
def test_a_broken_idx_file_is_refused(tmp_path, kind):
    path = tmp_path / "images.gz"
    path.write_bytes(BROKEN_FILES[kind])
    with refused(DataError, str(path), expected="an idx"):
        read_idx(path)


def test_without_a_place_the_error_says_how_to_give_one(monkeypatch):
    monkeypatch.delenv("EQUILAB_DATA", raising=False)
    with refused(DataError, "folder", expected="not part", hint="train-images-idx3-ubyte.gz"):
        _ = RotatedMNIST().table
    with refused(DataError, "folder", hint="set EQUILAB_DATA"):
        _ = RotatedMNIST().table


def test_missing_files_are_named_with_where_they_were_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILAB_DATA", str(tmp_path))
    names = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
    got = f"a folder without {', '.join(names)}"
    with refused(DataError, "folder", expected=str(tmp_path / "mnist"), got=got, hint="https://"):
        RotatedMNIST().labels(np.arange(3))
    with refused(DataError, "folder", expected=str(tmp_path / "elsewhere")):
        _ = RotatedMNIST(folder=str(tmp_path / "elsewhere")).table


def test_files_of_another_size_are_refused(tmp_path):
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(HEADER + PIXELS.tobytes()))
        labels = b"\x00\x00\x08\x01" + np.array([3], ">i4").tobytes() + b"\x01\x02\x03"
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    got = "images (3, 2, 4) and labels (3,) up to 3"
    with refused(DataError, str(tmp_path), expected="60000 digits of 28 x 28 in train", got=got):
        read_mnist(str(tmp_path))


ROWS = np.column_stack([np.random.default_rng(1).integers(256, size=(4, 784)) / 255, [3, 0, 9, 1]])


def test_an_amat_file_is_pixels_row_by_row_and_a_class(tmp_path):
    np.savetxt(tmp_path / "digits.amat", ROWS)
    images, classes = read_amat(tmp_path / "digits.amat")
    assert np.array_equal(images, np.rint(255 * ROWS[:, :-1]).reshape(4, 28, 28))
    assert classes.tolist() == [3, 0, 9, 1]
    assert np.array_equal(read_amat(tmp_path / "digits.amat", 2)[0], images[:2])


def test_rotated_mnist_is_that_of_its_amat_files(tmp_path, monkeypatch):
    monkeypatch.setattr("equilab.data.rotated_mnist.NUM_TEST", 4)
    np.savetxt(tmp_path / "mnist_all_rotation_normalized_float_train_valid.amat", ROWS)
    np.savetxt(tmp_path / "mnist_all_rotation_normalized_float_test.amat", ROWS[::-1])
    data = RotatedMNIST(num_train=3, amat=str(tmp_path))
    assert data.labels(np.arange(3)).tolist() == [[3], [0], [9]]
    assert data.test.labels(np.arange(4)).tolist() == [[1], [9], [0], [3]]
    assert np.array_equal(data.images(np.arange(3)), data.test.images(np.array([3, 2, 1])))


@pytest.mark.parametrize(
    ("change", "expected", "got"),
    [
        (lambda rows: rows[:, 1:], "4 lines of 785 numbers", (4, 784)),
        (lambda rows: rows[:3], "4 lines of 785 numbers", (3, 785)),
        (lambda rows: rows[:0], "4 lines of 785 numbers", None),
        (lambda rows: 255 * rows, "pixels from 0 to 1 and classes 0 to 9", None),
        (lambda rows: rows + np.eye(785)[784] / 2, "pixels from 0 to 1 and classes 0 to 9", None),
        (lambda rows: rows - 1.5, "pixels from 0 to 1 and classes 0 to 9", None),
    ],
)
def test_an_amat_file_of_another_form_is_refused(tmp_path, change, expected, got):
    np.savetxt(tmp_path / "digits.amat", change(ROWS))
    with refused(DataError, "amat", expected=expected, got=got):
        read_amat(tmp_path / "digits.amat", 4)


def test_a_missing_or_unreadable_amat_file_is_named(tmp_path):
    with refused(DataError, "amat", got=f"no file {tmp_path / 'none.amat'}", hint="put it there"):
        read_amat(tmp_path / "none.amat")
    (tmp_path / "words.amat").write_text("not numbers\n")
    with refused(DataError, "amat", got=tmp_path / "words.amat", hint="cannot be read"):
        read_amat(tmp_path / "words.amat")


def test_an_idx_file_that_unpacks_beyond_the_bound_is_refused(tmp_path):
    """Zeros pack a thousandfold."""
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(bytes(2**26 + 1)))
    assert path.stat().st_size < 10**5
    with refused(DataError, str(path), expected="at most 67,108,864 bytes unpacked", got="more"):
        read_idx(path)


def test_an_amat_line_without_an_end_is_refused(tmp_path):
    path = tmp_path / "digits.amat"
    path.write_bytes(b"0.5 " * 10**6)
    with refused(DataError, "amat", got=path, hint="a line is longer than 25,120 bytes"):
        read_amat(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "digits.amat"
    path.write_bytes(b"\xff\xfe\n")
    with refused(DataError, "amat", got=path, hint="cannot be read"):
        read_amat(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFO")
@pytest.mark.parametrize("read", [read_idx, read_amat])
def test_a_pipe_in_place_of_a_file_is_refused_and_not_waited_for(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="plain file"):
        read(tmp_path / "pipe")
