"""Small sprites: the geometry of dSprites, and a group that acts on images as it acts on indices."""

import numpy as np
import pytest

from equilab.data import DSprites, MiniSprites, render
from equilab.errors import SettingError
from tests.refused import refused


def test_every_image_is_the_sprite_of_its_factors():
    data = MiniSprites(size=32, shapes=2, scales=3, orientations=5, positions=3)
    assert (len(data), data.image_shape) == (2 * 3 * 5 * 3 * 3, (1, 32, 32))
    for index in (0, 17, len(data) - 1):
        values = (values[at] for values, at in zip(data.factors.values, data.labels(np.array([index]))[0], strict=True))
        assert np.array_equal(data.images(np.array([index]))[0], 255 * render(*values, size=32))


def test_the_range_of_values_is_that_of_dsprites():
    mini, full = MiniSprites().factors, DSprites().factors
    for name in ("shape", "scale", "posX", "posY"):
        assert (mini[name].values[0], mini[name].values[-1]) == (full[name].values[0], full[name].values[-1])


def test_orientations_have_no_duplicate_end_point():
    data = MiniSprites(orientations=6, positions=1)
    turn = data.factors["orientation"]
    assert turn.values == pytest.approx(2 * np.pi * np.arange(6) / 6)
    assert turn.group.order == turn.size == 6
    assert len(np.unique(data.images(np.arange(24, 36)), axis=0)) == 12  # the hearts


def test_turning_the_factor_by_a_quarter_turns_the_picture():
    data = MiniSprites(orientations=8, positions=1)  # in the middle
    factors = data.labels(np.arange(len(data)))
    moved = factors.copy()
    column = data.factors.names.index("orientation")
    moved[:, column] = data.factors["orientation"].act(factors[:, column], 2)
    images = data.images(data.observe(moved, np.random.default_rng(0)))
    assert np.array_equal(images, np.rot90(data.images(np.arange(len(data))), axes=(2, 3)))


def test_one_scale_is_the_largest_and_one_position_the_middle():
    factors = MiniSprites(scales=1, positions=1).factors
    assert (factors["scale"].values, factors["posX"].values, factors["posY"].values) == ((1.0,), (0.5,), (0.5,))


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("scales", 0, "at least 1"),
        ("size", -1, "at least 1"),
        ("shapes", 4, "1 to 3"),
        ("orientations", 1.5, "an integer"),
    ],
)
def test_settings_that_make_no_sense_are_refused(setting, value, expected):
    with refused(SettingError, setting, expected=expected, got=value):
        MiniSprites(**{setting: value})
