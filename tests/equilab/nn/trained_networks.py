"""Networks of many layers and what trains them a little: the inputs of the tests of materialize."""

import torch
from symmetry import draw
from torch import nn

from equilab.groups import SO2, p4, p4m
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
    Linear,
    MaxPool2d,
    Restrict,
    Sequential,
    SpatialMean,
    Upsample,
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
