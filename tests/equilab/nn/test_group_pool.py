"""Pooling over the group."""

import pytest
import torch
from symmetry import ROUND_OFF, draw, error

from equilab.errors import FieldTypeError, SettingError, ShapeError
from equilab.groups import C, p4, p4m
from equilab.nn import GroupPool
from tests.refused import refused

MIXED = 2 * p4m.trivial + 3 * p4m.regular + 1 * p4m.quotient(C(4))


@pytest.mark.parametrize("reduction", ["max", "mean"])
def test_one_invariant_channel_comes_out_per_field(reduction):
    pool = GroupPool(MIXED, reduction=reduction)
    assert str(pool.out_type) == "D4[6*trivial]"
    x = draw(MIXED)
    expected = torch.stack([getattr(x[:, start:stop], f"a{reduction}" if reduction == "max" else reduction)(1)
                            for _, start, stop in MIXED], 1)  # fmt: skip
    assert torch.allclose(pool(x), expected, atol=1e-15, rtol=0)
    assert error(pool, x, pool.in_type, pool.out_type) < ROUND_OFF
    vectors = x[:, :, 0, 0]
    assert torch.allclose(pool(vectors), pool(x)[:, :, 0, 0], atol=1e-15, rtol=0)


def test_what_makes_no_sense_is_refused():
    got = "C4.irrep(1) in C4[1*irrep(1)]"
    with refused(FieldTypeError, "in_type", expected="permuted", got=got, hint="eq.nn.FieldNorms"):
        GroupPool(p4.irrep(1))
    with refused(SettingError, "reduction", expected="'max' or 'mean'", got="'min'"):
        GroupPool(p4.regular, reduction="min")  # pyright: ignore[reportArgumentType]
    with refused(ShapeError, "x", expected="(batch, 4, H, W) or (batch, 4) for C4", got=(1, 5, 3, 3)):
        GroupPool(p4.regular)(torch.zeros(1, 5, 3, 3))
