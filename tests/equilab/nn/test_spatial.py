"""Samplers of the plane and pools to a given size: exact at every size."""

import pytest
import torch
from symmetry import ROUND_OFF, draw, error
from torch.nn import functional

from equilab.errors import SettingError, ShapeError
from equilab.groups import p4m
from equilab.nn import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d, Upsample
from tests.refused import refused

T = 2 * p4m.regular
MIXED = 1 * p4m.regular + 1 * p4m.irrep(1)


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize(
    "layer",
    [Upsample(MIXED), Upsample(MIXED, scale=3), Upsample(MIXED, mode="bilinear"), AdaptiveAvgPool2d(MIXED, 3),
     AdaptiveMaxPool2d(T, 3), AvgPool2d(MIXED, 3, stride=1, padding=1), MaxPool2d(T, 2, stride=1)],
    ids=str,
)  # fmt: skip
def test_samplers_and_adaptive_pools_are_exact_at_every_size(layer, size):
    assert error(layer, draw(layer.in_type, size), layer.in_type, layer.out_type) < ROUND_OFF


def test_they_are_torchs():
    x = draw(T, 12)
    pairs = [
        (Upsample(T, scale=3), x.repeat_interleave(3, 2).repeat_interleave(3, 3)),
        (AdaptiveAvgPool2d(T, 5), functional.adaptive_avg_pool2d(x, 5)),
        (AdaptiveMaxPool2d(T, 5), functional.adaptive_max_pool2d(x, 5)),
    ]
    for layer, expected in pairs:
        assert torch.allclose(layer(x), expected, atol=1e-14, rtol=0)
        assert layer.out_type == T


@pytest.mark.parametrize(
    ("make", "argument", "expected", "got"),
    [
        (lambda: Upsample(T, scale=1.5), "scale", "at least 1", "1.5 of type float"),
        (lambda: Upsample(T, mode="bicubic"), "mode", "'nearest' or 'bilinear'", "'bicubic'"),
        (lambda: AdaptiveAvgPool2d(T, (2, 3)), "output_size", "at least 1", "(2, 3) of type tuple"),
        (lambda: AdaptiveMaxPool2d(T, 0), "output_size", "at least 1", 0),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, argument, expected, got):
    with refused(SettingError, argument, expected=expected, got=got):
        make()


@pytest.mark.parametrize("layer", [Upsample(T), AdaptiveAvgPool2d(T, 2), AdaptiveMaxPool2d(T, 2)])
def test_wrong_channels_are_refused(layer):
    with refused(ShapeError, "x", expected="(batch, 16, H, W) for D4[2*regular]", got=(1, 2, 8, 8)):
        layer(torch.zeros(1, 2, 8, 8))
