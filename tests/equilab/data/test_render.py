"""Sprites against a slow loop over pixels and edges, the laws of turning and moving, and images of the original."""

from hashlib import sha256

import numpy as np
import pytest

from equilab.data import DSprites, render
from equilab.data.render import outline
from equilab.errors import DataError, SettingError, ShapeError
from tests.refused import refused

EVERY = "shape, scale, orientation, x, y"
SHAPES = pytest.mark.parametrize("shape", [1, 2, 3], ids=["square", "ellipse", "heart"])


def slow_sprite(shape, scale, orientation, x, y, size):
    """One image by the definition: from each pixel's centre, count the edges met on the way to the left."""
    cos, sin = np.cos(orientation), np.sin(orientation)
    corners = []
    for u, w in outline(shape).T:
        right, down = scale * size / 64 * (cos * u + sin * w), scale * size / 64 * (-sin * u + cos * w)
        centre = size / 64 * (16 + 32 * x), size / 64 * (16 + 32 * y)
        corners.append((round(256 * (centre[0] + right)), round(256 * (centre[1] + down))))
    image = np.zeros((size, size), np.uint8)
    for row in range(size):
        for column in range(size):
            at_x, at_y = 256 * column + 128, 256 * row + 128
            for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
                if min(y0, y1) < at_y <= max(y0, y1):
                    side = (at_x - x0) * (y1 - y0) - (at_y - y0) * (x1 - x0)
                    image[row, column] ^= side >= 0 if y1 > y0 else side <= 0
    return image


@SHAPES
@pytest.mark.parametrize("size", [13, 16])
def test_sprites_are_those_of_a_slow_loop(shape, size):
    rng = np.random.default_rng(shape * size)
    for scale, orientation, x, y in rng.uniform([0.3, -7.0, -0.3, -0.3], [2.0, 7.0, 1.3, 1.3], (4, 4)):
        expected = slow_sprite(shape, scale, orientation, x, y, size)
        assert np.array_equal(render(shape, scale, orientation, x, y, size=size)[0], expected)


def test_centres_on_an_edge_are_out_at_the_top_and_right_and_in_at_the_bottom_and_left():
    side = 10 / 9.6  # 20 px wide: with its centre at (32.5, 32.5), all edges run through pixel centres
    image = render(1, side, 0.0, 16.5 / 32, 16.5 / 32)[0]
    assert np.flatnonzero(image.any(axis=0)).tolist() == list(range(22, 42))
    assert np.flatnonzero(image.any(axis=1)).tolist() == list(range(23, 43))


@SHAPES
@pytest.mark.parametrize("size", [32, 64])
def test_a_quarter_turn_of_a_centred_sprite_turns_the_picture(shape, size):
    for scale in (0.5, 0.73, 1.0):
        for angle in np.linspace(0, 1.5, 8):
            image, turned = (render(shape, scale, angle + more, 0.5, 0.5, size=size)[0] for more in (0, np.pi / 2))
            assert np.array_equal(np.rot90(image), turned)


@SHAPES
def test_turning_by_the_stabiliser_changes_nothing_and_by_less_does(shape):
    order = DSprites().factors["orientation"].group.symmetry[shape - 1]
    image = render(shape, 0.9, 0.2, 0.3, 0.6)
    assert np.array_equal(image, render(shape, 0.9, 0.2 + 2 * np.pi / order, 0.3, 0.6))
    smaller = [2 * np.pi / (order * k) for k in (2, 3, 4)]
    assert all((image != render(shape, 0.9, 0.2 + angle, 0.3, 0.6)).sum() > 20 for angle in smaller)


@SHAPES
def test_a_move_by_whole_pixels_moves_the_picture(shape):
    image = render(shape, 0.8, 0.7, 0.2, 0.3)
    assert np.array_equal(np.roll(image, (-3, 4), (1, 2)), render(shape, 0.8, 0.7, 0.2 + 4 / 32, 0.3 - 3 / 32))


@SHAPES
def test_every_third_pixel_of_a_picture_three_times_as_large_is_the_picture(shape):
    large = render(shape, 0.9, 0.4, 0.3, 0.6, size=192)
    assert np.array_equal(large[:, 1::3, 1::3], render(shape, 0.9, 0.4, 0.3, 0.6))


def test_areas_are_those_of_the_formulas():
    square, ellipse, heart = (render(shape, 1.0, 0.3, 0.5, 0.5, size=1024)[0].sum() / 256 for shape in (1, 2, 3))
    assert square == pytest.approx(19.2**2, rel=1e-3)
    assert ellipse == pytest.approx(50 * np.sin(2 * np.pi / 100) * 9.6**2, rel=1e-3)
    assert heart == pytest.approx(180 * np.pi / 16 / 14.5 * 9.6**2, rel=1e-3)


