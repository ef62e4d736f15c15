"""Turned pictures: quarter turns exactly, any angle by a slow loop, and nothing from outside."""

import math

import numpy as np
import pytest

from equilab.data import rotate
from equilab.errors import DataError, SettingError, ShapeError
from tests.refused import refused

IMAGES = np.random.default_rng(0).integers(256, size=(5, 9, 9), dtype=np.uint8)


@pytest.mark.parametrize("size", [8, 9])
@pytest.mark.parametrize("quarters", [-1, 0, 1, 2, 3, 5])
def test_quarter_turns_are_exact(size, quarters):
    images = IMAGES[:, :size, :size]
    turned = rotate(images, np.full(5, quarters * np.pi / 2))
    assert turned.dtype == np.uint8
    assert np.array_equal(turned, np.rot90(images, quarters, axes=(1, 2)))


def slow(image: np.ndarray, angle: float, size: int, zoom: float) -> np.ndarray:
    """The bilinear mean around the place that each pixel came from, one pixel after the other."""
    turned = np.zeros((size, size))
    for row in range(size):
        for column in range(size):
            right, up = (column - (size - 1) / 2) / zoom, ((size - 1) / 2 - row) / zoom
            x = right * math.cos(angle) + up * math.sin(angle) + (len(image) - 1) / 2
            y = (len(image) - 1) / 2 - (up * math.cos(angle) - right * math.sin(angle))
            for i in (math.floor(y), math.floor(y) + 1):
                for j in (math.floor(x), math.floor(x) + 1):
                    if 0 <= i < len(image) and 0 <= j < len(image):
                        turned[row, column] += (1 - abs(y - i)) * (1 - abs(x - j)) * image[i, j]
    return turned


@pytest.mark.parametrize(("size", "zoom"), [(9, 1.0), (14, 1.3), (6, 0.5)])
def test_any_angle_is_that_of_a_slow_loop(size, zoom):
    angles = np.random.default_rng(1).uniform(-7, 7, size=5)
    turned = rotate(IMAGES, angles, size=size, zoom=zoom)
    expected = [slow(image, angle, size, zoom) for image, angle in zip(IMAGES, angles, strict=True)]
    assert np.abs(turned - np.array(expected)).max() <= 0.5 + 1e-9


def test_what_comes_in_from_outside_is_zero():
    turned = rotate(np.full((1, 8, 8), 255, np.uint8), np.array([np.pi / 4]))[0]
    assert turned[0, 0] == turned[-1, 0] == 0
    assert turned[4, 4] == 255


def test_many_images_are_each_turned_by_their_own_angle():
    """More than are turned together."""
    images = np.repeat(IMAGES[:1], 2500, axis=0)
    turned = rotate(images, np.arange(2500) * np.pi / 2)
    for index in (0, 1023, 1024, 2499):
        assert np.array_equal(turned[index], np.rot90(IMAGES[0], index))


def test_shapes_that_do_not_fit_are_refused():
    with refused(ShapeError, "images, angles", expected="(n, h, h) and (n,)", got="(5, 9, 8) and (5,)"):
        rotate(IMAGES[:, :, :8], np.zeros(5))
    with refused(ShapeError, "images, angles", got="(5, 9, 9) and (4,)"):
        rotate(IMAGES, np.zeros(4))


@pytest.mark.parametrize(
    ("change", "kind", "argument"),
    [
        ({"images": IMAGES / 255}, DataError, "images"),
        ({"angles": np.full(5, np.nan)}, DataError, "angles"),
        ({"angles": np.full(5, np.inf)}, DataError, "angles"),
        ({"size": 0}, SettingError, "size"),
        ({"size": 1.5}, SettingError, "size"),
        ({"zoom": 0.0}, SettingError, "zoom"),
        ({"zoom": np.nan}, SettingError, "zoom"),
        ({"zoom": -1.0}, SettingError, "zoom"),
    ],
)
def test_what_turns_nothing_is_named(change, kind, argument):
    """Floats would be rounded to 0 and 1, NaN would place every pixel somewhere."""
    arguments = {"images": IMAGES, "angles": np.zeros(5)} | change
    images, angles = arguments.pop("images"), arguments.pop("angles")
    with refused(kind, argument):
        rotate(images, angles, **arguments)
