"""Images and factors of one's own: layouts, ranges, labels, and the file that keeps them."""

import numpy as np
import pandas
import pytest
import torch

from equilab.data import ArrayFile, Arrays
from equilab.errors import DataError, SettingError, ShapeError
from tests.refused import refused

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(256, size=(6, 3, 16, 8), dtype=np.uint8)


@pytest.mark.parametrize(
    "given",
    [IMAGES, np.moveaxis(IMAGES, 1, 3), IMAGES / 255, (IMAGES / 255).astype(np.float32), torch.from_numpy(IMAGES)],
    ids=["first", "last", "float64", "float32", "tensor"],
)
def test_every_layout_gives_the_same_images(given):
    data = Arrays(given)
    assert data.image_shape == (3, 16, 8)
    np.testing.assert_array_equal(data.images(np.arange(6)), IMAGES)


def test_booleans_are_off_and_on():
    np.testing.assert_array_equal(Arrays(IMAGES > 99).images(np.arange(6)), (IMAGES > 99) * np.uint8(255))


def test_factors_are_a_dict():
    with refused(SettingError, "factors", got="ndarray", hint="{"):
        Arrays(IMAGES, np.arange(6))


def test_images_without_channels_have_one():
    np.testing.assert_array_equal(Arrays(IMAGES[:, 0]).images(np.arange(6)), IMAGES[:, :1])


def test_each_distinct_value_is_a_value_of_the_factor_in_order():
    data = Arrays(IMAGES, {"hue": ["red", "blue", "red", "blue", "green", "red"], "x": [30, 10, 10, 20, 20, 30]})
    assert data.factors.names == ("hue", "x")
    assert data.factors.values == ((0.0, 1.0, 2.0), (10.0, 20.0, 30.0))
    assert data.labels(np.arange(6)).tolist() == [[2, 2], [0, 0], [2, 0], [0, 1], [1, 1], [2, 2]]
    assert not data.is_grid
    assert data.is_observed(np.array([[2, 2], [0, 2]])).tolist() == [True, False]


def test_a_file_holds_the_same(tmp_path):
    data = Arrays(IMAGES, {"x": np.arange(6) % 2, "on": np.arange(6) > 2})
    kept = data.save(tmp_path / "sub" / "data.npz")
    for again in (kept, ArrayFile(kept.path), data.save(kept.path)):
        assert again == kept
        assert again.factors == data.factors
        np.testing.assert_array_equal(again.images(np.arange(6)), IMAGES)
        np.testing.assert_array_equal(again.labels(np.arange(6)), data.labels(np.arange(6)))
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["data.npz"]


def test_a_file_that_changed_is_refused(tmp_path):
    kept = Arrays(IMAGES).save(tmp_path / "data.npz")
    np.savez(kept.path, images=IMAGES[:3])
    with refused(DataError, kept.path, expected=kept.digest):
        _ = ArrayFile(kept.path, digest=kept.digest).image_shape
    with refused(DataError, kept.path, expected="the same arrays"):
        Arrays(IMAGES).save(kept.path)


def test_the_digest_is_that_of_the_arrays_whatever_packed_them(tmp_path):
    x = np.arange(6) % 2
    kept = Arrays(IMAGES, {"x": x}).save(tmp_path / "data.npz")
    np.savez(tmp_path / "plain.npz", images=IMAGES, x=x)
    np.savez_compressed(tmp_path / "packed.npz", images=np.asfortranarray(IMAGES), x=x.astype(">i8"))
    for name in ("plain", "packed"):
        assert ArrayFile(str(tmp_path / f"{name}.npz")) == kept
    others = ({"images": IMAGES, "y": x}, {"images": IMAGES, "x": 1 - x}, {"images": 255 - IMAGES, "x": x})
    digests = {kept.digest}
    for index, content in enumerate((*others, {"images": IMAGES.reshape(6, 1, 16, 24), "x": x})):
        np.savez(tmp_path / f"{index}.npz", **content)
        digests.add(ArrayFile(str(tmp_path / f"{index}.npz")).digest)
    assert len(digests) == 5


