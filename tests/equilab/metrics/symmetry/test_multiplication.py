"""Finite groups as tables of products: equilab's own, and what a table has to be."""

import numpy as np
import pytest

from equilab.errors import GroupError
from equilab.groups import SO2, C, D
from equilab.metrics.symmetry.multiplication import multiplication
from tests.refused import refused


@pytest.mark.parametrize("group", [C(1), C(4), D(3), D(4)], ids=str)
def test_the_products_are_those_of_the_group(group):
    found = multiplication(group)
    for g, first in enumerate(group.elements):
        for h, second in enumerate(group.elements):
            assert group.elements[found.table[g, h]] == group.compose(first, second)
    again = multiplication(found.table)  # its own table passes every check
    assert (again.identity, again.order, again.group) == (found.identity, group.order, None)


def test_the_identity_may_stand_anywhere():
    order = [2, 0, 1]
    table = np.array([[(i + j) % 3 for j in range(3)] for i in range(3)])
    place = np.argsort(order)
    assert multiplication(place[table[np.ix_(order, order)]]).identity == 1


LOOP = [  # a Latin square with an identity that is not associative
    [0, 1, 2, 3, 4],
    [1, 0, 3, 4, 2],
    [2, 4, 0, 1, 3],
    [3, 2, 4, 0, 1],
    [4, 3, 1, 2, 0],
]


@pytest.mark.parametrize(
    ("table", "argument", "expected", "got"),
    [
        ([[0, 1]], "group", "a Cayley table (|G|, |G|) of integers", "int64 (1, 2)"),
        ([[0.0]], "group", "integers", "float64 (1, 1)"),
        ([[0, 1], [1, 2]], "group[1, 1]", "from 0 to 1", 2),
        ([[1, 1], [1, 1]], "group", "e g = g e = g", "none"),
        ([[0, 1], [1, 1]], "group", "once in every row and column", "one repeated in row or column 1"),
        (LOOP, "group", "(g h) k = g (h k)", "unequal for g, h, k = 1, 1, 2"),
    ],
    ids=["shape", "floats", "closed", "identity", "inverse", "associative"],
)
def test_a_table_that_is_no_group_is_refused(table, argument, expected, got):
    with refused(GroupError, argument, expected=expected, got=got):
        multiplication(np.array(table))


def test_an_infinite_group_is_refused():
    with refused(GroupError, "elements", hint="finite subgroup"):
        multiplication(SO2)
