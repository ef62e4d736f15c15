"""Batch norms folded into the convolutions before them, and what that closes."""

import pickle
from collections import OrderedDict
from copy import deepcopy

import pytest
import torch
from symmetry import draw
from torch import nn
from trained_networks import NETWORKS, trained

from equilab.groups import p4
from equilab.models import P4CNN
from equilab.nn import (
    Dropout,
    FieldBatchNorm,
    GroupConv2d,
    GroupConvTranspose2d,
    GroupPool,
    GroupSelfAttention,
    Linear,
    Pointwise,
    Restrict,
    Sequential,
    materialize,
)


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
    "length": lambda body, x: body(x) * len(body),
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


@pytest.mark.parametrize("part", PARTS)
def test_the_error_for_a_part_of_a_folded_sequence_says_what_to_do(part):
    plain = materialize(Featured(p4.regular * 1, PARTS[part]))
    message = r"can only be called whole: use materialize\(model, fold=False\)"
    with pytest.raises((AttributeError, TypeError), match=message):
        plain(torch.zeros(1, 4, 3, 3))


def test_a_folded_sequence_is_copied_pickled_compiled_and_exported():
    a = 2 * p4.regular
    x = draw(a)
    plain = materialize(trained(Featured(a, lambda body, x: body(x) if body else x), x))
    folded = plain.get_submodule("body")
    assert not hasattr(folded, "0")
    with pytest.raises(AttributeError, match=r"no attribute '__missing__'$"):
        folded.__missing__  # noqa: B018
    forms = [deepcopy(plain), pickle.loads(pickle.dumps(folded)), torch.export.export(plain, (x,)).module()]
    forms.append(torch.compile(plain, fullgraph=True, backend="eager"))
    for form in forms:
        assert torch.allclose(form(x), plain(x), atol=1e-13, rtol=0)


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


def test_what_a_pointwise_layer_holds_is_no_identity_for_being_derived_from_one():
    a = 4 * p4.regular
    model, x = Sequential(GroupConv2d(a, a, 3), Pointwise(a, Doubled()), FieldBatchNorm(a)), draw(a)
    model = trained(model, x)
    plain = materialize(model)
    assert torch.allclose(plain(x), model(x), atol=1e-12, rtol=0)
    assert [type(module).__name__ for module in plain] == ["Conv2d", "Doubled", "ChannelAffine"]  # pyright: ignore[reportGeneralTypeIssues]


def test_names_of_a_sequence_stay():
    layers = OrderedDict(body=GroupConv2d(p4.regular, p4.regular, 3), norm=FieldBatchNorm(p4.regular), act=nn.ReLU())
    assert [name for name, _ in materialize(nn.Sequential(layers)).named_children()] == ["body", "act"]


def test_a_synchronised_norm_is_folded_too():
    model = nn.Sequential(GroupConv2d(p4.regular, p4.regular, 3), FieldBatchNorm(p4.regular)).eval()
    x = torch.randn(1, 4, 5, 5)
    expected = model(x)
    shared = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    assert torch.allclose(materialize(shared)(x), expected, atol=1e-6)
