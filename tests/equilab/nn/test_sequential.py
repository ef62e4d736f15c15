"""A sequence that looks at its neighbours when it is built."""

import pytest
import torch
from symmetry import ROUND_OFF, draw, error
from torch import nn

from equilab.errors import FieldTypeError
from equilab.groups import p4, p4m
from equilab.nn import (
    Dropout,
    FieldBatchNorm,
    GroupConv2d,
    GroupPool,
    Linear,
    NormNonlinearity,
    Pointwise,
    Sequential,
    SpatialMean,
)
from tests.refused import refused

X, HIDDEN, VECTORS = 1 * p4.trivial, 4 * p4.regular, 2 * p4.irrep(1)
LIFT = GroupConv2d(X, HIDDEN, 3)


def test_its_types_are_those_of_its_ends():
    inner = Sequential(FieldBatchNorm(HIDDEN), nn.ReLU())
    body = Sequential(
        GroupConv2d(X, HIDDEN, 3), inner, Dropout(HIDDEN), nn.Identity(), GroupPool(HIDDEN), SpatialMean()
    )
    assert (str(body.in_type), str(body.out_type)) == ("C4[1*trivial]", "C4[4*trivial]")
    body = body.double().eval()
    assert error(body, draw(X), body.in_type, body.out_type) < ROUND_OFF


ACTIVATIONS = [
    nn.ReLU(), nn.GELU(), nn.Tanh(), nn.LeakyReLU(0.2), nn.SiLU(), nn.Softplus(), nn.PReLU(), nn.Hardshrink(),
    nn.Softshrink(), nn.Tanhshrink(), nn.Threshold(0.1, 0.2),
]  # fmt: skip


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda function: type(function).__name__)
def test_activations_of_torch_may_stand_after_permuted_fields_only(function):
    body = Sequential(GroupConv2d(X, HIDDEN, 3), function).double()
    assert body.out_type == HIDDEN
    assert error(body, draw(X, 9), X, HIDDEN) < ROUND_OFF
    name = type(function).__name__
    got, hint = f"C4.irrep(1) in {VECTORS}", "eq.nn.GatedNonlinearity"
    with refused(FieldTypeError, f"layer 1 ({name})", expected="permuted", got=got, hint=hint):
        Sequential(GroupConv2d(X, VECTORS, 3), function)


def test_the_identity_may_stand_anywhere_but_first():
    assert Sequential(GroupConv2d(X, VECTORS, 3), nn.Identity(), NormNonlinearity(VECTORS)).out_type == VECTORS


