"""What a caller is told who asks a group for something that it has not."""

from fractions import Fraction

import numpy as np
import pytest

from equilab.errors import GroupError
from equilab.groups import O2, SO2, C, D, Element, Group, p4m, restrict
from tests.refused import refused


def test_an_element_is_named_by_a_fraction_a_text_or_a_float():
    quarter = Element(Fraction(1, 4))
    assert all(C(4).element(turn) == quarter for turn in (Fraction(1, 4), "1/4", 0.25, "-3/4", -0.75))
    assert C(3).element(1 / 3) == Element(Fraction(1, 3))
    assert D(3, "1/24").element(1 / 24 + 1 / 3, mirror=True) == Element(Fraction(9, 24), True)
    assert SO2.element(0.1).turn == Fraction(0.1)


@pytest.mark.parametrize("turn", [90, 1, "5/4", -1.0])
def test_degrees_and_steps_are_not_taken_for_turns(turn):
    for group in (C(4), O2):
        with refused(GroupError, "turn", expected="90 degrees is '1/4'", got=turn):
            group.element(turn)


@pytest.mark.parametrize("turn", ["1/8", 0.2501, Fraction(1, 3)])
def test_an_element_that_is_not_there_is_refused_with_those_that_are(turn):
    found = Element(Fraction(turn))
    with refused(GroupError, "element", expected="C4: multiples of 1/4 of a turn, without mirrors", got=found):
        C(4).element(turn)


def test_a_mirror_that_is_not_there_is_refused_with_those_that_are():
    with refused(GroupError, "element", expected="D2(1/8): multiples of 1/2", got="mirror, turn 1/4"):
        D(2, "1/8").element("1/4", mirror=True)
    with refused(GroupError, "element", expected="turns from 1/8 on"):
        D(2, "1/8").element("1/4", mirror=True)
    with refused(GroupError, "element", expected="SO(2): any turn, without mirrors", got="mirror"):
        SO2.element(0, mirror=True)


@pytest.mark.parametrize("turn", ["a quarter", "1/0", float("nan"), float("inf"), None])
def test_a_turn_that_is_no_number_is_refused(turn):
    with refused(GroupError, "turn", expected="a fraction of a full turn", got=repr(turn)):
        C(4).element(turn)
    with refused(GroupError, "axis", expected="a fraction of a full turn", got=repr(turn)):
        D(4, turn)


@pytest.mark.parametrize(
    ("count", "got"),
    [
        (0, 0),
        (-1, -1),
        (2.0, "2.0 of type float"),
        ("4", "'4' of type str"),
        (True, "True of type bool"),
        (np.float64(4), f"{np.float64(4)!r} of type float64"),
        (np.array([2, 4]), "array([2, 4]) of type ndarray"),
    ],
)
def test_a_number_of_turns_that_makes_no_sense_is_refused(count, got):
    with refused(GroupError, "rotations", expected="an integer of at least 1, or None", got=got):
        C(count)


def test_integers_of_numpy_name_the_same_group():
    group = C(np.int64(4))
    assert group == C(4)
    assert hash(group) == hash(C(4))
    assert type(group.rotations) is int
    assert str(D(np.int32(4), "1/8").regular) == "D4(1/8).regular"


@pytest.mark.parametrize("subgroup", [2, "C4", None, p4m.regular], ids=str)
def test_what_is_no_group_is_no_subgroup(subgroup):
    for ask in (p4m.quotient, p4m.has_subgroup, lambda other: restrict(p4m.regular, other)):
        with refused(GroupError, "subgroup", expected="a group such as C(2)", got=repr(subgroup)):
            ask(subgroup)


@pytest.mark.parametrize(
    ("group", "axis"), [((4, True), "1/4"), ((4, True), "-1/8"), ((4,), "1/8"), ((None, True), "1/8")]
)
def test_an_axis_that_is_not_the_first_is_refused(group, axis):
    rotations, mirrors = (*group, False)[:2]
    name = {True: "D4" if rotations else "O(2)", False: "C4"}[mirrors]
    with refused(GroupError, "axis", expected="0 <= axis < 1/n", got=f"{axis} for {name}"):
        Group(rotations, mirrors, Fraction(axis))


def test_infinite_groups_say_what_to_use_instead():
    with refused(GroupError, "elements", expected="finite", got="SO(2)", hint="random_element"):
        _ = SO2.elements
    with refused(GroupError, "subgroups", expected="finite", got="O(2)", hint="infinitely many"):
        O2.subgroups()
    with refused(GroupError, "g", expected="O(2)", got="identity"):
        O2.index(O2.identity)


@pytest.mark.parametrize(
    "g", [Element(Fraction(1, 8)), Element(Fraction(0), True), Element(Fraction(5, 4)), Element(0.25), Fraction(1, 4)]
)
def test_what_is_not_an_exact_element_is_not_in_the_group(g):
    assert g not in C(4)
    with refused(GroupError, "g", expected="C4", got=str(g), hint="group.element"):
        C(4).index(g)