def test_the_hearts_centroid_is_above_its_centre_of_rotation():
    rows, columns = np.nonzero(render(3, 1.0, 0.0, 0.5, 0.5, size=1024)[0])
    assert 32 - (rows + 0.5).mean() / 16 == pytest.approx(1.99, abs=0.005)
    assert (columns + 0.5).mean() / 16 == pytest.approx(32, abs=0.005)


def test_sprites_out_of_the_picture_leave_it_empty_and_huge_ones_fill_it():
    assert not render(3, 1.0, 0.0, [-2.0, 5.0, 0.5], [0.5, 0.5, -1000.0]).any()
    assert render(1, 1000.0, 0.3, 0.5, 0.5).all()


def test_a_sprite_cut_by_the_border_is_the_part_of_a_whole_one():
    whole = render(3, 1.0, 0.4, 0.5, 0.5)[0]
    cut = render(3, 1.0, 0.4, -16 / 32, 0.5)[0]  # its centre on the left border
    assert np.array_equal(cut[:, :32], whole[:, 32:])


def test_sprites_rendered_together_are_those_rendered_alone():
    rng = np.random.default_rng(0)
    shapes, values = rng.integers(1, 4, 2500), rng.uniform([0.5, 0, 0, 0], [1, 6, 1, 1], (2500, 4)).T
    together = render(shapes, *values)
    for index in (0, 1023, 1024, 2499):
        assert np.array_equal(together[index], render(int(shapes[index]), *values[:, index])[0])


def test_arguments_broadcast_to_one_batch():
    assert render([1, 2, 3], 1.0, 0.0, 0.5, [0.5], size=8).shape == (3, 8, 8)
    assert render(1, 1.0, 0.0, 0.5, 0.5, size=8).shape == (1, 8, 8)
    assert render(1, 1.0, 0.0, [], 0.5, size=8).shape == (0, 8, 8)


@pytest.mark.parametrize(
    ("index", "digest", "white"),
    [
        (0, "72ce20b4425ee404", 100),
        (123_456, "060907ac0220e4ae", 240),
        (250_000, "7a6a62578c7f384d", 70),
        (400_007, "48efc2594e1e9b3a", 184),
        (555_555, "7361d1d96dbbf5b1", 80),
        (655_321, "8044619d1b67eb72", 145),
        (737_279, "2e6a342ad04c1314", 222),
    ],
)
def test_images_of_dsprites_have_their_checksum(index, digest, white):
    factors = DSprites().factors
    _, *values = (
        values[at] for values, at in zip(factors.values, factors.from_index(np.array([index]))[0], strict=True)
    )
    image = render(*values)
    assert image.sum() == white
    assert sha256(np.packbits(image).tobytes()).hexdigest().startswith(digest)


def test_no_pixel_of_432_original_images_is_wrong(real_data):
    with np.load(real_data / "dsprites_reference" / "dsprites_reference_432.npz") as reference:
        original = np.unpackbits(reference["imgs_packed"], axis=1).reshape(-1, 64, 64)
        classes, index = reference["latents_classes"], reference["index"]
    factors = DSprites().factors
    assert len(original) == 432
    assert np.array_equal(factors.to_index(classes), index)
    _, *values = (np.array(values)[column] for values, column in zip(factors.values, classes.T, strict=True))
    assert int((render(*values) != original).sum()) == 0


@pytest.mark.parametrize(
    ("change", "error", "argument", "expected", "got"),
    [
        ({"shape": 0}, DataError, "shape", "1 (square), 2 (ellipse) or 3 (heart)", [0]),
        ({"shape": 1.5}, DataError, "shape", "1 (square)", [1.5]),
        ({"scale": 0.0}, DataError, "scale", "positive", 0.0),
        ({"orientation": np.nan}, DataError, "orientation", "finite", None),
        ({"x": np.inf}, DataError, "x", "finite", None),
        ({"y": 1e6}, DataError, "scale, x, y", "at most 16384 at size 64", "1e+06"),
        ({"x": [0.0, 1.0], "y": [0.0, 0.5, 1.0]}, ShapeError, EVERY, "(n,) of one n", "(), (), (), (2,), (3,)"),
        ({"x": [[0.0]]}, ShapeError, EVERY, "(n,) of one n", "(), (), (), (1, 1), ()"),
        ({"size": 0}, SettingError, "size", "at least 1 pixel", 0),
        ({"size": 8.5}, SettingError, "size", "a whole number", 8.5),
    ],
)
def test_what_is_no_sprite_is_named(change, error, argument, expected, got):
    arguments = {"shape": 1, "scale": 1.0, "orientation": 0.0, "x": 0.5, "y": 0.5} | change
    with refused(error, argument, expected=expected, got=got):
        render(**arguments)
