"""Parameters and tables of layers wherever they are put: another device, another dtype, first values again."""

import pytest
import torch
from torch import nn

from equilab.groups import SO2, C, D, p4
from equilab.nn import (
    FieldBatchNorm,
    FieldGroupNorm,
    FieldLayerNorm,
    GroupConv2d,
    GroupConvTranspose2d,
    GroupPool,
    GroupSelfAttention,
    Linear,
    MaxPool2d,
    NormNonlinearity,
)

HIDDEN = 12 * p4.regular + 12 * p4.irrep(1)
LAYERS = {
    "GroupConv2d": lambda: GroupConv2d(HIDDEN, HIDDEN, 3),
    "ring kernels": lambda: GroupConv2d(8 * C(8).regular, 8 * C(8).regular, 3),
    "irreps": lambda: GroupConv2d(8 * SO2.irrep(1), 8 * SO2.irrep(1), 3),
    "GroupConvTranspose2d": lambda: GroupConvTranspose2d(HIDDEN, HIDDEN, 4, stride=2, padding=1),
    "Linear": lambda: Linear(HIDDEN, HIDDEN),
    "FieldBatchNorm": lambda: FieldBatchNorm(HIDDEN),
    "FieldLayerNorm": lambda: FieldLayerNorm(2 * D(6).regular),
    "FieldGroupNorm": lambda: FieldGroupNorm(HIDDEN, 2),
    "GroupPool": lambda: GroupPool(3 * D(5).regular),
    "MaxPool2d": lambda: MaxPool2d(2 * p4.regular, 2),
    "NormNonlinearity": lambda: NormNonlinearity(HIDDEN),
    "GroupSelfAttention": lambda: GroupSelfAttention(8 * p4.regular, 2),
}
every = pytest.mark.parametrize("build", LAYERS.values(), ids=LAYERS.keys())


def stirred(layer: nn.Module) -> nn.Module:
    """The layer with no parameter as it was at first."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter += torch.randn(parameter.shape, generator=generator)
    return layer.eval()


def x_of(layer: nn.Module, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    size = (layer.in_type.dim,) if isinstance(layer, Linear) else (layer.in_type.dim, 8, 8)
    return torch.randn(2, *size, dtype=dtype, generator=torch.Generator().manual_seed(2))


@every
def test_a_layer_built_on_no_device_is_filled_by_to_empty_or_by_assignment(build):
    layer = stirred(build())
    with torch.device("meta"):
        emptied, assigned = build().eval(), build().eval()
    assert all(parameter.is_meta for parameter in emptied.parameters())
    emptied.to_empty(device="cpu").load_state_dict(layer.state_dict())
    assigned.load_state_dict(layer.state_dict(), assign=True)
    for other in (emptied, assigned):
        assert torch.equal(other(x_of(layer)), layer(x_of(layer)))


@every
def test_weights_of_another_dtype_bring_tables_as_exact_as_they_are(build):
    exact = stirred(build().double())
    assigned = build().eval()
    assigned.load_state_dict(exact.state_dict(), assign=True)
    assert torch.equal(assigned(x_of(exact, torch.float64)), exact(x_of(exact, torch.float64)))


@every
def test_a_walk_that_resets_every_module_gives_the_first_values_again(build):
    torch.manual_seed(0)
    fresh = build()
    layer = stirred(build())
    for module in layer.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    for (name, first), again in zip(fresh.named_parameters(), layer.parameters(), strict=True):
        is_constant = bool((first == first.flatten()[0]).all())  # biases, norms: the very same; weights: as spread
        if is_constant:
            assert torch.equal(first, again), name
        else:
            assert 0.7 < float(again.detach().std() / first.detach().std()) < 1.4, name  # of 100 numbers and more


def test_a_convolution_that_is_reset_has_no_bias_left():
    layer = stirred(GroupConv2d(HIDDEN, HIDDEN, 3))
    layer.reset_parameters()
    assert not layer.bias().any()
