"""From a group to a subgroup in the middle of a network."""

import pytest
import torch
from symmetry import ROUND_OFF, draw, error

from equilab.errors import GroupError
from equilab.groups import SO2, C, D, p4, p4m
from equilab.nn import GroupConv2d, Restrict, Sequential
from tests.refused import refused


@pytest.mark.parametrize("subgroup", p4m.subgroups(), ids=str)
def test_what_follows_commutes_with_the_subgroup_and_no_more(subgroup):
    lift = GroupConv2d(p4m.trivial, 2 * p4m.regular, 3)
    restrict = Restrict(lift.out_type, subgroup)
    body = Sequential(lift, restrict, GroupConv2d(restrict.out_type, 2 * subgroup.regular, 3)).double()
    x = draw(p4m.trivial * 1)
    assert torch.equal(restrict(lift.double()(x)), lift(x))
    assert error(body, x, 1 * subgroup.trivial, body.out_type) < ROUND_OFF
    if subgroup != p4m:
        g = next(g for g in p4m if g not in subgroup)
        moved = body((1 * p4m.trivial).act(g, x)).flatten(2).sum(2).unflatten(1, (2, -1)).sum(2)
        assert not torch.allclose(moved, body(x).flatten(2).sum(2).unflatten(1, (2, -1)).sum(2), atol=1e-3)


def test_fields_keep_their_channels():
    layer = Restrict(2 * SO2.irrep(3) + 1 * SO2.trivial, C(8))
    assert str(layer.out_type) == "C8[2*restrict(SO(2).irrep(3)) + 1*trivial]"
    assert Restrict(2 * p4.regular, p4).out_type == 2 * p4.regular


def test_what_is_no_group_is_refused():
    with refused(GroupError, "subgroup", expected="a group such as C(2)", got=2):
        Restrict(2 * p4m.regular, 2)


def test_a_group_that_is_no_subgroup_is_refused():
    for subgroup in (D(1), C(3)):
        with refused(GroupError, "subgroup", expected="C4", got=subgroup, hint="subgroups()"):
            Restrict(2 * p4.regular, subgroup)
