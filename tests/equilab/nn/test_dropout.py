"""Dropout of whole fields."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from symmetry import draw
from torch import nn

from equilab.errors import SettingError
from equilab.groups import p4m
from equilab.nn import Dropout
from tests.refused import refused

MIXED = 3 * p4m.regular + 2 * p4m.irrep(1) + 2 * p4m.trivial


def drawn(layer, x, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return layer(x)


def test_a_field_is_dropped_whole_or_kept_whole():
    x = draw(MIXED, 4, batch=50)
    factors = drawn(Dropout(MIXED, 0.25), x) / x
    for _, start, stop in MIXED:
        of_field = factors[:, start:stop].flatten(1)
        assert torch.allclose(of_field, of_field[:, :1].expand_as(of_field), atol=1e-12)
        assert set(of_field[:, 0].round(decimals=6).tolist()) == {0.0, round(4 / 3, 6)}


def test_the_expectation_is_the_input():
    x = torch.ones(20_000, MIXED.dim)
    mean = drawn(Dropout(MIXED, 0.25), x).mean(0)
    assert (mean - 1).abs().max() < 5 * (0.25 / 0.75 / 20_000) ** 0.5


def test_every_draw_commutes_with_the_group():
    layer, x = Dropout(MIXED, 0.5), draw(MIXED, 6)
    for g in p4m:
        assert torch.equal(drawn(layer, MIXED.act(g, x)) == 0, MIXED.act(g, drawn(layer, x)) == 0)
        assert torch.allclose(drawn(layer, MIXED.act(g, x)), MIXED.act(g, drawn(layer, x)), atol=1e-14, rtol=0)


def test_dropout_of_channels_does_not():
    x, g = draw(3 * p4m.regular, 6), p4m.element("1/4")
    layer, act = nn.Dropout2d(0.5), (3 * p4m.regular).act
    assert not torch.allclose(drawn(layer, act(g, x)), act(g, drawn(layer, x)), atol=0.1)


def test_evaluation_leaves_everything_and_zero_drops_nothing():
    x = draw(MIXED)
    assert torch.equal(Dropout(MIXED).eval()(x), x)
    assert torch.equal(Dropout(MIXED, 0.0)(x), x)


@pytest.mark.parametrize("p", [0.5, np.float32(0.5), np.float64(0.5), Fraction(1, 2)], ids=lambda p: type(p).__name__)
def test_any_real_number_is_a_probability(p):
    layer = Dropout(MIXED, p)
    assert type(layer.p) is float
    assert torch.equal(drawn(layer, draw(MIXED)), drawn(Dropout(MIXED), draw(MIXED)))


@pytest.mark.parametrize("p", [1.0, -0.1, float("nan"), True, False, None, "0.5"])
def test_what_is_no_probability_is_refused(p):
    with refused(SettingError, "p", expected="0 <= p < 1", got=repr(p)):
        Dropout(MIXED, p)
