"""The grid of a table that the report on cyclic factors reads: repeated end points, held and pooled factors, errors."""

import numpy as np
import pytest

from equilab.errors import DataError, SettingError
from equilab.metrics import CodeTable
from equilab.metrics.symmetry.lsbd_report import lsbd_report
from tests.refused import refused

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
    ("settings", "error", "argument", "facts"),
    [
        ({"factors": ("posZ",)}, SettingError, "factors", {"expected": "posX, posY", "got": "'posZ'", "hint": "pos"}),
        ({"factors": "posX"}, SettingError, "factors", {"got": "the string 'posX'"}),
        ({"factors": ()}, SettingError, "factors", {"expected": "at least one", "got": "none"}),
        ({"factors": {"posX": 17}}, SettingError, "factors", {"expected": "1 to 16, the number of", "got": 17}),
        ({"factors": {"posX": 0}}, SettingError, "factors", {"expected": "1 to 16, the number of", "got": 0}),
        ({"factors": {"posX": 2}}, DataError, "codes", {"expected": "at least 3 values"}),
        ({"factors": ("posX",), "at": {"posY": 99}}, SettingError, "at", {"expected": "posY from 0 to 11", "got": 99}),
        ({"factors": ("posX",), "at": {"posX": 1}}, SettingError, "at", {"expected": "cyclic", "got": "posX"}),
        ({"at": {"pos_y": 1}}, SettingError, "at", {"got": "'pos_y'", "expected": "posX, posY", "hint": "posY"}),
        ({"blocks": [0, 1]}, SettingError, "blocks", {}),
    ],
    ids=["unknown", "string", "none", "order", "order 0", "two values", "value", "cyclic held", "near", "blocks"],
)
def test_settings_that_do_not_fit_the_table_are_refused(settings, error, argument, facts):
    with refused(error, argument, **facts):
        lsbd_report(TABLE, rng=np.random.default_rng(0), **settings)


def test_a_table_that_is_no_grid_or_a_factor_that_stands_still_is_refused():
    with refused(DataError, "factors", got="191 observations and 1 combinations missing", hint="whole grid"):
        lsbd_report(CodeTable(TABLE.codes[1:], INDEX[1:], NAMES), rng=np.random.default_rng(0))
    still = CodeTable(TABLE.codes, np.column_stack([INDEX, np.zeros(192, int)]), (*NAMES, "color"))
    with refused(DataError, "factors", got="one value of color", hint="leave it out"):
        lsbd_report(still, factors=("color", "posX"), rng=np.random.default_rng(0))
    assert lsbd_report(still, rng=np.random.default_rng(0)).cyclic == NAMES
