"""The grid of a table that the report on cyclic factors reads: repeated end points, held and pooled factors, errors."""

import numpy as np
import pytest

from equilab.errors import DataError, SettingError
from equilab.metrics import CodeTable
from equilab.metrics.symmetry.lsbd_report import lsbd_report

A, B = 2 * np.pi * np.indices((16, 12)) / np.array([16, 12]).reshape(2, 1, 1)
INDEX = np.stack(np.unravel_index(np.arange(192), (16, 12)), 1)
NAMES = ("posX", "posY")
PERFECT = np.stack([np.cos(A), np.sin(A), np.cos(B), np.sin(B)], -1)


def sprites(shapes: int = 3) -> CodeTable:
    """Orientation with its end point twice, and shapes that look the same after 1/4, 1/2, 1 turn, beside a position."""
    index = np.stack(np.unravel_index(np.arange(shapes * 13 * 6), (shapes, 13, 6)), 1)
    turns = np.array([4, 2, 1])[index[:, 0]] * 2 * np.pi * index[:, 1] / 12
    position = 2 * np.pi * index[:, 2] / 6
    codes = np.stack([np.cos(turns), np.sin(turns), np.cos(position), np.sin(position), 3.0 * index[:, 0]], 1)
    return CodeTable(codes, index, ("shape", "orientation", "posX"))


def test_a_repeated_end_point_is_dropped_by_the_order_of_the_group():
    heart = {"at": {"shape": 2}, "rng": np.random.default_rng(0)}
    right = lsbd_report(sprites(), factors={"orientation": 12, "posX": 6}, **heart)
    assert right.value < 1e-9
    assert right.orders == (12, 6)
    wrong = lsbd_report(sprites(), factors=("orientation", "posX"), **heart)
    assert wrong.value > 1e-3


def test_held_factors_give_each_object_its_own_symmetry():
    omegas = [
        lsbd_report(
            sprites(), factors={"orientation": 12}, at={"shape": s, "posX": 3}, rng=np.random.default_rng(0)
        ).omega[0]
        for s in range(3)
    ]
    assert omegas == [4, 2, 1]


def test_factors_that_are_not_held_are_pooled():
    found = lsbd_report(sprites(), factors={"orientation": 12, "posX": 6}, rng=np.random.default_rng(0))
    assert found.names == ("shape", "orientation", "posX")
    assert found.distance == pytest.approx([1 - 1 / 9, 0], abs=1e-9)  # one omega for three covers


TABLE = CodeTable(PERFECT.reshape(-1, 4), INDEX, NAMES)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"factors": ("posZ",)}, SettingError, "factors: 'posZ' is none of the factors posX, posY; did you mean pos"),
        ({"factors": "posX"}, SettingError, "factors: expected a list of names, or a dict of orders, got the string"),
        ({"factors": ()}, SettingError, "factors: expected different names of at least one factor, got none"),
        ({"factors": {"posX": 17}}, SettingError, "expected an order of 1 to 16, the number of values of posX, got 17"),
        ({"factors": {"posX": 0}}, SettingError, "expected an order of 1 to 16, the number of values of posX, got 0"),
        ({"factors": {"posX": 2}}, DataError, "expected at least 3 values of a cyclic factor"),
        ({"factors": ("posX",), "at": {"posY": 99}}, SettingError, "at: expected a value of posY from 0 to 11, got 99"),
        ({"factors": ("posX",), "at": {"posX": 1}}, SettingError, "at: posX is among the cyclic factors"),
        ({"at": {"pos_y": 1}}, SettingError, "at: 'pos_y' is none of the factors posX, posY; did you mean posY"),
        ({"blocks": [0, 1]}, SettingError, r"blocks: dimensions \[2, 3\] are in no block"),
    ],
    ids=["unknown", "string", "none", "order", "order 0", "two values", "value", "cyclic held", "near", "blocks"],
)
def test_settings_that_do_not_fit_the_table_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        lsbd_report(TABLE, rng=np.random.default_rng(0), **settings)


def test_a_table_that_is_no_grid_or_a_factor_that_stands_still_is_refused():
    with pytest.raises(DataError, match="1 combinations missing; encode the whole grid"):
        lsbd_report(CodeTable(TABLE.codes[1:], INDEX[1:], NAMES), rng=np.random.default_rng(0))
    still = CodeTable(TABLE.codes, np.column_stack([INDEX, np.zeros(192, int)]), (*NAMES, "color"))
    with pytest.raises(DataError, match="expected a cyclic factor that varies, got one value of color; leave it out"):
        lsbd_report(still, factors=("color", "posX"), rng=np.random.default_rng(0))
    assert lsbd_report(still, rng=np.random.default_rng(0)).cyclic == NAMES
