"""What a user may write for a type, and what is said where it does not fit."""

import pytest
import torch
from torch import nn

import equilab as eq
from equilab.check import Invariant, LogVariance, Permutations, Points, Verdict, equivariance
from equilab.errors import FieldTypeError, GroupError, SettingError, ShapeError
from equilab.groups import SO2, C, D, FieldType
from tests.refused import refused

C4, D4 = C(4), D(4)
IMAGES = 1 * C4.trivial


def images(*shape):
    return torch.randn(*(shape or (2, 1, 8, 8)), generator=torch.Generator().manual_seed(0))


def pool(x):
    return x.mean((2, 3))


WAYS = {
    "field type": lambda: (IMAGES, IMAGES),
    "representation": lambda: (C4.trivial, C4.trivial),
    "tuple of one": lambda: ((IMAGES,), IMAGES),
}


@pytest.mark.parametrize("types", WAYS.values(), ids=WAYS.keys())
def test_a_type_is_written_in_any_way(types):
    in_type, out_type = types()
    assert equivariance(torch.tanh, images(), in_type=in_type, out_type=out_type).verdict is Verdict.PASS


def test_nothing_stands_for_what_does_not_move():
    def added(x, shift):
        return x + shift

    types = {"in_type": (IMAGES, None), "out_type": IMAGES}
    assert equivariance(added, images(), torch.tensor(3.0), **types).verdict is Verdict.PASS
    assert equivariance(added, images(), images(8, 8), **types).verdict is Verdict.FAIL


def test_types_are_read_from_the_first_and_last_layer():
    layers = nn.Sequential(
        eq.nn.GroupConv2d(IMAGES, 2 * C4.regular, 3), nn.Sequential(eq.nn.GroupConv2d(2 * C4.regular, IMAGES, 3))
    )
    assert equivariance(layers, images()).verdict is Verdict.PASS
    assert equivariance(layers, images(), out_type=Invariant()).verdict is Verdict.FAIL


def test_vectors_and_single_pixels_are_mixed_without_a_grid():
    group = C(12)
    regular = 2 * group.regular
    linear = eq.nn.Linear(regular, regular)
    assert equivariance(linear, images(3, 24)).verdict is Verdict.PASS
    report = equivariance(eq.nn.GroupConv2d(regular, regular, 1), images(3, 24, 1, 1))
    assert report.verdict is Verdict.PASS
    assert all(each.exact for each in report.elements)


def test_fields_of_integers_and_bools_are_moved_exactly():
    x = torch.randint(100, (2, 1, 8, 8), generator=torch.Generator().manual_seed(0))
    types = {"in_type": IMAGES, "out_type": IMAGES}
    assert equivariance(lambda x: x % 7 > 2, x, **types).verdict is Verdict.PASS
    assert equivariance(lambda x: x.cumsum(-1) % 7 > 2, x, **types).verdict is Verdict.FAIL


def test_complex_fields_are_moved_and_compared():
    x = torch.complex(images(), images(2, 1, 8, 8).flip(-1))
    types = {"in_type": IMAGES, "out_type": IMAGES}
    assert equivariance(lambda x: x * x.abs(), x, **types).verdict is Verdict.PASS
    assert equivariance(lambda x: x * torch.linspace(1, 2, 8), x, **types).verdict is Verdict.FAIL


def test_plane_actions_move_and_points_turn_as_the_pixels_do():
    """The place of the largest pixel is a point that turns with the image."""
    offsets = torch.arange(9.0) - 4

    def centre(x):
        weight = x.square() / x.square().sum((2, 3), keepdim=True)
        across, down = (weight.sum(2) * offsets.to(x)).sum((1, 2)), (weight.sum(3) * offsets.to(x)).sum((1, 2))
        return torch.stack([across, -down], 1)

    types = {"in_type": 1 * D4.trivial, "out_type": Points()}
    assert equivariance(centre, images(2, 1, 9, 9), **types).verdict is Verdict.PASS
    upside_down = equivariance(lambda x: centre(x).abs(), images(2, 1, 9, 9), **types)
    assert upside_down.verdict is Verdict.FAIL
    vector = equivariance(centre, images(2, 1, 9, 9), in_type=types["in_type"], out_type=D4.irreps(1)[-1])
    assert vector.verdict is Verdict.PASS


