"""The square on a torus: a group element shifts the pixels, cyclically and exactly."""

import numpy as np
import pytest
import torch

from equilab.data import TorusSquare
from equilab.errors import SettingError
from tests.refused import refused

DATA = TorusSquare(size=24, side=10, positions=8)  # a shift is 3 pixels


def moved(data: TorusSquare, g: tuple[int, int]) -> np.ndarray:
    """The images of all observations after the group element (x, y)."""
    labels = data.labels(np.arange(len(data)))
    shown = [factor.act(column, step) for factor, column, step in zip(data.factors, labels.T, g, strict=True)]
    return data.images(data.observe(np.stack(shown, 1), np.random.default_rng(0)))


@pytest.mark.parametrize("g", [(0, 0), (1, 0), (0, 1), (3, 5), (7, 7), (-2, 9)])
def test_a_group_element_shifts_the_image_to_the_right_and_down_by_size_over_n_pixels_each(g):
    images = torch.from_numpy(DATA.images(np.arange(len(DATA))))
    assert torch.equal(torch.from_numpy(moved(DATA, g)), torch.roll(images, (3 * g[1], 3 * g[0]), (2, 3)))


def test_the_first_image_has_its_square_in_the_upper_left_corner():
    image = DATA.images(np.array([0]))[0, 0]
    assert (image[:10, :10] == 255).all()
    assert image.sum() == 255 * 100


def test_every_image_is_a_whole_square_and_all_differ():
    images = DATA.images(np.arange(len(DATA)))
    assert (images.sum((1, 2, 3)) == 255 * 100).all()
    assert len(np.unique(images, axis=0)) == len(DATA) == 64


def test_both_factors_are_cyclic_angles_without_the_end_point():
    data = TorusSquare()
    assert (len(data), data.image_shape, data.factors.names) == (1024, (1, 64, 64), ("x", "y"))
    for factor in data.factors:
        assert factor.group.order == factor.size == 32
        assert factor.values == pytest.approx(2 * np.pi * np.arange(32) / 32)
        assert factor.unit == "radians"


@pytest.mark.parametrize(("size", "positions"), [(6, 1), (6, 6), (6, 3)])
def test_any_divisor_of_the_size_may_be_the_number_of_positions(size, positions):
    data = TorusSquare(size=size, side=1, positions=positions)
    assert len(np.unique(data.images(np.arange(len(data))), axis=0)) == positions**2


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("size", 0, "at least 1"),
        ("side", 0, "at least 1"),
        ("positions", -1, "at least 1"),
        ("positions", True, "at least 1"),
        ("side", 64, "less than the 64 pixels"),
        ("positions", 48, "a divisor of 64"),
        ("positions", 128, "a divisor of 64"),
    ],
)
def test_settings_that_make_no_torus_are_refused(name, value, expected):
    with refused(SettingError, name, expected=expected, got=value):
        TorusSquare(**{name: value})
