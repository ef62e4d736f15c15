"""Pools over windows: exact at the sizes they accept, and what the others cost."""

import pytest
import torch
from symmetry import ROUND_OFF, draw, error
from torch.nn import functional

from equilab.errors import EquivarianceError, FieldTypeError, SettingError, ShapeError
from equilab.groups import C, D, p4, p4m
from equilab.nn import AdaptiveMaxPool2d, AvgPool2d, Downsample, MaxPool2d
from tests.refused import refused

T = 2 * p4m.regular
MIXED = 1 * p4m.regular + 1 * p4m.irrep(1)
QUARTER = [p4m.element("1/4")]

PARITY = [  # settings, remainder of the size that is exact, and the error measured at other sizes
    (MaxPool2d, {"kernel_size": 2}, 0, 0.6),
    (MaxPool2d, {"kernel_size": 3, "stride": 2, "padding": 1}, 1, 0.3),
    (AvgPool2d, {"kernel_size": 2}, 0, 1.0),
    (AvgPool2d, {"kernel_size": 3, "stride": 2, "padding": 1}, 1, 0.7),
    (Downsample, {}, 0, 1.0),
]


@pytest.mark.parametrize("size", [9, 10])
@pytest.mark.parametrize(("kind", "settings", "exact", "measured"), PARITY)
def test_parity_of_pools(kind, settings, exact, measured, size):
    """Normal noise, 2-norms, quarter turns: max pool k2 s2 is exact at even sizes and off by 0.6 at odd ones."""
    pool, x = kind(T, **settings), draw(T, size)
    if size % 2 == exact:
        assert error(pool, x, T, T) < ROUND_OFF
        return
    with refused(EquivarianceError, "x", expected=f"height {size - 1} or {size + 1}", got=size):
        pool(x)
    with pytest.warns(UserWarning, match=f"got {size}; .* breaks the symmetry"):
        kind(T, **settings, exact="warn")(x)
    assert error(kind(T, **settings, exact="off"), x, T, T, QUARTER) > 0.8 * measured
    for good in (size - 1, size + 1):
        assert error(pool, draw(T, good), T, T) < ROUND_OFF


def test_they_are_torchs():
    x = draw(T, 12)
    pairs = [
        (MaxPool2d(T, 3, stride=3), functional.max_pool2d(x, 3, 3)),
        (AvgPool2d(T, 4, padding=2), functional.avg_pool2d(x, 4, 4, 2)),
        (Downsample(T, scale=3), functional.avg_pool2d(x, 3)),
    ]
    for layer, expected in pairs:
        assert torch.allclose(layer(x), expected, atol=1e-14, rtol=0)
        assert layer.out_type == T


def test_only_the_axes_that_a_group_reverses_are_guarded():
    assert MaxPool2d(D(1).regular, 2)(torch.zeros(1, 2, 7, 8)).shape == (1, 2, 3, 4)
    assert MaxPool2d(C(1).regular, 2)(torch.zeros(1, 1, 7, 7)).shape == (1, 1, 3, 3)
    with refused(EquivarianceError, "x", expected="width 6 or 8", got=7):
        MaxPool2d(D(1).regular, 2)(torch.zeros(1, 2, 8, 7))


def test_a_maximum_of_mixed_channels_is_refused_and_would_break_the_symmetry():
    for kind in (MaxPool2d, AdaptiveMaxPool2d):
        hint = kind.__name__.replace("Max", "Avg")
        with refused(FieldTypeError, "in_type", expected=f"for {kind.__name__}", hint=f"eq.nn.{hint}"):
            kind(MIXED, 2)
    vectors = 2 * p4.irrep(1)
    assert error(lambda x: functional.max_pool2d(x, 2), draw(vectors, 8), vectors, vectors) > 0.3


@pytest.mark.parametrize(
    ("make", "argument", "expected", "got"),
    [
        (lambda: MaxPool2d(T, 0), "kernel_size", "at least 1", 0),
        (lambda: MaxPool2d(T, 2, stride=0), "stride", "at least 1", 0),
        (lambda: MaxPool2d(T, (2, 2)), "kernel_size", "an integer of at least 1", "(2, 2) of type tuple"),
        (lambda: MaxPool2d(T, 3, padding=2), "padding", "0 to kernel_size / 2 = 1", 2),
        (lambda: AvgPool2d(T, 3, padding=-1), "padding", "at least 0", -1),
        (lambda: AvgPool2d(T, 3, exact="never"), "exact", "'raise', 'warn' or 'off'", "'never'"),
        (lambda: Downsample(T, scale=0), "scale", "at least 1", 0),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, argument, expected, got):
    with refused(SettingError, argument, expected=expected, got=got):
        make()


@pytest.mark.parametrize("layer", [MaxPool2d(T, 2)])
def test_wrong_channels_are_refused(layer):
    with refused(ShapeError, "x", expected="(batch, 16, H, W) for D4[2*regular]", got=(1, 2, 8, 8)):
        layer(torch.zeros(1, 2, 8, 8))
