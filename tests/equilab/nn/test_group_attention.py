"""Self-attention between pixels, on fields."""

import pytest
import torch
from symmetry import ROUND_OFF, draw, error
from torch import nn

from equilab.errors import SettingError, ShapeError
from equilab.functional import self_attention2d
from equilab.groups import C, p4, p4m
from equilab.nn import GroupSelfAttention
from tests.refused import refused

TYPES = [4 * p4.regular, 4 * p4m.irrep(1), 2 * (1 * p4m.regular + 1 * p4m.irrep(1) + 1 * p4m.trivial)]


def with_a_table(layer):
    """The layer in float64 with a table of relative positions that is not zero."""
    with torch.no_grad():
        layer.table.reset_parameters(generator=torch.Generator().manual_seed(0))
    return layer.double()


@pytest.mark.parametrize("field_type", TYPES, ids=str)
@pytest.mark.parametrize("size", [5, 6])
def test_it_commutes_with_the_group(field_type, size):
    layer = with_a_table(GroupSelfAttention(field_type, num_heads=2, max_distance=2))
    assert error(layer, draw(field_type, size), field_type, field_type) < ROUND_OFF


def test_it_is_attention_of_four_equivariant_maps():
    layer = with_a_table(GroupSelfAttention(4 * p4.regular, num_heads=2, max_distance=1))
    x = draw(4 * p4.regular, 4)
    query, key, value = (conv(x).flatten(2).unflatten(1, (2, 8)) for conv in (layer.query, layer.key, layer.value))
    scores = torch.einsum("bhdp,bhdq->bhpq", query, key) / 8**0.5
    place = torch.tensor([(row, column) for row in range(4) for column in range(4)])
    down, right = ((place[None] - place[:, None]).clamp(-1, 1) + 1).unbind(-1)
    weights = (scores + layer.table()[:, 0][:, down, right]).softmax(3)
    mixed = torch.einsum("bhpq,bhdq->bhdp", weights, value).flatten(1, 2).unflatten(2, (4, 4))
    assert torch.allclose(layer(x), layer.project(mixed), atol=1e-13, rtol=0)


def test_the_table_is_invariant_and_has_one_number_per_orbit_of_offsets():
    layer = with_a_table(GroupSelfAttention(2 * p4m.regular, num_heads=2, max_distance=2))
    table = layer.table()[:, 0]
    for moved in (table.rot90(1, (1, 2)), table.flip(2)):
        assert torch.equal(moved, table)
    assert layer.table.weights["0_0"].shape[0] == 6  # offsets 0 <= a <= b <= 2


def test_a_learned_table_without_that_breaks_the_symmetry():
    layer = GroupSelfAttention(4 * p4.regular, max_distance=2).double()
    table = torch.randn(1, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def broken(x):
        return layer.project(self_attention2d(layer.query(x), layer.key(x), layer.value(x), table))

    assert error(broken, draw(layer.in_type, 6), layer.in_type, layer.in_type) > 0.05


def test_torchs_attention_over_channels_breaks_the_symmetry():
    theirs = nn.MultiheadAttention(16, 2, batch_first=True).double()

    def broken(x):
        tokens = x.flatten(2).transpose(1, 2)
        return theirs(tokens, tokens, tokens)[0].transpose(1, 2).unflatten(2, x.shape[2:])

    assert error(broken, draw(4 * p4.regular, 5), 4 * p4.regular, 4 * p4.regular) > 0.5


def test_what_makes_no_sense_is_refused():
    with refused(SettingError, "num_heads", expected="equal parts", got=3):
        GroupSelfAttention(4 * p4.regular, num_heads=3)
    with refused(SettingError, "num_heads", expected="an integer of at least 1", got=0):
        GroupSelfAttention(4 * p4.regular, num_heads=0)
    with refused(SettingError, "num_heads", got=2, hint="write it as 2 * (1*regular + 2*quotient(C2))"):
        GroupSelfAttention(2 * p4.regular + 4 * p4.quotient(C(2)), num_heads=2)
    GroupSelfAttention(2 * (1 * p4.regular + 2 * p4.quotient(C(2))), num_heads=2)
    with refused(SettingError, "num_heads", expected="in_type C4[2*regular + 1*trivial]", got=2):
        GroupSelfAttention(2 * p4.regular + 1 * p4.trivial, num_heads=2)
    with refused(SettingError, "max_distance", expected="an integer of at least 1", got=0):
        GroupSelfAttention(4 * p4.regular, max_distance=0)
    with refused(ShapeError, "x", expected="(batch, 16, H, W)", got=(1, 16)):
        GroupSelfAttention(4 * p4.regular)(torch.zeros(1, 16))
