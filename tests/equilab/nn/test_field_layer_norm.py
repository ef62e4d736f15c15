"""Layer and group normalisation of fields, against torch's."""

import numpy as np
import pytest
import torch
from symmetry import ROUND_OFF, draw, error
from torch import nn

from equilab.errors import FieldTypeError, SettingError, ShapeError
from equilab.groups import D, p4, p4m
from equilab.nn import FieldGroupNorm, FieldLayerNorm
from tests.refused import refused


def randomised(*modules):
    for module in modules:
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator))
        module.double()
    return modules


def test_scalar_fields_have_torchs_layer_norm_at_every_pixel():
    ours, theirs = randomised(FieldLayerNorm(6 * p4.trivial), nn.LayerNorm(6))
    x = draw(6 * p4.trivial) * 2 + 1
    assert torch.allclose(ours(x), theirs(x.movedim(1, -1)).movedim(-1, 1), atol=1e-13, rtol=0)
    assert torch.allclose(ours(x[:, :, 0, 0]), theirs(x[:, :, 0, 0]), atol=1e-13, rtol=0)


@pytest.mark.parametrize("num_groups", [1, 2, 3, 6])
def test_scalar_fields_have_torchs_group_norm(num_groups):
    ours, theirs = randomised(FieldGroupNorm(6 * p4.trivial, num_groups), nn.GroupNorm(num_groups, 6))
    x = draw(6 * p4.trivial) * 2 + 1
    assert torch.allclose(ours(x), theirs(x), atol=1e-13, rtol=0)


def test_regular_fields_have_torchs_norms_with_a_weight_per_field():
    x = draw(4 * p4.regular) * 2 + 1
    layer, group = randomised(FieldLayerNorm(4 * p4.regular), FieldGroupNorm(4 * p4.regular, 2))
    weight, bias = (p.repeat_interleave(4) for p in layer.parameters())
    expected = nn.functional.layer_norm(x.movedim(1, -1), (16,), weight, bias).movedim(-1, 1)
    assert torch.allclose(layer(x), expected, atol=1e-13, rtol=0)
    assert torch.allclose(group(x), nn.functional.group_norm(x, 2, weight, bias), atol=1e-13, rtol=0)


def test_other_fields_are_divided_by_the_root_of_their_mean_square_only():
    x = draw(4 * p4.irrep(1)) * 2 + 1
    layer, group = (kind.double() for kind in (FieldLayerNorm(4 * p4.irrep(1)), FieldGroupNorm(4 * p4.irrep(1), 2)))
    assert torch.allclose(layer(x), x / (x.square().mean(1, keepdim=True) + 1e-5).sqrt(), atol=1e-13, rtol=0)
    halves = x.unflatten(1, (2, 4))
    expected = (halves / (halves.square().mean((2, 3, 4), keepdim=True) + 1e-5).sqrt()).flatten(1, 2)
    assert torch.allclose(group(x), expected, atol=1e-13, rtol=0)
    assert layer.norm.bias.numel() == 0


@pytest.mark.parametrize("make", [FieldLayerNorm, lambda field_type: FieldGroupNorm(field_type, 2)])
def test_they_commute_with_the_group_and_see_each_sample_alone(make):
    field_type = 4 * p4m.regular + 2 * p4m.irrep(1) + 2 * p4m.irrep(0, -1) + 4 * p4m.trivial
    (norm,) = randomised(make(field_type))
    x = draw(field_type) * 2 + 1
    assert error(norm, x, field_type, field_type) < ROUND_OFF
    assert torch.allclose(norm(x)[:1], norm(x[:1]), atol=1e-14, rtol=0)


@pytest.mark.parametrize(
    ("field_type", "theirs"), [(2 * p4.irrep(1), nn.GroupNorm(2, 4)), (2 * p4.regular, nn.GroupNorm(8, 8))]
)
def test_torchs_group_norm_breaks_fields(field_type, theirs):
    """The mean of a vector's components is not invariant; nor is a weight per channel of a regular field."""
    (theirs,) = randomised(theirs)
    assert error(theirs, draw(field_type) + 1, field_type, field_type) > 0.1


