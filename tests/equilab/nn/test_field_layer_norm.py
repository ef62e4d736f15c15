"""Layer and group normalisation of fields, against torch's."""

import pytest
import torch
from symmetry import ROUND_OFF, draw, error
from torch import nn

from equilab.errors import SettingError, ShapeError
from equilab.groups import p4, p4m
from equilab.nn import FieldGroupNorm, FieldLayerNorm


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
    with pytest.raises(SettingError, match=r"num_groups: expected a divisor of the 4 fields of C4\.regular, got 3"):
        FieldGroupNorm(4 * p4.regular, 3)
    with pytest.raises(SettingError, match=r"num_groups: expected an integer of at least 1, got 0"):
        FieldGroupNorm(4 * p4.regular, 0)


@pytest.mark.parametrize("lone", [p4.trivial, p4.irrep(2)], ids=str)
def test_a_lone_channel_would_lose_everything_and_is_refused(lone):
    """Minus its own mean it is 0 at every pixel, over its own root mean square it is its sign: no gradient is left."""
    for field_type in (1 * lone + 4 * p4.regular, 4 * p4.regular + 1 * lone):
        with pytest.raises(SettingError, match=r"in_type: expected runs of at least two channels, got 1\*\w+\S* in C4"):
            FieldLayerNorm(field_type)
    for field_type in (2 * lone + 4 * p4.regular, 1 * p4.irrep(1) + 1 * p4.regular):
        FieldLayerNorm(field_type)


@pytest.mark.parametrize(
    ("field_type", "num_groups"), [(1 * p4.trivial + 1 * p4.regular, 1), (4 * p4.regular + 4 * p4.irrep(2), 4)]
)
def test_a_part_of_one_number_is_refused_and_larger_planes_are_not(field_type, num_groups):
    norm = FieldGroupNorm(field_type, num_groups)
    for x in (torch.randn(2, field_type.dim), torch.randn(2, field_type.dim, 1, 1)):
        with pytest.raises(ShapeError, match=r"x: expected more than one pixel, got \(2, \d+.*: a part of \d\*\w+"):
            norm(x)
    x = torch.randn(2, field_type.dim, 1, 2, requires_grad=True)
    norm(x).square().sum().backward()
    for index in range(field_type.dim):
        assert norm(x)[:, index].std() > 0.1


def test_parts_of_several_numbers_have_no_need_of_a_plane():
    field_type = 4 * p4.trivial + 2 * p4.regular
    assert FieldGroupNorm(field_type, 2)(torch.randn(8, field_type.dim)).std(0).min() > 0.1
