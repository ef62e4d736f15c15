"""Trained networks as plain torch, with the same output."""

import pytest
import torch
from symmetry import draw
from torch import nn
from trained_networks import NETWORKS, classifier, trained

from equilab.groups import p4
from equilab.nn import FieldBatchNorm, GroupConv2d, Layer, Sequential, materialize


@pytest.mark.parametrize("make", NETWORKS)
def test_the_output_is_the_same(make):
    model, x = make()
    model = trained(model, x)
    plain = materialize(model)
    expected = model(x)
    assert not plain.training
    assert (plain(x) - expected).abs().max() < 1e-13 * expected.abs().max()


def test_nothing_is_shared_and_the_model_is_left_as_it_was():
    model, _ = classifier()
    model = model.double().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    plain = materialize(model)
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter.zero_()
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


class Residual(nn.Module):
    """A block of a user."""

    def __init__(self, field_type):
        super().__init__()
        self.body = nn.ModuleList([GroupConv2d(field_type, field_type, 3, padding=1), FieldBatchNorm(field_type)])

    def forward(self, x):
        for layer in self.body:
            x = x + layer(x)
        return x


class Backwards(nn.Sequential):
    """A sequence with a forward of its own."""

    def forward(self, x):  # pyright: ignore[reportIncompatibleMethodOverride]
        for layer in reversed(self):
            x = layer(x)
        return x


@pytest.mark.parametrize("kind", ["module", "sequence"])
def test_modules_of_others_keep_their_own_forward(kind):
    a = 2 * p4.regular
    model = Residual(a) if kind == "module" else Backwards(FieldBatchNorm(a), GroupConv2d(a, a, 3))
    x = draw(a)
    model = trained(model, x)
    plain = materialize(model)
    assert torch.allclose(plain(x), model(x), atol=1e-12, rtol=0)
    assert not [module for module in plain.modules() if isinstance(module, Layer)]


class Body(nn.Sequential):
    """A sequence with one more method."""

    def features(self, x):
        return self[0](x)


class TypedBody(Sequential):
    def features(self, x):
        return self[:1](x)


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("kind", [Body, TypedBody])
def test_a_class_derived_from_a_sequence_keeps_its_class_and_its_layers(kind, fold):
    a = 2 * p4.regular
    model, x = kind(GroupConv2d(a, a, 3), FieldBatchNorm(a), nn.ReLU()), draw(a)
    model = trained(model, x)
    whole = nn.Sequential(model)
    plain, inside = materialize(model, fold=fold), materialize(whole, fold=fold)[0]  # pyright: ignore[reportIndexIssue]
    for found in (plain, inside):
        assert type(found) is kind
        assert [type(module).__name__ for module in found] == ["Conv2d", "ChannelAffine", "ReLU"]
        assert torch.allclose(found(x), model(x), atol=1e-12, rtol=0)
        assert torch.allclose(found.features(x), model.features(x), atol=1e-12, rtol=0)


def test_a_module_that_stands_in_two_places_stays_one():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = self.second = GroupConv2d(p4.regular, p4.regular, 3, padding=1)

        def forward(self, x):
            return self.second(self.first(x))

    model = Twice()
    plain = materialize(model)
    assert plain.first is plain.second
    assert type(plain.first) is nn.Conv2d
    x = torch.randn(1, 4, 5, 5)
    assert torch.allclose(plain(x), model(x), atol=1e-6)
