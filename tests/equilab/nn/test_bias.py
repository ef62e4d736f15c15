"""The bias: not moved by any element, zero at first, one number per trivial part, all of them."""

import pytest
import torch

from equilab.errors import FieldTypeError
from equilab.groups import O2, SO2, C, D, decompose, induce, invariant_vectors, tensor_product
from equilab.nn import EquivariantBias
from tests.refused import refused

TYPES = [
    3 * C(4).trivial,
    2 * C(4).regular + 1 * C(4).irrep(1) + 1 * C(4).quotient(C(2)),
    2 * D(4).quotient(D(2)) + 1 * tensor_product(D(4).irrep(1), D(4).irrep(1)),
    2 * C(8).regular + 1 * C(8).trivial,
    1 * SO2.irrep(1) + 2 * SO2.trivial,
    1 * O2.quotient(SO2) + 1 * induce(SO2.irrep(1), O2) + 1 * O2.trivial,
]


@pytest.mark.parametrize("field_type", TYPES, ids=str)
def test_a_bias_is_not_moved(field_type):
    bias = EquivariantBias(field_type).double()
    assert torch.equal(bias(), torch.zeros(field_type.dim, dtype=torch.float64))
    with torch.no_grad():
        for weight in bias.parameters():
            weight.normal_(generator=torch.Generator().manual_seed(0))
    for g in field_type.group.generators:
        torch.testing.assert_close(field_type.matrix(g) @ bias(), bias(), atol=1e-14, rtol=0)
    assert float(bias().detach().abs().max()) > 0.1


@pytest.mark.parametrize("field_type", TYPES, ids=str)
def test_there_is_one_number_per_trivial_part(field_type):
    trivial = [count for count, irrep in decompose(field_type) if str(irrep).endswith(".trivial")]
    assert [sum(p.numel() for p in EquivariantBias(field_type).parameters())] == trivial
    assert len(invariant_vectors(field_type)) == trivial[0]


def test_a_regular_field_has_the_same_number_in_every_channel():
    bias = EquivariantBias(2 * C(4).regular)
    with torch.no_grad():
        for weight in bias.parameters():
            weight.copy_(torch.tensor([1.5, -2.0]).reshape(weight.shape))
    assert bias().tolist() == [1.5] * 4 + [-2.0] * 4


def test_fields_without_a_trivial_part_have_none():
    assert not EquivariantBias.exists(2 * C(4).irrep(1) + 1 * C(4).irrep(2))
    assert EquivariantBias.exists(2 * C(4).irrep(1) + 1 * C(4).regular)
    assert not EquivariantBias.exists(1 * O2.irrep(0, -1))
    with refused(FieldTypeError, "out_type", expected="C4[1*trivial]", got="C4[1*irrep(1)]"):
        EquivariantBias(1 * C(4).irrep(1))


def test_it_says_of_which_type_it_is():
    assert EquivariantBias(3 * C(4).trivial).extra_repr() == "C4[3*trivial]"