@pytest.mark.parametrize(
    ("module", "better"),
    [
        (nn.BatchNorm2d(16), "FieldBatchNorm"),
        (nn.SyncBatchNorm(16), "FieldBatchNorm"),
        (nn.GroupNorm(4, 16), "FieldGroupNorm"),
        (nn.LayerNorm(16), "FieldLayerNorm"),
        (nn.InstanceNorm2d(16), "FieldGroupNorm"),
        (nn.Conv2d(16, 16, 3), "GroupConv2d"),
        (nn.ConvTranspose2d(16, 16, 3), "GroupConvTranspose2d"),
        (nn.Linear(16, 16), "Linear"),
        (nn.MaxPool2d(2), "MaxPool2d"),
        (nn.AvgPool2d(2), "AvgPool2d"),
        (nn.AdaptiveAvgPool2d(1), "AdaptiveAvgPool2d"),
        (nn.Upsample(scale_factor=2), "Upsample"),
        (nn.Dropout(), "Dropout"),
        (nn.Dropout2d(), "Dropout"),
        (nn.Sequential(nn.ReLU()), "Sequential"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_knows_no_fields_is_refused_with_what_to_use(module, better):
    name = type(module).__name__
    with refused(FieldTypeError, f"layer 1 ({name})", expected="in_type", got="none", hint=f"eq.nn.{better}, or end"):
        Sequential(LIFT, module)


def test_a_slope_per_channel_is_refused():
    with refused(FieldTypeError, "layer 1 (PReLU)", expected="in_type", got="none", hint="one slope for all channels"):
        Sequential(LIFT, nn.PReLU(16))


def test_what_it_refuses_would_break_the_symmetry():
    torch.manual_seed(0)
    lift = GroupConv2d(X, HIDDEN, 3).double()
    for module in (nn.GroupNorm(8, 16), nn.Conv2d(16, 16, 3), nn.MaxPool2d(2), nn.PReLU(16)):
        for parameter in module.parameters():
            nn.init.normal_(parameter)  # trained, no two channels are alike
        assert error(nn.Sequential(lift, module.double()), draw(X, 11), X, HIDDEN) > 0.1


def test_neighbours_that_do_not_fit_are_named():
    with refused(FieldTypeError, "layer 1 (GroupConv2d)", expected="C4[4*regular]", got="C4[2*regular]"):
        Sequential(LIFT, GroupConv2d(2 * p4.regular, HIDDEN, 3))
    with refused(FieldTypeError, "layer 1 (FieldBatchNorm)", expected="C4", got="D4[4*regular]"):
        Sequential(LIFT, FieldBatchNorm(4 * p4m.regular))
    with refused(FieldTypeError, "layer 0 (ReLU)", expected="in_type", got="none", hint="eq.nn.Pointwise"):
        Sequential(nn.ReLU(), LIFT)
    with refused(FieldTypeError, "layer 1 (GroupConv2d)", expected="C4[4*regular]", got="C4[1*trivial]"):
        Sequential(LIFT, LIFT)
    with refused(FieldTypeError, "layer 1 (Flatten)", expected="in_type", got="none", hint="end the equivariant part"):
        Sequential(LIFT, nn.Flatten())
    with refused(FieldTypeError, "Sequential", expected="at least one layer", got="none"):
        Sequential()


def test_a_layer_that_does_not_fit_is_not_put_in_later():
    body = Sequential(LIFT, nn.ReLU())
    with refused(FieldTypeError, "layer 2 (BatchNorm2d)", expected="in_type", got="none"):
        body.append(nn.BatchNorm2d(16))
    with refused(FieldTypeError, "layer 1 (Conv2d)", expected="in_type", got="none"):
        body.insert(1, nn.Conv2d(16, 16, 3))
    with refused(FieldTypeError, "layer 1 (BatchNorm2d)", expected="in_type", got="none"):
        body[1] = nn.BatchNorm2d(16)
    with refused(FieldTypeError, "layer 1 (Conv2d)", expected="in_type", got="none"):
        body[-1] = nn.Conv2d(16, 16, 3)
    with refused(FieldTypeError, "layer 2 (BatchNorm2d)", expected="in_type", got="none"):
        body += nn.Sequential(nn.BatchNorm2d(16))
    with refused(FieldTypeError, "layer 3 (BatchNorm2d)", expected="in_type", got="none"):
        body.extend(iter([nn.Tanh(), nn.BatchNorm2d(16)]))
    with refused(FieldTypeError, "layer 2 (GroupConv2d)", expected="C4[4*regular]", got="C4[1*trivial]"):
        body += body
    with refused(FieldTypeError, "layer 2 (GroupConv2d)", expected="C4[4*regular]", got="C4[1*trivial]"):
        body *= 2
    assert [type(layer) for layer in body] == [GroupConv2d, nn.ReLU]
    assert body.append(GroupPool(HIDDEN)).insert(1, nn.Tanh()).out_type == GroupPool(HIDDEN).out_type
    body.add_module("0", nn.Conv2d(1, 16, 3))  # torch's own ways around are seen by the next look
    with refused(FieldTypeError, "layer 0 (Conv2d)", expected="in_type", got="none"):
        body.check()


def test_a_layer_that_fits_is_put_in_later():
    body = Sequential(GroupConv2d(X, HIDDEN, 3), nn.ReLU())
    body[-1] = nn.Tanh()
    body += nn.Sequential(FieldBatchNorm(HIDDEN), nn.ReLU())
    assert [type(layer) for layer in body] == [GroupConv2d, nn.Tanh, FieldBatchNorm, nn.ReLU]
    twice = Sequential(FieldBatchNorm(HIDDEN), nn.ReLU())
    twice *= 2
    assert (len(twice), twice.out_type) == (4, HIDDEN)
    with pytest.raises(IndexError):
        body[4] = nn.ReLU()


def test_a_sequence_may_be_put_after_itself():
    layers = FieldBatchNorm(HIDDEN), nn.ReLU()
    body = Sequential(*layers)
    body += body
    assert [*body] == [*layers] * 2
    assert [*body.extend(body)] == [*layers] * 4


def test_what_is_not_checked():
    body = Sequential(GroupConv2d(X, HIDDEN, 3), nn.ReLU(), GroupPool(HIDDEN))
    for unchecked in (body + nn.Sequential(nn.BatchNorm2d(4)), body * 2):
        assert type(unchecked) is nn.Sequential
    del body[0]
    with refused(FieldTypeError, "layer 0 (ReLU)", expected="in_type", got="none"):
        body.append(nn.ReLU())


def test_images_and_vectors_are_told_apart():
    linear, conv = Linear(HIDDEN, HIDDEN), GroupConv2d(HIDDEN, HIDDEN, 1)
    assert Sequential(LIFT, SpatialMean(), linear).out_type == HIDDEN
    with refused(FieldTypeError, "layer 1 (Linear)", expected="images", got="one for vectors"):
        Sequential(LIFT, linear)
    with refused(FieldTypeError, "layer 2 (GroupConv2d)", expected="vectors", got="one for images"):
        Sequential(LIFT, SpatialMean(HIDDEN), conv)
    with refused(FieldTypeError, "layer 1 (GroupConv2d)", expected="vectors", got="one for images"):
        Sequential(Sequential(LIFT, nn.ReLU(), SpatialMean(HIDDEN)), conv)


def test_deep_nesting_is_looked_through_once():
    looked = 0

    class Counted(Pointwise):
        @property
        def out_type(self):
            nonlocal looked
            looked += 1
            return self.in_type

        @out_type.setter
        def out_type(self, value):
            pass

    body = Counted(HIDDEN, torch.relu)
    for _ in range(20):
        body = Sequential(body)
    looked = 0
    body.check()
    assert looked == 1


def test_a_slice_that_begins_with_field_types_is_a_sequence_too():
    body = Sequential(LIFT, nn.ReLU(), Sequential(GroupPool(HIDDEN)), SpatialMean())
    for part in (body[:2], body[2:], body[-2:]):
        assert type(part) is Sequential
    assert body[:2].out_type == HIDDEN
    assert body[2:].in_type == HIDDEN


def test_any_other_slice_is_torchs():
    body = Sequential(LIFT, nn.ReLU(), GroupPool(HIDDEN), SpatialMean())
    for part, length in ((body[1:], 3), (body[:0], 0), (body[-1:], 1)):
        assert type(part) is nn.Sequential
        assert len(part) == length
    x = torch.randn(2, 1, 7, 7)
    assert torch.equal(body[1:](body[:1](x)), body(x))
    assert [*body[1:].state_dict()] == [name for name in body.state_dict() if not name.startswith("0.")]


def test_the_last_layer_may_be_popped():
    body = Sequential(LIFT, nn.ReLU(), GroupPool(HIDDEN))
    assert isinstance(body.pop(2), GroupPool)
    assert type(body.pop(slice(1, 2))) is nn.Sequential
    assert body.out_type == HIDDEN
