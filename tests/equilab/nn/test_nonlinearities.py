"""Nonlinearities: pointwise ones where channels are permuted, gates and norms elsewhere, and ReLU where it is a bug."""

import pytest
import torch
from symmetry import ROUND_OFF, draw, error
from torch import nn

from equilab.errors import FieldTypeError, ShapeError
from equilab.groups import O2, SO2, C, p4, p4m
from equilab.nn import FieldNorms, GatedNonlinearity, NormNonlinearity, Pointwise
from tests.refused import refused

MIXED = 2 * p4m.regular + 2 * p4m.irrep(1) + 1 * p4m.irrep(2, -1) + 1 * p4m.trivial


@pytest.mark.parametrize("function", [nn.ReLU(), nn.ELU(), torch.sin, torch.square])
def test_pointwise_functions_commute_with_permutations(function):
    field_type = 2 * p4m.regular + 1 * p4m.quotient(C(4))
    layer = Pointwise(field_type, function)
    x = draw(field_type)
    assert torch.equal(layer(x), function(x))
    assert error(layer, x, field_type, field_type) < ROUND_OFF


@pytest.mark.parametrize("rho", [p4.irrep(1), p4.irrep(2), p4m.irrep(0, -1), SO2.irrep(1)], ids=str)
def test_relu_on_other_fields_is_refused_and_would_break_the_symmetry(rho):
    got, hint = f"{rho} in {2 * rho}", "eq.nn.GatedNonlinearity or eq.nn.NormNonlinearity"
    with refused(FieldTypeError, "in_type", expected="Pointwise", got=got, hint=hint):
        Pointwise(2 * rho, nn.ReLU())
    elements = [rho.group.element("1/4"), *([rho.group.element(0, mirror=True)] if rho.group.mirrors else [])]
    assert error(torch.relu, draw(2 * rho), 2 * rho, 2 * rho, elements) > 0.5


@pytest.mark.parametrize("layer", [GatedNonlinearity(MIXED), NormNonlinearity(MIXED), FieldNorms(MIXED)], ids=type)
def test_gates_and_norms_commute_with_the_group_on_every_field(layer):
    layer = layer.double()
    assert error(layer, draw(layer.in_type), layer.in_type, layer.out_type) < ROUND_OFF


def test_a_turn_of_the_features_by_any_angle_commutes_with_gates_and_norms():
    field_type = 2 * O2.irrep(1) + 1 * O2.irrep(3) + 1 * O2.irrep(0, -1)
    g = O2.element("1/7", mirror=True)
    for layer in (GatedNonlinearity(field_type), NormNonlinearity(field_type).double(), FieldNorms(field_type)):
        x = draw(layer.in_type)
        turned = layer(layer.in_type.mix(g, x))
        assert torch.allclose(turned, layer.out_type.mix(g, layer(x)), atol=ROUND_OFF, rtol=0)


def test_gates_follow_the_fields_that_they_open():
    gated = GatedNonlinearity(1 * p4.irrep(1) + 1 * p4.regular)
    assert str(gated.in_type) == "C4[1*irrep(1) + 1*regular + 2*trivial]"
    x = draw(gated.in_type)
    expected = torch.cat([x[:, :2] * x[:, 6:7].sigmoid(), x[:, 2:6] * x[:, 7:8].sigmoid()], 1)
    assert torch.allclose(gated(x), expected, atol=1e-15, rtol=0)


def test_norms_are_shifted_by_a_bias_of_minus_a_tenth_at_first():
    layer = NormNonlinearity(p4.irrep(1)).double()
    x = torch.tensor([[3.0, 4.0], [0.05, 0.0]], dtype=torch.float64)
    assert torch.allclose(layer(x), torch.tensor([[3.0, 4.0], [0, 0]]).double() * (4.9 / 5), atol=1e-7, rtol=0)


def test_norms_are_invariant_channels():
    layer = FieldNorms(2 * p4.irrep(1) + 1 * p4.trivial)
    assert str(layer.out_type) == "C4[3*trivial]"
    assert layer(torch.tensor([[3.0, 4.0, 0.0, 1.0, -2.0]])).tolist() == [[5, 1, 2]]


@pytest.mark.parametrize("layer", [GatedNonlinearity(p4.regular), NormNonlinearity(p4.regular), FieldNorms(p4.regular)])
def test_wrong_channels_are_refused(layer):
    with refused(ShapeError, "x", expected=f"(batch, {layer.in_type.dim}, H, W) or ", got=(1, 7, 2, 2)):
        layer(torch.zeros(1, 7, 2, 2))
