"""The table against numpy's packing, for both storages, odd sizes, no indices, and rows of the wrong shape."""

import numpy as np
import pytest
import torch

from equilab.data import ImageTable
from equilab.errors import SettingError, ShapeError
from tests.refused import refused


def binary(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(2, size=shape).astype(np.uint8)


@pytest.mark.parametrize("shape", [(1, 64, 64), (1, 1, 1), (3, 5, 7), (2, 3, 4)])
def test_packed_images_come_back_bit_for_bit(shape):
    images = binary(9, *shape)
    table = ImageTable.pack(images)
    indices = torch.tensor([8, 0, 0, 3])
    assert table.rows.shape == (9, -(-images[0].size // 8))
    assert np.array_equal(table.gather_uint8(indices).numpy(), 255 * images[[8, 0, 0, 3]])
    assert np.array_equal(table.gather(indices).numpy(), images[[8, 0, 0, 3]].astype(np.float32))


def test_bytes_come_back_as_they_are_and_in_255ths():
    images = np.arange(256, dtype=np.uint8).reshape(4, 1, 8, 8)
    table = ImageTable(torch.from_numpy(images.reshape(4, 64)), (1, 8, 8), "uint8")
    indices = torch.tensor([2, 1])
    assert np.array_equal(table.gather_uint8(indices).numpy(), images[[2, 1]])
    assert np.array_equal(table.gather(indices).numpy(), images[[2, 1]].astype(np.float32) / np.float32(255))
    assert table.gather(indices).dtype == torch.float32


@pytest.mark.parametrize("storage", ["bits", "uint8"])
def test_no_indices_gather_no_images(storage):
    table = ImageTable(torch.zeros(3, 2 if storage == "bits" else 16, dtype=torch.uint8), (1, 4, 4), storage)
    none = torch.zeros(0, dtype=torch.int64)
    assert table.gather(none).shape == table.gather_uint8(none).shape == (0, 1, 4, 4)


def test_what_was_gathered_can_be_written_without_changing_the_table():
    for table in (ImageTable.pack(binary(3, 1, 4, 4)), ImageTable(torch.ones(3, 16).byte(), (1, 4, 4), "uint8")):
        before = table.rows.clone()
        table.gather(torch.tensor([0, 1])).fill_(7)
        table.gather_uint8(torch.tensor([0, 1])).fill_(7)
        assert torch.equal(table.rows, before)


def test_a_table_moves_to_a_device():
    moved = ImageTable.pack(binary(3, 1, 4, 4)).to("meta")
    assert moved.rows.device.type == "meta"
    assert moved.gather(torch.tensor([0, 2], device="meta")).device.type == "meta"
    assert (len(moved), moved.image_shape, moved.storage) == (3, (1, 4, 4), "bits")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gathers_the_same_images():
    table, indices = ImageTable.pack(binary(9, 3, 5, 7)), torch.tensor([8, 0, 4])
    assert torch.equal(table.to("cuda").gather(indices.cuda()).cpu(), table.gather(indices))


def test_rows_of_the_wrong_shape_or_type_are_refused():
    with refused(ShapeError, "rows", expected="uint8 (n, 2) for bits of images (1, 4, 4)", got="torch.uint8 (3, 16)"):
        ImageTable(torch.zeros(3, 16, dtype=torch.uint8), (1, 4, 4), "bits")
    with refused(ShapeError, "rows", expected="uint8 (n, 16)", got="torch.float32 (3, 16)"):
        ImageTable(torch.zeros(3, 16), (1, 4, 4), "uint8")
    with refused(ShapeError, "images", expected="(n, C, H, W)", got=(3, 4, 4)):
        ImageTable.pack(binary(3, 4, 4))


def test_an_unknown_storage_is_refused():
    with refused(SettingError, "storage", expected="bits or uint8", got="'x'"):
        ImageTable(torch.zeros(2, 4, dtype=torch.uint8), (1, 2, 2), "x")  # pyright: ignore[reportArgumentType]
