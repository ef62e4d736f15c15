"""Elements of O(2): the laws of a group, exactly, and how they print."""

from fractions import Fraction
from itertools import product

import pytest
from group_cases import GROUPS, some_elements

from equilab.groups import O2, SO2, C, D, Element


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_products_and_inverses_stay_in_the_group(group):
    elements = some_elements(group)
    assert all(group.compose(g, h) in group for g, h in product(elements, repeat=2))
    assert all(group.inverse(g) in group for g in elements)


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_composition_is_associative(group):
    for g, h, k in product(some_elements(group), repeat=3):
        assert group.compose(group.compose(g, h), k) == group.compose(g, group.compose(h, k))


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_the_identity_changes_nothing_and_inverses_lead_back_to_it(group):
    for g in some_elements(group):
        assert group.compose(group.identity, g) == group.compose(g, group.identity) == g
        assert group.compose(g, group.inverse(g)) == group.compose(group.inverse(g), g) == group.identity


def test_a_long_product_does_not_drift():
    third, product_of_all = C(3).element("1/3"), O2.identity
    for _ in range(3000):
        product_of_all = O2.compose(product_of_all, third)
    assert product_of_all == O2.identity


def test_mirroring_turns_a_turn_around():
    mirror, turn = Element(Fraction(0), True), Element(Fraction(1, 5))
    assert O2.compose(O2.compose(mirror, turn), mirror) == O2.inverse(turn)


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (C(4).identity, "identity"),
        (C(8).element("3/8"), "turn 3/8"),
        (D(1).element(0, mirror=True), "mirror"),
        (D(4).element("1/2", mirror=True), "mirror, turn 1/2"),
        (SO2.element(Fraction(12_345_678, 10**8)), "turn 0.1235"),
        (SO2.element(Fraction(1, 10**6)), "turn 1e-06"),
    ],
)
def test_elements_print_as_words(element, text):
    assert str(element) == text


def test_elements_are_keys_of_dictionaries():
    table = {g: str(g) for g in D(4)}
    assert len(table) == 8
    assert table[Element(Fraction(2, 8), True)] == "mirror, turn 1/4"
