"""Sizes and points of kernels: which are taken, and what is said of those that cannot be."""

import numpy as np
import pytest
import torch
from kernel_laws import HEXAGON, circle

from equilab.errors import FieldTypeError, GroupError, SettingError, ShapeError
from equilab.groups import (
    SO2,
    C,
    D,
    filter_basis,
    kernel_space,
)
from tests.refused import refused


def test_a_size_may_be_an_integer_of_numpy():
    case = (C(4), C(4).regular, C(4).trivial)
    assert torch.equal(kernel_space(*case, np.int64(3)), kernel_space(*case, 3))


C1, C4, C8, D4 = C(1).trivial, C(4).trivial, C(8).trivial, D(4).trivial


@pytest.mark.parametrize(
    ("arguments", "error", "argument", "expected", "got"),
    [
        ((C(8), C8, C8, 3), GroupError, "support", "C8 maps onto", "points that the turn 1/8 does not"),
        ((SO2, SO2.trivial, SO2.trivial, 3), GroupError, "support", "the origin alone", "other points"),
        ((C(4), C(2).trivial, C4, 3), FieldTypeError, "rho_in", "C4", "C2.trivial"),
        ((C(4), C4, C8, 3), FieldTypeError, "rho_out", "C4", "C8.trivial"),
        ((C(4), C4, C4, 0), SettingError, "kernel_size", "at least 1", 0),
        ((C(4), C4, C4, torch.zeros(3)), ShapeError, "support", "(n, 2)", "a tensor of shape (3,)"),
        ((C(4), C4, C4, torch.zeros(2, 3)), ShapeError, "support", "(n, 2)", "a tensor of shape (2, 3)"),
        ((C(4), C4, C4, torch.zeros(0, 2)), ShapeError, "support", "(n, 2)", "a tensor of shape (0, 2)"),
        ((C(4), C4, C4, torch.tensor(3)), ShapeError, "support", "(n, 2)", "a tensor of shape ()"),
        ((C(4), C4, C4, HEXAGON), GroupError, "support", "C4 maps onto", "points that the turn 1/4 does not"),
        ((D4.group, D4, D4, circle(4, turn=0.05)), GroupError, "support", "D4", "points that the mirror does not"),
        ((C(4), C4, C4, [(0.0, 0.0)]), SettingError, "support", "(n, 2)", "[(0.0, 0.0)] of type list"),
        ((C(4), C4, C4, 3.0), SettingError, "support", "an integer or a tensor", "3.0 of type float"),
        ((C(4), C4, C4, True), SettingError, "support", "an integer or a tensor", "True of type bool"),
        ((C(4), C4, C4, np.zeros((1, 2))), SettingError, "support", "", "array([[0., 0.]]) of type ndarray"),
        ((C(1), C1, C1, torch.zeros(2, 2)), SettingError, "support", "every point once", None),
        ((C(1), C1, C1, torch.full((1, 2), torch.nan)), SettingError, "support", "finite points", None),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_what_cannot_be_is_refused(arguments, error, argument, expected, got):
    with refused(error, argument, expected=expected, got=got):
        kernel_space(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "argument", "hint"),
    [
        ((C(4), C4, C4, HEXAGON), GroupError, "support", "take a subgroup"),
        ((SO2, SO2.trivial, SO2.trivial, 3), GroupError, "support", "SO(2)"),
        ((C(4), C4, C8, 3), FieldTypeError, "rho_out", "restrict it"),
        ((C(4), C4, C4, [(0.0, 0.0)]), SettingError, "support", "torch.tensor"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_the_error_says_what_to_do(arguments, error, argument, hint):
    with refused(error, argument, hint=hint):
        kernel_space(*arguments)


@pytest.mark.parametrize("group", [C(4), C(8), SO2], ids=str)
def test_a_filter_without_pixels_is_refused(group):
    with refused(SettingError, "kernel_size", expected="at least 1", got=0):
        filter_basis(group.trivial, group.trivial, 0)


@pytest.mark.parametrize("group", [C(4), C(8), SO2], ids=str)
def test_the_size_of_a_filter_is_an_integer_of_any_kind(group):
    basis = filter_basis(group.trivial, group.trivial, 3)
    assert torch.equal(filter_basis(group.trivial, group.trivial, np.int64(3)), basis)
    for size, kind in ((3.0, "float"), (True, "bool"), ((3, 3), "tuple"), (None, "NoneType")):
        with refused(SettingError, "kernel_size", expected="an integer", got=f"{size!r} of type {kind}"):
            filter_basis(group.trivial, group.trivial, size)
