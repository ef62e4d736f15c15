"""Invariant tensors: unchanged by the group, orthonormal, as many as the characters say, by whichever way found."""

import pytest
import torch
from kernel_laws import INFINITE, OFF_THE_GRID, ON_THE_GRID, kinds, same_matrices, some_elements

from equilab.groups import O2, SO2, C, D, induce, inner_product, invariant_vectors, tensor_product
from equilab.groups.functions import HarmonicFunctions
from equilab.groups.invariants import invariant_dimension, invariant_tensors

GROUPS = (*ON_THE_GRID, *OFF_THE_GRID, *INFINITE)


def moved(basis, factors, g):
    """rho_1(g) x ... x rho_n(g) on basis (dim, d_1, ..., d_n)."""
    for axis, rho in enumerate(factors, start=1):
        basis = torch.tensordot(basis, rho.matrix(g), dims=([axis], [1])).movedim(-1, axis)
    return basis


def check(group, factors):
    basis = invariant_tensors(group, factors)
    assert basis.shape == (invariant_dimension(group, factors), *(rho.dim for rho in factors))
    columns = basis.flatten(1)
    torch.testing.assert_close(columns @ columns.T, torch.eye(len(basis), dtype=torch.float64), atol=1e-12, rtol=0)
    for g in some_elements(group):
        torch.testing.assert_close(moved(basis, factors, g), basis, atol=1e-13, rtol=0)


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_invariant_vectors_are_not_moved_and_as_many_as_the_trivial_parts(group):
    for rho in kinds(group):
        check(group, (rho,))
        assert len(invariant_vectors(rho)) == round(inner_product(rho, group.trivial)), rho


@pytest.mark.parametrize("group", [C(3), D(3), D(1, "1/4"), SO2, O2], ids=str)
def test_invariants_of_three_factors(group):
    first, last = group.irreps(1)[-1], group.irreps(2)[-1]
    check(group, (first, last, HarmonicFunctions(group, 3)))
    check(group, (first, first, last))
    if group.is_finite:
        check(group, (first, group.regular, HarmonicFunctions(group, 2)))


def space(group, factors):
    columns = invariant_tensors(group, factors).flatten(1)
    return columns.T @ columns


@pytest.mark.parametrize("group", ON_THE_GRID, ids=str)
def test_orbits_induction_and_null_space_find_the_same_space(group):
    """A copy by matrices is no quotient to the solver: it has to take another way."""
    regular, last = group.regular, kinds(group)[-1]
    turned = next(rho for rho in kinds(group) if rho.name == "turned")
    for factors in ((regular, last), (turned, regular), (last, turned, regular)):
        copies = tuple(same_matrices(rho) for rho in factors)
        torch.testing.assert_close(space(group, factors), space(group, copies), atol=1e-12, rtol=0)


def test_the_orbits_of_pairs_of_elements_are_ordered_by_their_first_entry():
    basis = invariant_tensors(C(4), (C(4).regular, C(4).regular))
    firsts = [int(vector.flatten().nonzero()[0]) for vector in basis]
    assert firsts == sorted(firsts) == [0, 1, 2, 3]
    assert torch.equal(basis[1].argmax(1), torch.tensor([1, 2, 3, 0]))


def test_there_is_one_invariant_of_nothing():
    assert invariant_tensors(D(4), ()).tolist() == invariant_tensors(O2, ()).tolist() == [1.0]


def test_infinite_groups_average_over_all_their_elements():
    assert invariant_vectors(O2.quotient(SO2)).tolist() == [[pytest.approx(0.5**0.5)] * 2]
    assert len(invariant_vectors(induce(SO2.irrep(1), O2))) == 0
    assert len(invariant_vectors(tensor_product(SO2.irrep(80), SO2.irrep(80)))) == 2
    assert len(invariant_vectors(tensor_product(SO2.irrep(64), SO2.irrep(65)))) == 0
    assert len(invariant_vectors(1 * SO2.irrep(129))) == 0