def test_equal_arrays_give_equal_files(tmp_path):
    for name in ("a", "b"):
        Arrays(IMAGES, {"file": np.arange(6), "größe": ["s", "m", "l", "s", "m", "l"]}).save(tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as file:
        assert file.files == ["images", "file", "größe"]
        np.testing.assert_array_equal(file["file"], np.arange(6))


WORDS = ["red", "blue", "red", "blue", "green", "red"]


@pytest.mark.parametrize(
    "given",
    [
        np.array(WORDS, dtype=object),
        np.array([word.encode() for word in WORDS]),
        np.array([word.encode() for word in WORDS], dtype=object),
        pandas.Series(WORDS),
        pandas.Series(WORDS, dtype="category"),
        pandas.Series(WORDS, dtype="string"),
    ],
    ids=["objects", "bytes", "bytes as objects", "series", "categories", "strings"],
)
def test_words_are_values_whatever_holds_them(tmp_path, given):
    expected, data = Arrays(IMAGES, {"hue": WORDS}), Arrays(IMAGES, {"hue": given})
    assert data.factors == expected.factors
    np.testing.assert_array_equal(data.labels(np.arange(6)), expected.labels(np.arange(6)))
    assert data.save(tmp_path / "data.npz") == expected.save(tmp_path / "data.npz")


def test_integers_that_no_float_holds_stay_apart():
    """2^53 and 2^53 + 1 are one float: their factor has the ranks as values."""
    data = Arrays(IMAGES, {"id": 2**53 + np.arange(6) % 3})
    assert data.factors.values == ((0.0, 1.0, 2.0),)
    assert Arrays(IMAGES, {"id": 2**53 + 2 * (np.arange(6) % 3)}).factors.values == (
        (2.0**53, 2.0**53 + 2, 2.0**53 + 4),
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ".npz"),
        (b"PK no zip", ".npz"),
        ({"pictures": IMAGES}, "an array images"),
        ({"images": IMAGES[0, 0]}, "n, C"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(tmp_path, content, expected):
    path = tmp_path / "data.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.savez(path, **content)
    with pytest.raises((DataError, ShapeError), match=str(path)) as caught:
        _ = ArrayFile(str(path)).image_shape
    assert expected in caught.value.expected


def test_a_missing_file_is_refused(tmp_path):
    with refused(DataError, str(tmp_path / "data.npz"), got="nothing of that name"):
        ArrayFile(str(tmp_path / "data.npz"))


@pytest.mark.parametrize(
    ("images", "kind", "got"),
    [
        (IMAGES.astype(np.float64), DataError, "float64 from 0 to 255"),
        (IMAGES / 127.5 - 1, DataError, "float64 from -1 to 1"),
        (np.full((6, 8, 8), np.nan), DataError, "float64 from nan to nan"),
        (IMAGES.astype(np.int64), DataError, "int64 from 0 to 255"),
        (IMAGES.astype(str), DataError, "<U3 from nan to nan"),
        (IMAGES[0, 0], ShapeError, "(16, 8)"),
        (IMAGES[:0], ShapeError, "(0, 3, 16, 8)"),
        (np.zeros((2, 3, 64, 3), np.uint8), ShapeError, "(2, 3, 64, 3)"),
        (np.zeros((2, 7, 9, 8), np.uint8), ShapeError, "(2, 7, 9, 8)"),
        (np.ma.masked_array(IMAGES, mask=False), DataError, "a masked array"),
    ],
)
def test_images_that_are_none_are_refused(images, kind, got):
    with refused(kind, "images", got=got):
        Arrays(images)


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("angle", np.linspace(0, 1, 6), DataError),
        ("x", np.arange(5), ShapeError),
        ("x", np.zeros((6, 2), int), ShapeError),
        ("x", [None] * 6, DataError),
        ("x", np.ma.masked_array(np.arange(6), mask=False), DataError),
        ("images", np.arange(6), SettingError),
        ("pose/yaw", np.arange(6), SettingError),
        ("", np.arange(6), SettingError),
        ("mixed", np.array(["a", 1, None, "b", "c", "d"], dtype=object), DataError),
        (0, np.arange(6), SettingError),
    ],
)
def test_factors_that_are_none_are_refused_by_name(name, values, kind):
    argument = "factors" if kind is SettingError else name
    with refused(kind, argument):
        Arrays(IMAGES, {name: values})