WRONG = {
    "no types": (
        lambda: equivariance(nn.Tanh(), images()), FieldTypeError, "in_type", "Tanh carries no in_type", "none",
    ),
    "no output type": (
        lambda: equivariance(nn.Tanh(), images(), in_type=IMAGES), FieldTypeError, "out_type",
        "Tanh carries no out_type", "none",
    ),
    "no group": (
        lambda: equivariance(nn.Tanh(), images(), in_type=Points(), out_type=Points()), GroupError,
        "group", "because no type names one", "none",
    ),
    "no inputs": (
        lambda: equivariance(nn.Tanh(), in_type=IMAGES, out_type=IMAGES), SettingError, "inputs",
        "at least one", "none",
    ),
    "one type for two inputs": (
        lambda: equivariance(torch.add, images(), images(), in_type=IMAGES, out_type=IMAGES), SettingError,
        "in_type", "one type for each of the 2 inputs", IMAGES,
    ),
    "three types for two inputs": (
        lambda: equivariance(torch.add, images(), images(), in_type=(IMAGES,) * 3, out_type=IMAGES), SettingError,
        "in_type", "one type for each part", "3 types for 2 parts",
    ),
    "two groups": (
        lambda: equivariance(nn.Tanh(), images(), in_type=IMAGES, out_type=1 * D(3).trivial), GroupError,
        "in_type, out_type", "one group", "C4 and D3 of D3[1*trivial]",
    ),
    "channels of an input": (
        lambda: equivariance(nn.Tanh(), images(), in_type=3 * C4.trivial, out_type=IMAGES), ShapeError,
        "in_type", "(batch, 3, H, W)", (2, 1, 8, 8),
    ),
    "channels of the second input": (
        lambda: equivariance(torch.add, images(), images(), in_type=(IMAGES, C4.regular), out_type=IMAGES), ShapeError,
        "in_type[1]", "(batch, 4, H, W)", (2, 1, 8, 8),
    ),
    "channels of an output": (
        lambda: equivariance(lambda x: {"a": x}, images(), in_type=IMAGES, out_type={"a": C4.regular}), ShapeError,
        "out_type['a']", "(batch, 4, H, W)", (2, 1, 8, 8),
    ),
    "a module for a type": (
        lambda: equivariance(nn.Tanh(), images(), in_type=nn.Tanh(), out_type=IMAGES), FieldTypeError,
        "in_type", "a field type", nn.Tanh(),
    ),
    "a number for a type": (
        lambda: equivariance(nn.Tanh(), images(), in_type=3, out_type=IMAGES), FieldTypeError,
        "in_type", "a field type", 3,
    ),
    "a group for a type": (
        lambda: equivariance(nn.Tanh(), images(), in_type=C4, out_type=IMAGES), FieldTypeError,
        "in_type", "a field type", repr(C4),
    ),
    "a word for a group": (
        lambda: equivariance(nn.Tanh(), images(), in_type=IMAGES, out_type=IMAGES, group="C4"), GroupError,
        "group", "a group such as", "'C4'",
    ),
    "a mode": (
        lambda: equivariance(nn.Tanh(), images(), in_type=IMAGES, out_type=IMAGES, mode="evaluate"), SettingError,
        "mode", "'as_is', 'train' or 'eval'", "'evaluate'",
    ),
    "not square": (
        lambda: equivariance(nn.Tanh(), images(2, 1, 8, 6), in_type=IMAGES, out_type=IMAGES), ShapeError,
        "in_type", "H == W", (2, 1, 8, 6),
    ),
    "a sequence": (
        lambda: equivariance(nn.Tanh(), images(2, 1, 8), in_type=IMAGES, out_type=IMAGES), ShapeError,
        "in_type", "(batch, 1, H, W) or (batch, 1)", (2, 1, 8),
    ),
    "no elements": (
        lambda: equivariance(nn.Tanh(), images(), in_type=IMAGES, out_type=IMAGES, elements=[]), GroupError,
        "elements", "at least one element", "none",
    ),
    "points of space in the plane": (
        lambda: equivariance(nn.Tanh(), images(5, 3), in_type=Points(), out_type=Points(), group=C4), ShapeError,
        "in_type", "points (..., 2)", (5, 3),
    ),
    "points of a permutation": (
        lambda: equivariance(nn.Tanh(), images(5, 3), in_type=Points(), out_type=Points(), group=Permutations(5)),
        FieldTypeError, "in_type: points", "a group of motions", None,
    ),
    "log variances of another size": (
        lambda: equivariance(pool, images(), in_type=IMAGES, out_type=LogVariance(Points())), ShapeError,
        "out_type", "points (..., 2)", (2, 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "error", "argument", "expected", "got"), WRONG.values(), ids=WRONG.keys())
def test_what_does_not_fit_is_told(call, error, argument, expected, got):
    with refused(error, argument, expected=expected, got=got):
        call()


def test_empty_inputs_show_nothing():
    report = equivariance(nn.Tanh(), images(0, 1, 8, 8), in_type=IMAGES, out_type=IMAGES)
    assert report.verdict is Verdict.VACUOUS


def test_half_turns_need_no_square():
    types = {"in_type": 1 * C(2).trivial, "out_type": 1 * C(2).trivial}
    assert equivariance(nn.AvgPool2d(2), images(2, 1, 8, 6), **types).verdict is Verdict.PASS


def test_all_rotations_act_on_vectors_of_any_frequency():
    latent = FieldType.of(SO2, tuple(SO2.irreps(3)))
    linear = eq.nn.Linear(latent, latent)
    report = equivariance(linear, images(4, latent.dim))
    assert report.verdict is Verdict.PASS
    assert all(each.exact for each in report.elements)
