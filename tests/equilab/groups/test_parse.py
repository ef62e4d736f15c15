"""Field types as text: what prints is read back, and what cannot be read is explained."""

import pytest
from group_cases import GROUPS, representations

from equilab.errors import FieldTypeError
from equilab.groups import O2, SO2, C, D, FromMatrices, induce, p4, p4m, parse_field_type, restrict, tensor_product
from tests.refused import refused

LIKE = "write it like D4[3*trivial + 16*regular]"


def made_by_name(rho):
    return not isinstance(rho, FromMatrices)


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_every_field_type_that_prints_is_read_back(group):
    for rho in filter(made_by_name, representations(group)):
        for field_type in (1 * rho, 3 * group.trivial + 2 * rho + 1 * group.trivial):
            assert parse_field_type(str(field_type)) == field_type


@pytest.mark.parametrize(
    "field_type",
    [
        3 * p4m.trivial + 16 * p4m.regular,
        2 * (p4.trivial + p4.regular),
        1 * restrict(restrict(p4m.regular, D(2)), D(1, "1/2")),
        1 * induce(restrict(2 * p4m.trivial + 1 * p4m.regular, D(2, "1/4")), p4m),
        1 * tensor_product(p4m.quotient(D(1, "1/4")), 1 * p4m.irrep(2, -1) + 2 * p4m.irrep(1)),
        4 * SO2.irrep(1) + 2 * SO2.trivial,
        1 * O2.irrep(0, -1) + 1 * O2.quotient(SO2) + 1 * induce(SO2.irrep(3), O2),
        1 * D(4, "1/8").quotient(D(1, "1/8")),
        1 * tensor_product(tensor_product(C(8).irrep(1), C(8).regular), C(8).irrep(4)),
    ],
    ids=str,
)
def test_nested_field_types_are_read_back(field_type):
    again = parse_field_type(str(field_type))
    assert again == field_type
    assert str(again) == str(field_type)


@pytest.mark.parametrize(
    ("text", "field_type"),
    [
        ("p4m[regular]", 1 * p4m.regular),
        (" p4 [ 2*trivial+regular ] ", 2 * p4.trivial + 1 * p4.regular),
        ("SO2[irrep(1)]", 1 * SO2.irrep(1)),
        ("O2[irrep(0,-1)]", 1 * O2.irrep(0, -1)),
        ("D1( 1/4 )[trivial]", 1 * D(1, "1/4").trivial),
    ],
)
def test_spaces_and_usual_names_are_read_too(text, field_type):
    assert parse_field_type(text) == field_type


@pytest.mark.parametrize("text", [None, 4, 1 * p4.regular], ids=str)
def test_what_is_no_text_is_refused(text):
    with refused(FieldTypeError, "field type", expected="D4[3*trivial + 16*regular]", got=repr(text)):
        parse_field_type(text)


@pytest.mark.parametrize(
    ("text", "part", "expected", "got"),
    [
        ("D4[3*trivial, 2*regular]", "representation", "", "'(3 * trivial, 2 * regular)'"),
        ("E4[regular]", "group", "", "'E4'"),
        ("C4(1/8)[regular]", "group", "", "'C4(1/8)'"),
        ("D4[regulr]", "representation", "", "'regulr'"),
        ("D4[irrep(1, sign=-1)]", "representation", "", "'irrep(1, sign=-1)'"),
        ("D4[tensor(irrep(1), regular)]", "representation", "GROUP.REPRESENTATION", "'irrep(1)'"),
        ("D4[regular*3]", "number", "an integer", "'regular'"),
        ("D4[1.5*regular]", "number", "an integer", "'1.5'"),
        ("D4[0*regular]", "number of fields", "at least 1", 0),
        ("D4[irrep(7)]", "frequency", "0 to 2, for irreps of D4", 7),
        ("D4[quotient(C8)]", "subgroup", "D4", "C8"),
        ("C0[trivial]", "rotations", "at least 1", 0),
        ("D1(1/0)[trivial]", "axis", "a fraction of a full turn", "'1/0'"),
        ("D4(1/2)[trivial]", "axis", "0 <= axis < 1/n", "1/2 for D4"),
        ("SO(2)[regular]", "subgroup", "finite index in SO(2)", "C1"),
        ("D4[tensor(C4.regular, D4.regular)]", "tensor product", "one group", "C4.regular and D4.regular"),
        ("__import__('os')[regular]", "group", "", "\"__import__('os')\""),
    ],
)
def test_the_part_of_a_text_that_is_no_field_type_is_named(text, part, expected, got):
    with refused(FieldTypeError, f"field type {text!r}: {part}", expected=expected, got=got, hint=LIKE):
        parse_field_type(text)


@pytest.mark.parametrize("text", ["", "D4", "D4[3*]"])
def test_a_text_of_another_form_is_refused(text):
    with refused(FieldTypeError, "field type", expected="GROUP[FIELDS]", got=repr(text), hint=LIKE):
        parse_field_type(text)


def test_the_hint_of_a_part_stays():
    with refused(FieldTypeError, "field type 'D4[quotient(C8)]': subgroup", hint="subgroups()"):
        parse_field_type("D4[quotient(C8)]")