def test_fields_that_cannot_be_divided_are_refused():
    with refused(SettingError, "num_groups", expected="a divisor of the 4 fields of C4.regular", got=3):
        FieldGroupNorm(4 * p4.regular, 3)
    with refused(SettingError, "num_groups", expected="an integer of at least 1", got=0):
        FieldGroupNorm(4 * p4.regular, 0)
    two = np.int64(2)
    with refused(SettingError, "num_groups", expected="integer", got=f"{two!r} of type int64", hint="int(...)"):
        FieldGroupNorm(4 * p4.regular, two)


@pytest.mark.parametrize("make", [FieldLayerNorm, lambda *types, **settings: FieldGroupNorm(*types, 1, **settings)])
@pytest.mark.parametrize("eps", [0, 0.0, -1.0, None, "1e-5", True, float("nan"), float("inf")])
def test_an_eps_that_makes_no_sense_is_refused(make, eps):
    with refused(SettingError, "eps", expected="a finite number above 0", got=repr(eps)):
        make(p4.regular, eps=eps)


@pytest.mark.parametrize(
    ("small", "channels", "least"),
    [
        (1 * p4m.trivial, 1, 3),
        (2 * p4m.trivial, 2, 3),
        (1 * p4m.quotient(p4), 2, 3),
        (1 * p4m.irrep(2), 1, 2),
    ],
    ids=str,
)
def test_a_run_of_which_only_signs_would_be_left_is_refused(small, channels, least):
    """Minus their mean, two numbers are 1 and -1 times a size, which is divided by: no gradient is left."""
    for field_type in (small + 4 * p4m.regular, 4 * p4m.regular + small):
        got = f"{str(small)[3:-1]} in {field_type} (channels normalised together: {channels})"
        with refused(FieldTypeError, "in_type", expected=f"at least {least}", got=got, hint="FieldBatchNorm"):
            FieldLayerNorm(field_type)


@pytest.mark.parametrize("field_type", [3 * p4.trivial, 2 * p4.irrep(2), p4.irrep(1), 2 * D(1).regular], ids=str)
def test_a_run_one_number_larger_keeps_more_than_signs(field_type):
    x = torch.randn(100, field_type.dim, requires_grad=True)
    y = FieldLayerNorm(field_type)(x)
    assert (y.abs() - 1).abs().mean() > 0.1
    assert torch.autograd.grad(y[:, 0].sum(), x)[0].abs().mean() > 0.1


@pytest.mark.parametrize(
    ("field_type", "num_groups", "pixels"),
    [
        (1 * p4.trivial + 1 * p4.regular, 1, 3),
        (4 * p4.trivial, 2, 2),
        (1 * D(1).regular, 1, 2),
        (4 * p4.regular + 4 * p4.irrep(2), 4, 2),
        (1 * p4.irrep(2) + 1 * p4.trivial, 1, 3),
        (1 * p4.trivial + 1 * p4.irrep(2), 1, 3),
    ],
)
def test_a_part_of_too_few_numbers_is_refused_and_larger_planes_are_not(field_type, num_groups, pixels):
    norm = FieldGroupNorm(field_type, num_groups)
    for shape in ((), *((1, width) for width in range(1, pixels))):
        with refused(ShapeError, "x", expected=f"at least {pixels} pixels for ", got=(2, field_type.dim, *shape)):
            norm(torch.randn(2, field_type.dim, *shape))
    x = torch.randn(20, field_type.dim, 1, pixels)
    for channel in norm(x).unbind(1):
        assert (channel.abs() - 1).abs().mean() > 0.1


def test_parts_of_several_numbers_have_no_need_of_a_plane():
    field_type = 6 * p4.trivial + 2 * p4.regular
    assert FieldGroupNorm(field_type, 2)(torch.randn(8, field_type.dim)).std(0).min() > 0.1
