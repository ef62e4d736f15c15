"""Sizes and points of kernels: which are taken, and what is said of those that cannot be."""

import re

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


def test_a_size_may_be_an_integer_of_numpy():
    case = (C(4), C(4).regular, C(4).trivial)
    assert torch.equal(kernel_space(*case, np.int64(3)), kernel_space(*case, 3))


C4, C8 = C(4).trivial, C(8).trivial


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((C(8), C8, C8, 3), GroupError, "support: expected points that C8 maps onto themselves; the turn 1/8 does not"),
        ((SO2, SO2.trivial, SO2.trivial, 3), GroupError, r"SO\(2\) maps no finite set of points onto itself"),
        ((C(4), C(2).trivial, C4, 3), FieldTypeError, r"rho_in: expected a representation of C4, got C2\.trivial"),
        ((C(4), C4, C8, 3), FieldTypeError, r"rho_out: expected a representation of C4, got C8\.trivial; restrict it"),
        ((C(4), C4, C4, 0), SettingError, "kernel_size: expected at least 1, got 0"),
        ((C(4), C4, C4, torch.zeros(3)), ShapeError, r"expected an integer or points \(n, 2\), got .* shape \(3,\)"),
        ((C(4), C4, C4, torch.zeros(2, 3)), ShapeError, r"got a tensor of shape \(2, 3\)"),
        ((C(4), C4, C4, torch.zeros(0, 2)), ShapeError, r"got a tensor of shape \(0, 2\)"),
        ((C(4), C4, C4, HEXAGON), GroupError, "the turn 1/4 does not: take a subgroup"),
        ((D(4), D(4).trivial, D(4).trivial, circle(4, turn=0.05)), GroupError, "the mirror does not"),
        (
            (C(4), C4, C4, [(0.0, 0.0)]),
            SettingError,
            r"points \(n, 2\), got \[\(0.0, 0.0\)\] of type list; torch.tensor",
        ),
        ((C(4), C4, C4, 3.0), SettingError, r"support: expected an integer or a tensor of .*, got 3\.0 of type float"),
        ((C(4), C4, C4, True), SettingError, "support: expected an integer or a tensor of .*, got True of type bool"),
        ((C(4), C4, C4, np.zeros((1, 2))), SettingError, "support: expected an integer or a tensor .* of type ndarray"),
        ((C(4), C4, C4, torch.tensor(3)), ShapeError, r"got a tensor of shape \(\)"),
        ((C(1), C(1).trivial, C(1).trivial, torch.zeros(2, 2)), SettingError, "expected every point once, got two"),
        ((C(1), C(1).trivial, C(1).trivial, torch.full((1, 2), torch.nan)), SettingError, "expected finite points"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_what_cannot_be_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        kernel_space(*arguments)


@pytest.mark.parametrize("group", [C(4), C(8), SO2], ids=str)
def test_a_filter_without_pixels_is_refused(group):
    with pytest.raises(SettingError, match="kernel_size: expected at least 1, got 0"):
        filter_basis(group.trivial, group.trivial, 0)


@pytest.mark.parametrize("group", [C(4), C(8), SO2], ids=str)
def test_the_size_of_a_filter_is_an_integer_of_any_kind(group):
    basis = filter_basis(group.trivial, group.trivial, 3)
    assert torch.equal(filter_basis(group.trivial, group.trivial, np.int64(3)), basis)
    for size, kind in ((3.0, "float"), (True, "bool"), ((3, 3), "tuple"), (None, "NoneType")):
        message = f"kernel_size: expected an integer, got {size!r} of type {kind}"
        with pytest.raises(SettingError, match=re.escape(message)):
            filter_basis(group.trivial, group.trivial, size)
