"""The algebra of field types, and what their texts and errors say."""

import copy
import pickle

import numpy as np
import pytest
import torch

from equilab.errors import FieldTypeError, SettingError, ShapeError
from equilab.groups import C, D, Field, FieldType, p4, p4m
from tests.refused import refused

HIDDEN = 3 * p4m.trivial + 16 * p4m.regular


def test_a_field_type_prints_as_it_is_written():
    assert str(HIDDEN) == "D4[3*trivial + 16*regular]"
    assert str(1 * D(1, "1/4").regular) == "D1(1/4)[1*regular]"
    assert (HIDDEN.dim, HIDDEN.num_fields, len(HIDDEN.fields)) == (3 + 16 * 8, 19, 19)


def test_the_algebra_keeps_the_order_of_the_channels_and_joins_neighbours():
    a, b = p4m.trivial, p4m.regular
    assert 2 * a == a * 2 == a + a == 1 * a + 1 * a
    assert a + b != b + a
    assert 2 * (a + b) == a + b + a + b
    assert str(2 * (a + b)) == "D4[1*trivial + 1*regular + 1*trivial + 1*regular]"
    assert (2 * a + b) + (b + a) == 2 * a + (2 * b + a)
    assert 3 * (2 * a) == 6 * a
    assert np.int64(2) * a == a * np.int64(2) == 2 * a


def test_field_types_among_fields_are_taken_apart():
    nested = FieldType.of(p4, (p4.regular + p4.trivial, p4.trivial))
    assert nested == 1 * p4.regular + 2 * p4.trivial
    assert str(nested) == "C4[1*regular + 2*trivial]"


def test_fields_say_their_channels():
    fields = list(2 * p4.trivial + 1 * p4.regular)
    assert fields == [Field(p4.trivial, 0, 1), Field(p4.trivial, 1, 2), Field(p4.regular, 2, 6)]


def test_a_field_type_is_the_direct_sum_of_its_fields():
    mixed = 2 * p4.regular + 1 * p4.irrep(1)
    for g in p4:
        expected = torch.block_diag(p4.regular.matrix(g), p4.regular.matrix(g), p4.irrep(1).matrix(g))
        assert torch.equal(mixed.matrix(g), expected)
        assert mixed.character(g) == 2 * p4.regular.character(g) + p4.irrep(1).character(g)
    assert not mixed.is_permutation
    assert HIDDEN.is_permutation


def test_field_types_pickle_copy_and_are_keys():
    again = pickle.loads(pickle.dumps(HIDDEN))
    assert again == copy.deepcopy(HIDDEN) == HIDDEN
    assert {HIDDEN: 1}[again] == 1
    assert 3 * p4.trivial + 16 * p4.regular != HIDDEN


def test_sums_across_groups_are_refused_with_both_types():
    both = "D4[3*trivial + 16*regular] and C4[2*regular]"
    with refused(FieldTypeError, "sum", expected="one group", got=both, hint="restrict one"):
        HIDDEN + 2 * p4.regular
    with refused(FieldTypeError, "sum", expected="one group", got="D4[1*regular] and C4.trivial"):
        p4m.regular + p4.trivial
    with refused(FieldTypeError, "fields", expected="D4", got="C4.trivial", hint="restrict it"):
        FieldType.of(p4m, (p4m.trivial, p4.trivial))


@pytest.mark.parametrize("count", [0, -1, 1.5, "2", None])
def test_a_number_of_fields_that_makes_no_sense_is_refused(count):
    for rho in (p4.regular, 2 * p4.regular):
        with refused(SettingError, "number of fields", expected="an integer of at least 1", got=repr(count)):
            rho * count


def test_a_product_of_representations_points_to_tensor_product():
    with refused(SettingError, "number of fields", expected="an integer", got="C4.regular", hint="tensor_product"):
        p4.trivial * p4.regular


def test_a_number_is_no_field():
    for rho in (p4.regular, 2 * p4.regular):
        with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \+: .* and 'int'"):
            rho + 1


@pytest.mark.parametrize("shape", [(2, 130), (131,), (2, 131, 5), (4, 3, 28, 28), (1, 2, 131, 4, 4)])
def test_a_wrong_shape_is_refused_with_the_type(shape):
    expected = "(batch, 131, H, W) or (batch, 131) for D4[3*trivial + 16*regular]"
    with refused(ShapeError, "x", expected=expected, got=shape):
        HIDDEN.act(p4m.identity, torch.zeros(shape))


def test_the_permutation_of_a_mixed_type_names_the_field_that_is_none():
    with refused(FieldTypeError, "representation", expected="permutes", got="C8.irrep(1)", hint="matrix(g)"):
        (1 * C(8).regular + 2 * C(8).irrep(1)).permutation(C(8).identity)


def test_a_sum_of_fields_may_be_taken_by_sum():
    assert sum(2 * p4.irrep(k) for k in (0, 1)) == 2 * p4.irrep(0) + 2 * p4.irrep(1)


def test_a_type_without_fields_is_refused():
    with refused(FieldTypeError, "fields", expected="at least one field of C4", got="none"):
        FieldType.of(p4, ())
