"""Heat maps: one colour for one number in every picture, white for what noise has, and no range that codes move."""

import numpy as np
import pytest

from equilab.errors import DataError, SettingError, ShapeError
from equilab.metrics import heat_map, score_codes
from equilab.metrics.heat_map import _BELOW, _HIGH, _LOW, _NOTHING
from tests.refused import refused

FACTORS = np.stack(np.unravel_index(np.arange(600) % 60, (3, 4, 5)), 1)


def cells(matrix, **options):
    """The colour of each cell of a matrix, in the order of its rows: that of its upper left corner."""
    matrix = np.asarray(matrix, float)
    names = [[f"{axis}{k}" for k in range(size)] for axis, size in zip("rc", matrix.shape, strict=True)]
    picture = heat_map(matrix, *names, **options)
    left = picture.width - 12 - 44 * matrix.shape[1]
    return [picture.getpixel((left + 44 * c + 1, 38 + 44 * r + 1)) for r, c in np.ndindex(matrix.shape)]


def test_a_number_has_one_colour_whatever_stands_beside_it():
    assert cells([[0.0, 0.5, 1.0]])[:2] == cells([[0.0, 0.5, 0.6]])[:2]
    assert cells([[0.0, 1.0, -1.0, 2.0]]) == [_LOW, _HIGH, _BELOW, _HIGH]


def test_a_matrix_of_nothing_is_white():
    """Scaled to its own largest entry it would be full blue."""
    assert set(cells([[0.001, 0.002], [0.0, 0.002]], full=1.0)) <= {_LOW, (254, 254, 254)}


def test_what_noise_has_is_white_and_the_range_starts_above_it():
    assert cells([[0.3, -0.3, 0.65, 1.0]], white=0.3) == [_LOW, _LOW, (127, 184, 216), _HIGH]


def test_a_number_that_is_none_is_grey():
    assert cells([[np.nan, 1.0]]) == [_NOTHING, _HIGH]


def test_the_picture_of_noise_is_white_and_that_of_a_perfect_code_blue():
    names = ["mig", "mcc", "dci_lasso", "sap_r2", "factor_vae_score"]
    noise = score_codes(np.random.default_rng(1).standard_normal(FACTORS.shape), FACTORS, metrics=names)
    perfect = score_codes(FACTORS, FACTORS, metrics=names)
    assert noise.white == perfect.white  # the codes do not move it
    for name in names:
        assert noise[name].full == perfect[name].full
        depth = np.clip(
            (abs(perfect[name].matrix) - perfect.white[name]) / (perfect[name].full - perfect.white[name]), 0, 1
        )
        assert (np.diag(depth) > 0.6).all(), name
        off = abs(noise[name].matrix) - noise.white[name]
        assert (off < 0.5 * (noise[name].full - noise.white[name])).all(), name


@pytest.mark.parametrize(
    ("wrong", "error", "argument"),
    [
        ({"matrix": np.ones((2, 3))}, ShapeError, "matrix"),
        ({"matrix": np.ma.masked_equal(np.eye(2), 0)}, DataError, "matrix"),
        ({"white": np.nan}, SettingError, "white"),
        ({"full": -1.0}, SettingError, "full"),
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong, error, argument):
    with refused(error, argument):
        heat_map(**{"matrix": np.eye(2), "rows": ("a", "b"), "columns": ("c", "d")} | wrong)
