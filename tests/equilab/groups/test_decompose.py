"""Decomposition by characters: it finds what was put in, for every kind of representation."""

import pytest
import torch
from group_cases import GROUPS, representations

from equilab.errors import GroupError
from equilab.groups import (
    O2,
    SO2,
    C,
    D,
    Representation,
    decompose,
    inner_product,
    move,
    p4,
    p4m,
    restrict,
    tensor_product,
)
from tests.refused import refused


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_dimensions_characters_and_norms_add_up(group):
    for rho in representations(group):
        parts = decompose(rho)
        assert sum(count * sigma.dim for count, sigma in parts) == rho.dim
        for g in group.generators:
            assert sum(n * sigma.character(g) for n, sigma in parts) == pytest.approx(rho.character(g), abs=1e-11)
        norm = sum(count**2 * inner_product(sigma, sigma) for count, sigma in parts)
        assert inner_product(rho, rho) == pytest.approx(norm)


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_a_sum_of_irreps_gives_back_its_counts(group):
    irreps = group.irreps(5)
    mixed = 1 * irreps[0]
    for extra, sigma in enumerate(irreps):
        mixed = mixed + (extra + 1) * sigma
    expected = [(extra + 1 + (extra == 0), sigma) for extra, sigma in enumerate(irreps)]
    assert decompose(mixed) == expected


@pytest.mark.parametrize("group", [SO2, O2], ids=str)
@pytest.mark.parametrize("frequency", [65, 97])
def test_high_frequencies_do_not_alias(group, frequency):
    assert decompose(group.irrep(frequency)) == [(1, group.irrep(frequency))]
    for other in (32, 129 - frequency):
        if 0 <= other != frequency:
            assert inner_product(group.irrep(frequency), group.irrep(other)) == pytest.approx(0, abs=1e-12)
    product = tensor_product(group.irrep(frequency), group.irrep(1))
    assert decompose(product) == [(1, group.irrep(frequency - 1)), (1, group.irrep(frequency + 1))]


@pytest.mark.parametrize("frequency", range(9))
def test_frequencies_alias_in_finite_groups_as_they_should(frequency):
    nearest = min(frequency % 8, -frequency % 8)
    count = 2 if nearest in (0, 4) else 1
    assert decompose(restrict(SO2.irrep(frequency), C(8)))[0] == (count if frequency else 1, C(8).irrep(nearest))


def test_known_decompositions():
    assert decompose(p4m.quotient(D(1))) == [(1, p4m.trivial), (1, p4m.irrep(1)), (1, p4m.irrep(2))]
    assert decompose(p4m.quotient(p4)) == [(1, p4m.trivial), (1, p4m.irrep(0, -1))]
    assert decompose(p4m.quotient(D(2))) == [(1, p4m.trivial), (1, p4m.irrep(2))]
    assert decompose(restrict(p4m.irrep(1), D(1))) == [(1, D(1).trivial), (1, D(1).irrep(0, -1))]


class Hidden(Representation):
    """cos and sin of a frequency that the class does not tell."""

    group = SO2
    name = "hidden"
    dim = 2

    def matrix(self, g):
        return SO2.irrep(70).matrix(g)


def test_what_cannot_be_decomposed_is_refused():
    with refused(GroupError, "rho", expected="64", got="SO(2).hidden", hint="its parts"):
        decompose(Hidden())
    with refused(GroupError, "characters", expected="one group", got="C4.regular and D4.regular"):
        inner_product(p4.regular, p4m.regular)


def test_the_permutation_of_the_square_pixels_holds_its_orbits():
    """Burnside: the trivial irrep is there once per orbit; a 3 x 3 grid has 3 under D4."""
    grid = torch.arange(9).reshape(1, 3, 3)
    pixels = p4m.from_matrices({g: torch.eye(9)[move(p4m.inverse(g), grid).flatten()].T for g in p4m}, name="pixels")
    assert decompose(pixels)[0] == (3, p4m.trivial)
