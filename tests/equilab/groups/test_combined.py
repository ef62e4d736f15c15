"""Tensor products, restrictions and representations from matrices: what they are, and what is refused."""

from itertools import product

import pytest
import torch
from group_cases import FINITE, same_matrices

from equilab.errors import GroupError
from equilab.groups import O2, SO2, C, D, FieldType, decompose, inner_product, p4, p4m, restrict, tensor_product
from tests.refused import refused


@pytest.mark.parametrize("group", [C(8), D(3), D(4)], ids=str)
def test_the_character_of_a_product_is_the_product_of_the_characters(group):
    for rho, sigma in product([*group.irreps(), group.regular], repeat=2):
        both = tensor_product(rho, sigma)
        assert both.dim == rho.dim * sigma.dim
        assert all(both.character(g) == pytest.approx(rho.character(g) * sigma.character(g)) for g in group)


def test_a_product_moves_the_product_of_two_vectors():
    rho, sigma, g = p4m.irrep(1), p4m.regular, p4m.element("1/4", mirror=True)
    v, w = torch.rand(2).double(), torch.rand(8).double()
    moved = torch.outer(rho.matrix(g) @ v, sigma.matrix(g) @ w)
    torch.testing.assert_close(tensor_product(rho, sigma).matrix(g) @ torch.outer(v, w).flatten(), moved.flatten())


def test_frequencies_of_a_product_are_sums_and_differences():
    assert decompose(tensor_product(SO2.irrep(2), SO2.irrep(5))) == [(1, SO2.irrep(3)), (1, SO2.irrep(7))]
    squared = tensor_product(O2.irrep(4), O2.irrep(4))
    assert decompose(squared) == [(1, O2.irrep(0)), (1, O2.irrep(0, -1)), (1, O2.irrep(8))]


@pytest.mark.parametrize("group", FINITE, ids=str)
def test_a_restriction_has_the_same_matrices_for_fewer_elements(group):
    rho = O2.irrep(3)
    restricted = restrict(rho, group)
    assert restricted.group == group
    assert all(torch.equal(restricted.matrix(g), rho.matrix(g)) for g in group)
    assert restrict(rho, O2) == rho
    assert restrict(O2.trivial, group) == group.trivial


def test_a_field_type_is_restricted_field_by_field():
    restricted = restrict(2 * p4m.trivial + 3 * p4m.regular, p4)
    assert isinstance(restricted, FieldType)
    assert str(restricted) == "C4[2*trivial + 3*restrict(D4.regular)]"
    assert decompose(restrict(p4m.regular, p4)) == [(2 * count, irrep) for count, irrep in decompose(p4.regular)]


@pytest.mark.parametrize("group", FINITE, ids=str)
def test_a_representation_from_matrices_is_the_one_they_are_of(group):
    for rho in group.irreps():
        copy = same_matrices(rho, "mine")
        assert (copy.dim, str(copy)) == (rho.dim, f"{group}.mine")
        assert all(torch.equal(copy.matrix(g), rho.matrix(g)) for g in group)
        assert inner_product(copy, rho) == inner_product(rho, rho)


def test_lists_and_float32_permutations_will_do_as_matrices():
    swap = C(2).from_matrices(
        {g: [[1, 0], [0, 1]] if g == C(2).identity else [[0, 1], [1, 0]] for g in C(2)}, name="swap"
    )
    assert swap.is_permutation
    assert C(2).from_matrices({g: swap.matrix(g).float() for g in C(2)}, name="swap") == swap


ONES = {g: torch.ones(1, 1) for g in p4}
FIRST, SECOND = p4.elements[:2]


@pytest.mark.parametrize(
    ("matrices", "expected", "got"),
    [
        ({FIRST: torch.ones(1, 1)}, "one for each of the 4 elements of C4", "none for turn 1/4"),
        (ONES | {SECOND: torch.ones(2, 1)}, "(1, 1) for turn 1/4", (2, 1)),
        ({g: torch.tensor(1.0) for g in p4}, "(1, 1) for identity", ()),
        ({g: torch.eye(2)[:1] for g in p4}, "(2, 2) for identity", (1, 2)),
        ({g: torch.zeros(0, 0) for g in p4}, "(1, 1) for identity", (0, 0)),
        (ONES | {SECOND: torch.full((1, 1), 2.0)}, "orthogonal one for turn 1/4", None),
        (ONES | {SECOND: torch.full((1, 1), float("nan"))}, "orthogonal one for turn 1/4", None),
        (
            ONES | {SECOND: -torch.ones(1, 1)},
            "homomorphism",
            "rho(turn 1/4) rho(turn 1/2) other than rho(turn 3/4)",
        ),
        (
            ONES | {FIRST: -torch.ones(1, 1)},
            "homomorphism",
            "rho(identity) rho(identity) other than rho(identity)",
        ),
    ],
)
def test_matrices_that_are_no_representation_are_refused(matrices, expected, got):
    with refused(GroupError, "matrices", expected=expected, got=got):
        p4.from_matrices(matrices, name="wrong")


def test_matrices_that_are_a_little_off_are_refused_with_what_to_use():
    off = {g: p4.matrix(g).float() @ torch.eye(2) * 1.001 for g in p4}
    with refused(GroupError, "matrices", expected="orthogonal one for identity within 1e-09", hint="float64"):
        p4.from_matrices(off, name="wrong")


def test_an_antihomomorphism_is_refused():
    with refused(GroupError, "matrices", expected="homomorphism", hint="first h then g"):
        D(3).from_matrices({g: D(3).matrix(D(3).inverse(g)) for g in D(3)}, name="backwards")


def test_different_groups_and_groups_that_are_no_subgroup_are_refused():
    with refused(GroupError, "tensor product", got="D4.regular and C4.regular", hint="restrict one"):
        tensor_product(p4m.regular, p4.regular)
    for rho in (p4.regular, 2 * p4.trivial):
        with refused(GroupError, "subgroup", expected="C4", got="D1", hint="subgroups()"):
            restrict(rho, D(1))
    with refused(GroupError, "elements", expected="finite", got="SO(2)"):
        SO2.from_matrices({}, name="none")


@pytest.mark.parametrize("name", ["regular", "trivial", "irrep(1)", "quotient(C2)"])
def test_matrices_do_not_take_the_name_of_another_representation(name):
    with refused(GroupError, "name", expected="not read as another representation", got=repr(name)):
        C(2).from_matrices({g: torch.eye(1) for g in C(2)}, name=name)
