"""Regular, quotient and induced representations: their place in the theory, and what is refused."""

import pytest
import torch
from group_cases import FINITE

from equilab.errors import GroupError
from equilab.groups import O2, SO2, C, D, decompose, induce, inner_product, p4, p4m, restrict
from tests.refused import refused

MANY_SUBGROUPS = [D(4), D(6), C(8)]


def chains(group):
    """All G > H > K for a group G."""
    return [(large, small) for large in group.subgroups() for small in large.subgroups()]


@pytest.mark.parametrize("group", FINITE, ids=str)
def test_the_regular_representation_holds_each_irrep_as_often_as_its_dimension(group):
    assert group.regular.dim == group.order
    expected = [(round(rho.dim / inner_product(rho, rho)), rho) for rho in group.irreps()]
    assert decompose(group.regular) == expected
    assert all(group.regular.character(g) == (group.order if g == group.identity else 0) for g in group)


def test_the_channels_of_a_regular_field_are_in_the_order_of_the_elements():
    for g in p4m:
        moved = p4m.regular.matrix(g)
        assert all(moved[p4m.index(p4m.compose(g, h)), p4m.index(h)] == 1 for h in p4m)


@pytest.mark.parametrize("group", MANY_SUBGROUPS, ids=str)
def test_frobenius_reciprocity(group):
    for subgroup in group.subgroups():
        for rho in subgroup.irreps():
            induced = induce(rho, group)
            assert induced.dim == rho.dim * group.order // subgroup.order
            for sigma in group.irreps():
                inside = inner_product(rho, restrict(sigma, subgroup))
                assert inner_product(induced, sigma) == pytest.approx(inside, abs=1e-12)


@pytest.mark.parametrize("group", MANY_SUBGROUPS, ids=str)
def test_inducing_in_two_steps_is_inducing_in_one(group):
    for large, small in chains(group):
        rho = small.irreps()[-1]
        stepwise, direct = induce(induce(rho, large), group), induce(rho, group)
        for g in group:
            assert stepwise.character(g) == pytest.approx(direct.character(g), abs=1e-12)


@pytest.mark.parametrize("group", MANY_SUBGROUPS, ids=str)
def test_restricting_in_two_steps_is_restricting_in_one(group):
    for large, small in chains(group):
        for rho in (group.irreps()[-1], group.regular):
            stepwise, direct = restrict(restrict(rho, large), small), restrict(rho, small)
            assert all(torch.equal(stepwise.matrix(h), direct.matrix(h)) for h in small)
            assert all(torch.equal(direct.matrix(h), rho.matrix(h)) for h in small)


@pytest.mark.parametrize("group", MANY_SUBGROUPS, ids=str)
def test_quotients_are_induced_from_trivial_ones(group):
    for subgroup in group.subgroups():
        quotient, induced = group.quotient(subgroup), induce(subgroup.trivial, group)
        assert quotient.is_permutation
        assert quotient.dim == group.order // subgroup.order
        assert all(torch.equal(quotient.matrix(g), induced.matrix(g)) for g in group)
        assert inner_product(quotient, group.trivial) == pytest.approx(1)  # one orbit


@pytest.mark.parametrize("group", MANY_SUBGROUPS, ids=str)
def test_a_product_with_an_induced_one_is_induced_from_the_product(group):
    """The projection formula: Ind(rho) x sigma = Ind(rho x Res sigma)."""
    for subgroup in group.subgroups():
        rho, sigma = induce(subgroup.irreps()[-1], group), group.irreps()[-1]
        inner = {h: subgroup.irreps()[-1].matrix(h).kron(sigma.matrix(h)) for h in subgroup}
        other = induce(subgroup.from_matrices(inner, name="inner"), group)
        for g in group:
            assert rho.character(g) * sigma.character(g) == pytest.approx(other.character(g), abs=1e-12)


def test_the_trivial_cases_of_a_quotient_have_their_usual_names():
    assert p4m.quotient(p4m) == p4m.trivial
    assert p4m.quotient(C(1)) == p4m.regular
    assert (p4m.regular.name, p4m.quotient(D(1, "1/2")).name) == ("regular", "quotient(D1(1/2))")
    assert str(induce(D(2).irrep(1, -1), p4m)) == "D4.induce(D2.irrep(1, -1))"


def test_so2_has_index_two_in_o2():
    assert O2.quotient(SO2).dim == 2
    assert decompose(O2.quotient(SO2)) == [(1, O2.trivial), (1, O2.irrep(0, -1))]
    assert decompose(induce(SO2.irrep(3), O2)) == [(2, O2.irrep(3))]
    for frequency in range(4):
        for sigma in O2.irreps(4):
            rho = SO2.irrep(frequency)
            assert inner_product(induce(rho, O2), sigma) == pytest.approx(
                inner_product(rho, restrict(sigma, SO2)), abs=1e-12
            )


def test_what_is_no_subgroup_or_of_infinite_index_is_refused():
    for got, call in (
        ("C8", lambda: p4.quotient(C(8))),
        ("D1", lambda: induce(D(1).trivial, p4)),
        ("SO(2)", lambda: p4.quotient(SO2)),
    ):
        with refused(GroupError, "subgroup", expected="a subgroup of C4", got=got, hint="subgroups()"):
            call()
    for group, got, call in (
        ("SO(2)", "C1", lambda: SO2.regular),
        ("O(2)", "D4", lambda: O2.quotient(D(4))),
        ("O(2)", "C4", lambda: induce(C(4).irrep(1), O2)),
    ):
        with refused(GroupError, "subgroup", expected=f"in {group}", got=got, hint=f"use irreps of {group}"):
            call()
