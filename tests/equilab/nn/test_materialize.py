"""Trained networks as plain torch, with the same output."""

from collections import OrderedDict

import pytest
import torch
from symmetry import draw
from torch import nn

from equilab.groups import SO2, p4, p4m
from equilab.models import P4CNN
from equilab.nn import (
    AvgPool2d,
    Dropout,
    FieldBatchNorm,
    FieldGroupNorm,
    GatedNonlinearity,
    GroupConv2d,
    GroupConvTranspose2d,
    GroupPool,
    GroupSelfAttention,
    Layer,
    Linear,
    MaxPool2d,
    Restrict,
    Sequential,
    SpatialMean,
    Upsample,
    materialize,
)


def trained(model, x):
    """The model in float64 after three steps in training mode, in evaluation mode."""
    model = model.double().train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        model(x + torch.rand_like(x)).square().mean().backward()
        optimizer.step()
    return model.eval()


def classifier():
    a, b = 4 * p4m.regular, 2 * p4m.regular
    restrict = Restrict(b, p4)
    c = restrict.out_type
    body = Sequential(
        GroupConv2d(2 * p4m.trivial, a, 3, bias=False), FieldBatchNorm(a), nn.ReLU(), Dropout(a), MaxPool2d(a, 2),
        GroupConv2d(a, b, 3, padding=1, groups=2), FieldBatchNorm(b), nn.ELU(), FieldGroupNorm(b, 2), Upsample(b),
        GroupSelfAttention(b), restrict, AvgPool2d(c, 2), GroupPool(c), SpatialMean(),
        Linear(2 * p4.trivial, 3 * p4.trivial), FieldBatchNorm(3 * p4.trivial),
    )  # fmt: skip
    return nn.Sequential(body, nn.Linear(3, 5)), draw(2 * p4m.trivial, 10, batch=4)


def decoder():
    gated = GatedNonlinearity(2 * SO2.irrep(1) + 2 * SO2.trivial)
    body = Sequential(
        GroupConvTranspose2d(2 * SO2.trivial, gated.in_type, 4, stride=2, padding=1),
        FieldBatchNorm(gated.in_type), gated,
        GroupConvTranspose2d(gated.out_type, 4 * SO2.trivial, 3, groups=1, bias=False), FieldBatchNorm(4 * SO2.trivial),
    )  # fmt: skip
    return body, draw(2 * SO2.trivial, 5, batch=4)


def grouped_decoder():
    a = 4 * p4.regular
    return Sequential(GroupConvTranspose2d(a, a, 4, stride=2, groups=2), FieldBatchNorm(a)), draw(a, 5, batch=4)


NETWORKS = [classifier, decoder, grouped_decoder]


@pytest.mark.parametrize("make", NETWORKS)
def test_the_output_is_the_same(make):
    model, x = make()
    model = trained(model, x)
    plain = materialize(model)
    expected = model(x)
    assert not plain.training
    assert (plain(x) - expected).abs().max() < 1e-13 * expected.abs().max()


@pytest.mark.parametrize("make", NETWORKS)
def test_convolutions_and_their_norms_are_one_plain_layer(make):
    model, x = make()
    plain = materialize(trained(model, x))
    left = (GroupConv2d, GroupConvTranspose2d, Linear, FieldBatchNorm, Dropout, Restrict, GroupPool, GroupSelfAttention)
    assert not [module for module in plain.modules() if isinstance(module, left)]
    assert not [name for name, _ in plain.named_modules() if "Affine" in type(plain.get_submodule(name)).__name__]


def test_a_convolution_and_batch_norm_are_torchs_convolution():
    a = 2 * p4.regular
    model, x = Sequential(GroupConv2d(p4.trivial, a, 3), FieldBatchNorm(a), nn.ReLU()), draw(1 * p4.trivial)
    plain = materialize(trained(model, x))
    assert [type(module) for module in plain] == [nn.Conv2d, nn.ReLU]  # pyright: ignore[reportGeneralTypeIssues]
    assert torch.allclose(plain(x), model(x), atol=1e-13, rtol=0)


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


def test_a_norm_without_a_convolution_before_it_stays_a_scale_and_a_shift():
    a = 2 * p4.regular + 1 * p4.irrep(1)
    model, x = Sequential(FieldBatchNorm(a), Dropout(a)), draw(2 * p4.regular + 1 * p4.irrep(1))
    plain = materialize(trained(model, x))
    assert torch.allclose(plain(x), model(x), atol=1e-13, rtol=0)
    assert torch.allclose(plain(x[:, :, 0, 0]), model(x[:, :, 0, 0]), atol=1e-13, rtol=0)


class Featured(nn.Module):
    """A module of a user, which calls its sequence as `call` does."""

    def __init__(self, field_type, call, *layers):
        super().__init__()
        self.body = nn.Sequential(
            GroupConv2d(field_type, field_type, 3, padding=1), FieldBatchNorm(field_type), *layers
        )
        self.call = call

    def forward(self, x):
        return self.call(self.body, x)


