"""First weights: their variance, and the drift of the mean square of the features from layer 5 to layer 20."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from equilab.groups import SO2, C, D
from equilab.nn import FieldBatchNorm, GatedNonlinearity, GroupConv2d, GroupConvTranspose2d

DEPTH = 20


def mean_squares(make, channels, *, seed, size=5, between=torch.relu, kernel_size=3):
    """Mean squares of the outputs of DEPTH convolutions with `between` after each, on images whose edges meet."""
    generator = torch.Generator().manual_seed(seed)
    x, found = torch.randn(1, channels, size, size, generator=generator), []
    with torch.no_grad():
        for _ in range(DEPTH):
            x = make(generator)(functional.pad(x, (kernel_size // 2,) * 4, mode="circular"))
            found.append(float(x.square().mean()))
            x = between(x)
    return found


@pytest.mark.parametrize(
    ("field_type", "kernel_size"),
    [
        (48 * C(4).regular, 3),
        (32 * D(4).regular, 3),
        (32 * C(8).regular, 3),
        (24 * C(8).regular, 5),
        (128 * C(4).trivial, 3),
        (96 * C(4).quotient(C(2)), 3),
        (128 * SO2.trivial, 5),
    ],
    ids=str,
)
def test_relu_networks_keep_the_variance_through_20_layers(field_type, kernel_size):
    """Geometric mean over seeds, layer 20 over layer 5, when the features have become smooth.

    The log of a ReLU network's mean square walks at random, with variance 5 / width and drift -2.5 / width per layer
    (Hanin & Rolnick 2018). The width that counts is the number of fields, as the channels of one share weights.
    """

    def make(generator):
        return GroupConv2d(field_type, field_type, kernel_size, bias=False, generator=generator)

    runs = [mean_squares(make, field_type.dim, seed=seed, kernel_size=kernel_size) for seed in range(3)]
    change = sum(math.log(run[-1] / run[4]) for run in runs) / len(runs)
    spread = (5 / field_type.num_fields * (DEPTH - 5) / len(runs)) ** 0.5
    assert abs(change + 2.5 / field_type.num_fields * (DEPTH - 5)) < 2 * spread
    assert all(0.15 < run[0] < 2.5 for run in runs)  # of white noise: 2 for regular fields on the grid, less for smooth


@pytest.mark.parametrize("field_type", [8 * C(4).regular, 8 * D(4).regular], ids=str)
def test_the_entries_of_filters_between_regular_fields_have_variance_two_over_fan_in(field_type):
    kernel = GroupConv2d(field_type, field_type, 3, generator=torch.Generator().manual_seed(0)).kernel()
    fan_in = field_type.dim * 9
    assert kernel.var().item() == pytest.approx(2 / fan_in, rel=0.1)
    assert abs(kernel.mean().item()) < 4 * (2 / fan_in / (kernel.numel() / field_type.group.order)) ** 0.5


@pytest.mark.parametrize("group", [C(4), D(4), C(8)], ids=str)
def test_decoders_of_transposed_convolutions_keep_the_variance(group):
    field_type, generator = 32 * group.regular, torch.Generator().manual_seed(0)
    x, found = torch.randn(1, field_type.dim, 8, 8, generator=generator), []
    with torch.no_grad():
        for _ in range(4):
            conv = GroupConvTranspose2d(field_type, field_type, 4, stride=2, padding=1, generator=generator)
            x = conv(x)[..., 4:12, 4:12]  # the centre, which the edges do not reach
            found.append(float(x.square().mean()))
            x = x.relu()
    assert all(0.7 < value < 4 for value in found), found


@pytest.mark.parametrize("group", [C(4), SO2], ids=str)
def test_gated_networks_keep_the_variance_with_a_norm_of_fields(group):
    """Without one a gate of 1/2 quarters the mean square, and a convolution doubles it: a half per layer."""
    out_type = 12 * group.trivial + 12 * group.irrep(1) + 6 * group.irrep(2)
    gated = GatedNonlinearity(out_type)
    norm = FieldBatchNorm(gated.in_type)

    def make(generator):
        return GroupConv2d(out_type, gated.in_type, 3, bias=False, generator=generator)

    normed = mean_squares(lambda g: nn.Sequential(make(g), norm), out_type.dim, seed=0, between=gated)
    assert 0.7 < normed[-1] < 1.3
    alone = mean_squares(make, out_type.dim, seed=0, between=gated)
    assert alone[-1] < 0.1 * alone[0]
