"""The plane to one vector."""

import torch
from symmetry import ROUND_OFF, draw, error

from equilab.errors import FieldTypeError, ShapeError
from equilab.groups import p4, p4m
from equilab.nn import GroupConv2d, GroupPool, Sequential, SpatialMax, SpatialMean
from tests.refused import refused

MIXED = 2 * p4m.regular + 1 * p4m.irrep(1)


def test_the_mean_and_the_maximum_move_no_more():
    for layer in (SpatialMean(MIXED), SpatialMax(2 * p4m.regular)):
        x = draw(layer.in_type, 8)
        expected = x.mean((2, 3)) if isinstance(layer, SpatialMean) else x.flatten(2).max(2).values
        assert torch.allclose(layer(x), expected, atol=1e-15, rtol=0)
        assert error(layer, x, layer.in_type, layer.out_type) < ROUND_OFF


def test_a_mean_without_a_type_takes_that_of_the_layer_before_it():
    conv, mean = GroupConv2d(p4.trivial, 2 * p4.regular, 3), SpatialMean()
    assert mean(torch.zeros(1, 5, 2, 2)).shape == (1, 5)
    assert Sequential(conv, GroupPool(conv.out_type), mean).out_type == 2 * p4.trivial
    assert not hasattr(mean, "in_type")


def test_a_type_that_is_missing_or_another_is_refused():
    with refused(FieldTypeError, "layer 0 (SpatialMean)", expected="in_type", got="none"):
        Sequential(SpatialMean())
    with refused(ShapeError, "x", expected="(batch, 8, H, W)", got=(1, 5, 2, 2)):
        SpatialMean(2 * p4.regular)(torch.zeros(1, 5, 2, 2))
    with refused(FieldTypeError, "layer 1 (SpatialMean)", expected="C4[1*regular]", got="C4[2*regular]"):
        Sequential(GroupConv2d(p4.trivial, p4.regular, 3), SpatialMean(2 * p4.regular))
    got = "D4.irrep(1) in D4[2*regular + 1*irrep(1)]"
    with refused(FieldTypeError, "in_type", expected="SpatialMax", got=got, hint="eq.nn.SpatialMean"):
        SpatialMax(MIXED)


def test_a_mean_without_a_type_takes_images_only():
    for shape in ((2, 3), (3, 5, 5)):
        with refused(ShapeError, "x", expected="(batch, channels, H, W)", got=shape):
            SpatialMean()(torch.ones(shape))