def looped(body, x):
    total = 0
    for layer in body:
        x = layer(x)
        total = total + x
    return total


PARTS = {
    "index": lambda body, x: body[0](x) + body[1](x),
    "slice": lambda body, x: body[:1](x) + body[1:](x),
    "loop": looped,
    "name": lambda body, x: getattr(body, "0")(x),
}


@pytest.mark.parametrize("part", PARTS)
def test_a_module_that_calls_parts_of_a_folded_sequence_fails_and_is_right_without_folding(part):
    a = 2 * p4.regular
    model, x = Featured(a, PARTS[part], Dropout(a), nn.ReLU()), draw(a)
    model = trained(model, x)
    plain = materialize(model)
    with pytest.raises(AttributeError if part == "name" else TypeError):
        plain(x)
    plain = materialize(model, fold=False)
    assert torch.allclose(plain(x), model(x), atol=1e-12, rtol=0)
    assert [name for name, _ in plain.get_submodule("body").named_children()] == ["0", "1", "2", "3"]


def test_the_error_for_a_part_of_a_folded_sequence_says_what_to_do():
    plain = materialize(Featured(p4.regular * 1, PARTS["index"]))
    with pytest.raises(TypeError, match=r"can only be called whole: use materialize\(model, fold=False\)"):
        plain(torch.zeros(1, 4, 3, 3))


def test_a_sequence_that_a_module_calls_whole_is_folded():
    a = 2 * p4.regular
    model, x = Featured(a, lambda body, x: x + body(x), Dropout(a), nn.ReLU()), draw(a)
    model = trained(model, x)
    plain = materialize(model)
    assert torch.allclose(plain(x), model(x), atol=1e-12, rtol=0)
    assert [type(module) for module in plain.get_submodule("body.sequence").children()] == [nn.Conv2d, nn.ReLU]


def test_p4cnn_is_folded():
    model = P4CNN(num_fields=2).build((1, 28, 28), generator=torch.Generator().manual_seed(0)).eval()
    plain, x = materialize(model), torch.rand(2, 1, 28, 28)
    assert torch.allclose(plain(x), model(x), atol=1e-5)
    kinds = [type(module).__name__ for module in plain.modules()]
    assert kinds.count("Conv2d") == 7
    assert "ChannelAffine" not in kinds


def test_stages_may_be_called_one_by_one():
    """Only what is folded into one layer is closed: a sequence of such blocks is not."""
    a = 2 * p4.regular

    class Stages(nn.Module):
        def __init__(self):
            super().__init__()
            self.stages = nn.Sequential(*(Sequential(GroupConv2d(a, a, 3), FieldBatchNorm(a)) for _ in range(2)))

        def forward(self, x):
            first = self.stages[0](x)
            return first[:, :, 1:-1, 1:-1] + self.stages[1](first)

    x = draw(a)
    model = trained(Stages(), x)
    plain = materialize(model)
    assert torch.allclose(plain(x), model(x), atol=1e-12, rtol=0)
    assert not [module for module in plain.modules() if type(module).__name__ == "ChannelAffine"]


class ConvReLU(nn.Conv2d):
    def forward(self, input):
        return super().forward(input).relu()


class Doubled(nn.Identity):
    def forward(self, input):
        return 2 * input


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.nn.utils.parametrizations.spectral_norm(nn.Conv2d(16, 16, 3)),
        lambda: torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(16, 16, 3)),
        lambda: ConvReLU(16, 16, 3),
        lambda: nn.Linear(16, 16),  # of the width
        lambda: nn.Conv2d(16, 16, 3),
        Doubled,
    ],
    ids=["spectral_norm", "weight_norm", "subclass", "linear", "conv", "no_identity"],
)
def test_modules_of_others_in_a_sequence_stay_as_they_are(make):
    a = 4 * p4.regular
    torch.manual_seed(0)
    model, x = nn.Sequential(Dropout(a), make(), FieldBatchNorm(a)), draw(a, 16)
    model = trained(model, x)
    plain = materialize(model)
    assert torch.allclose(plain(x), model(x), atol=1e-12, rtol=0)
    assert [type(module).__name__ for module in plain] == [type(model[1]).__name__, "ChannelAffine"]  # pyright: ignore[reportGeneralTypeIssues]


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


def test_names_of_a_sequence_stay():
    layers = OrderedDict(body=GroupConv2d(p4.regular, p4.regular, 3), norm=FieldBatchNorm(p4.regular), act=nn.ReLU())
    assert [name for name, _ in materialize(nn.Sequential(layers)).named_children()] == ["body", "act"]


def test_a_synchronised_norm_is_folded_too():
    model = nn.Sequential(GroupConv2d(p4.regular, p4.regular, 3), FieldBatchNorm(p4.regular)).eval()
    x = torch.randn(1, 4, 5, 5)
    expected = model(x)
    shared = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    assert torch.allclose(materialize(shared)(x), expected, atol=1e-6)
