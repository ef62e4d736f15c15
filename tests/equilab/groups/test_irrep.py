"""Irreps: they are all there, orthogonal, and act as the circular harmonics do."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from group_cases import FINITE, GROUPS, some_elements

from equilab.errors import GroupError
from equilab.groups import O2, SO2, C, D, Irrep, inner_product
from tests.refused import refused

by_group = pytest.mark.parametrize("group", GROUPS, ids=str)
finite = pytest.mark.parametrize("group", FINITE, ids=str)


@finite
def test_the_squares_of_the_dimensions_add_up_to_the_order(group):
    assert sum(rho.dim**2 / inner_product(rho, rho) for rho in group.irreps()) == pytest.approx(group.order)


@by_group
def test_characters_of_different_irreps_are_orthogonal_and_the_type_is_their_norm(group):
    for rho, sigma in product(group.irreps(7), repeat=2):
        expected = 0 if rho != sigma else {"real": 1, "complex": 2}[rho.type]
        assert inner_product(rho, sigma) == pytest.approx(expected, abs=1e-12)


@finite
def test_columns_of_the_character_table_are_orthogonal(group):
    table = {rho: (inner_product(rho, rho), [rho.character(g) for g in group]) for rho in group.irreps()}
    for i, j in product(range(group.order), repeat=2):
        total = sum(row[i] * row[j] / norm for norm, row in table.values())
        g, h = group.elements[i], group.elements[j]
        conjugates = {group.compose(group.compose(k, g), group.inverse(k)) for k in group}
        back = {group.inverse(k) for k in conjugates}  # real characters do not tell g from its inverse
        expected = group.order / len(conjugates) * ((h in conjugates) + (h in back)) / 2
        assert total == pytest.approx(expected, abs=1e-10)


@finite
def test_schur_matrix_entries_of_irreps_of_real_type_are_orthogonal(group):
    for rho in group.irreps():
        if rho.type == "real":
            entries = torch.stack([rho.matrix(g).flatten() for g in group])
            expected = torch.eye(rho.dim**2, dtype=torch.float64) * group.order / rho.dim
            torch.testing.assert_close(entries.T @ entries, expected, atol=1e-12, rtol=0)


@by_group
def test_the_commutant_has_the_dimension_that_the_type_says(group):
    for rho in group.irreps(4):
        eye = torch.eye(rho.dim, dtype=torch.float64)
        rows = [
            torch.kron(rho.matrix(g), eye) - torch.kron(eye, rho.matrix(g).T.contiguous()) for g in some_elements(group)
        ]
        rank = int(torch.linalg.matrix_rank(torch.cat(rows), atol=1e-9))
        assert rho.dim**2 - rank == {"real": 1, "complex": 2}[rho.type]


@by_group
def test_two_dimensional_irreps_move_circular_harmonics(group):
    phi = torch.linspace(0.1, 6.2, 11, dtype=torch.float64)
    points = torch.stack([phi.cos(), phi.sin()])
    for rho in (rho for rho in group.irreps(5) if rho.dim == 2):
        for g in some_elements(group):
            x, y = group.matrix(g) @ points
            moved = rho.frequency * torch.atan2(y, x)
            harmonics = torch.stack([(rho.frequency * phi).cos(), (rho.frequency * phi).sin()])
            expected = torch.stack([moved.cos(), moved.sin()])
            torch.testing.assert_close(rho.matrix(g) @ harmonics, expected, atol=1e-13, rtol=0)


@pytest.mark.parametrize("group", [C(3), C(8), D(3), D(4), D(6), D(3, "1/12"), D(4, "1/8"), SO2, O2], ids=str)
def test_the_irrep_of_frequency_one_is_the_plane_itself(group):
    for g in some_elements(group):
        torch.testing.assert_close(group.irrep(1).matrix(g), group.matrix(g), atol=1e-15, rtol=0)


@finite
def test_the_highest_frequency_of_an_even_group_lies_in_the_restricted_harmonics(group):
    if group.rotations % 2 == 0:
        half = group.rotations // 2
        for g in group:
            parts = [rho.character(g) for rho in group.irreps() if rho.frequency == half]
            whole = O2.irrep(half).character(g) if group.mirrors else SO2.irrep(half).character(g)
            assert sum(parts) * (1 if group.mirrors else 2) == pytest.approx(whole, abs=1e-12)


@finite
def test_the_sign_is_what_the_first_mirror_does(group):
    if group.mirrors:
        ones = [rho for rho in group.irreps() if rho.dim == 1]
        assert len(ones) == (4 if group.rotations % 2 == 0 else 2)
        assert all(rho.matrix(group.generators[-1]).item() == rho.sign for rho in ones)


def test_irreps_are_listed_by_frequency_with_names_that_read_well():
    assert [str(rho) for rho in C(5).irreps()] == ["C5.trivial", "C5.irrep(1)", "C5.irrep(2)"]
    assert [rho.name for rho in D(2).irreps()] == ["trivial", "irrep(0, -1)", "irrep(1)", "irrep(1, -1)"]
    assert [rho.name for rho in O2.irreps(1)] == ["trivial", "irrep(0, -1)", "irrep(1)"]
    assert C(4).irreps(1) == C(4).irreps()[:2]
    assert [rho.type for rho in C(4).irreps()] == ["real", "complex", "real"]
    assert SO2.irrep(0) == SO2.trivial


def test_high_frequencies_are_accurate():
    g = SO2.element(1 / 3)
    assert SO2.irrep(3_000_000).matrix(g)[0, 0] == pytest.approx(math.cos(6_000_000 * math.pi * (1 / 3)), abs=1e-8)


@pytest.mark.parametrize("frequency", [-1, 3, 1.5, "1", True])
def test_a_frequency_that_is_not_there_is_refused(frequency):
    with refused(GroupError, "frequency", expected="an integer, 0 to 2, for irreps of D4", got=repr(frequency)):
        D(4).irrep(frequency)


def test_a_frequency_may_be_an_integer_of_numpy():
    assert D(4).irrep(np.int64(1)) == D(4).irrep(1)
    assert str(D(4).irrep(np.int64(1))) == str(D(4).irrep(1))
    assert hash(D(4).irrep(np.int64(1))) == hash(D(4).irrep(1))


def test_other_irreps_that_are_not_there_are_refused():
    with refused(GroupError, "frequency", expected="an integer, 0 or more, for irreps of SO(2)", got=-1):
        SO2.irrep(-1)
    for group, frequency, sign in [(C(4), 0, -1), (D(4), 1, -1), (D(4), 0, 2), (O2, 3, -1)]:
        with refused(GroupError, "sign", expected="1, or -1 in", got=f"{sign} for irrep({frequency}) of {group}"):
            Irrep(group, frequency, sign)
    with refused(GroupError, "max_frequency", expected="O(2) has infinitely many irreps"):
        O2.irreps()
