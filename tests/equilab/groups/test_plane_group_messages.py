"""What a caller is told who asks a group for something that it has not."""

from fractions import Fraction

import numpy as np
import pytest

from equilab.errors import GroupError
from equilab.groups import O2, SO2, C, D, Element, Group, p4m, restrict


def test_an_element_is_named_by_a_fraction_a_text_or_a_float():
    quarter = Element(Fraction(1, 4))
    assert all(C(4).element(turn) == quarter for turn in (Fraction(1, 4), "1/4", 0.25, "-3/4", -0.75))
    assert C(3).element(1 / 3) == Element(Fraction(1, 3))
    assert D(3, "1/24").element(1 / 24 + 1 / 3, mirror=True) == Element(Fraction(9, 24), True)
    assert SO2.element(0.1).turn == Fraction(0.1)


@pytest.mark.parametrize("turn", [90, 1, "5/4", -1.0])
def test_degrees_and_steps_are_not_taken_for_turns(turn):
    for group in (C(4), O2):
        with pytest.raises(GroupError, match=r"turn: expected a fraction of a full turn, .*90 degrees is '1/4'.*, got"):
            group.element(turn)


@pytest.mark.parametrize("turn", ["1/8", 0.2501, Fraction(1, 3)])
def test_an_element_that_is_not_there_is_refused_with_those_that_are(turn):
    with pytest.raises(GroupError, match=r"element: C4 has multiples of 1/4 of a turn, without mirrors, got turn"):
        C(4).element(turn)


def test_a_mirror_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(GroupError, match=r"D2\(1/8\) has multiples of 1/2 .* turns from 1/8 on, got mirror, turn 1/4"):
        D(2, "1/8").element("1/4", mirror=True)
    with pytest.raises(GroupError, match=r"SO\(2\) has any turn, without mirrors, got mirror"):
        SO2.element(0, mirror=True)


@pytest.mark.parametrize("turn", ["a quarter", "1/0", float("nan"), float("inf"), None])
def test_a_turn_that_is_no_number_is_refused(turn):
    with pytest.raises(GroupError, match=r'turn: expected a fraction of a full turn, such as "1/8", got '):
        C(4).element(turn)
    with pytest.raises(GroupError, match=r"axis: expected a fraction of a full turn"):
        D(4, turn)


@pytest.mark.parametrize(
    ("count", "got"),
    [
        (0, "0$"),
        (-1, "-1$"),
        (2.0, "2.0 of type float"),
        ("4", "'4' of type str"),
        (True, "True of type bool"),
        (np.float64(4), r".*4\.0\)? of type float64"),
        (np.array([2, 4]), r".* of type ndarray"),
    ],
)
def test_a_number_of_turns_that_makes_no_sense_is_refused(count, got):
    with pytest.raises(GroupError, match=rf"rotations: expected an integer of at least 1, or None for all, got {got}"):
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
        with pytest.raises(GroupError, match=r"subgroup: expected a group such as C\(2\), got "):
            ask(subgroup)
    with pytest.raises(GroupError, match=r"subgroup: expected a group such as C\(2\), got 2$"):
        p4m.quotient(2)


@pytest.mark.parametrize(
    ("group", "axis"), [((4, True), "1/4"), ((4, True), "-1/8"), ((4,), "1/8"), ((None, True), "1/8")]
)
def test_an_axis_that_is_not_the_first_is_refused(group, axis):
    with pytest.raises(GroupError, match=r"axis: expected 0, or for D_n 0 <= axis < 1/n, got -?1/\d for "):
        Group(*(*group, False)[:2], Fraction(axis))


def test_infinite_groups_say_what_to_use_instead():
    with pytest.raises(GroupError, match=r"SO\(2\) has no list of elements: use a finite subgroup, or random_element"):
        _ = SO2.elements
    with pytest.raises(GroupError, match=r"O\(2\) has infinitely many subgroups: name the one you want"):
        O2.subgroups()
    with pytest.raises(GroupError, match=r"g: expected an element of O\(2\), got identity"):
        O2.index(O2.identity)


@pytest.mark.parametrize(
    "g", [Element(Fraction(1, 8)), Element(Fraction(0), True), Element(Fraction(5, 4)), Element(0.25), Fraction(1, 4)]
)
def test_what_is_not_an_exact_element_is_not_in_the_group(g):
    assert g not in C(4)
    with pytest.raises(GroupError, match=r"g: expected an element of C4, got .*group\.element makes one"):
        C(4).index(g)
