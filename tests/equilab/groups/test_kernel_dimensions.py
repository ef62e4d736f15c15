"""Dimensions of kernel spaces: those of the formulas and of known convolutions, intertwiners at the origin."""

import pytest
import torch
from kernel_laws import OFF_THE_GRID, ON_THE_GRID, ORIGIN

from equilab.groups import (
    O2,
    SO2,
    C,
    D,
    induce,
    kernel_space,
    restrict,
)

SQUARES = [1, 2, 3, 4, 5, 6, 7]
KNOWN = {  # (group, in, out): dimension at k = 1, 2, ...
    "C4 regular -> regular": (C(4), C(4).regular, C(4).regular, [4 * k * k for k in SQUARES]),
    "C4 trivial -> trivial": (C(4), C(4).trivial, C(4).trivial, [(k * k + 3 * (k % 2)) // 4 for k in SQUARES]),
    "C4 trivial -> regular": (C(4), C(4).trivial, C(4).regular, [k * k for k in SQUARES]),
    "C4 regular -> trivial": (C(4), C(4).regular, C(4).trivial, [k * k for k in SQUARES]),
    "C4 trivial -> vector": (C(4), C(4).trivial, C(4).irrep(1), [0, 2, 4, 8, 12]),
    "D4 trivial -> trivial": (
        D(4),
        D(4).trivial,
        D(4).trivial,
        [(k * k + 4 * k + 3) // 8 if k % 2 else (k * k + 2 * k) // 8 for k in SQUARES],
    ),
    "D4 regular -> regular": (D(4), D(4).regular, D(4).regular, [8 * k * k for k in SQUARES]),
    "C2 trivial -> trivial": (C(2), C(2).trivial, C(2).trivial, [(k * k + k % 2) // 2 for k in SQUARES]),
    "D1 trivial -> trivial": (D(1), D(1).trivial, D(1).trivial, [k * ((k + 1) // 2) for k in SQUARES]),
}


@pytest.mark.parametrize("name", KNOWN)
def test_dimensions_are_those_of_the_formulas(name):
    group, rho_in, rho_out, expected = KNOWN[name]
    found = [len(kernel_space(group, rho_in, rho_out, k)) for k in range(1, len(expected) + 1)]
    assert found == expected


def test_a_p4_convolution_has_36_numbers_per_pair_of_fields():
    assert len(kernel_space(C(4), C(4).regular, C(4).regular, 3)) == 36


def test_the_convolution_of_cohen_and_welling_spans_the_space():
    """Their p4 filter: one free (4, k, k) array, turned and its input shifted for each output channel."""
    free = torch.eye(36, dtype=torch.float64).reshape(36, 4, 3, 3)
    kernels = [free.rot90(r, (-2, -1)).roll(r, 1) for r in range(4)]  # output channel r
    classic = torch.stack(kernels, 1).reshape(36, -1) / 2
    basis = kernel_space(C(4), C(4).regular, C(4).regular, 3).flatten(1)
    torch.testing.assert_close(classic.T @ classic, basis.T @ basis, atol=1e-14, rtol=0)


@pytest.mark.parametrize("group", ON_THE_GRID + OFF_THE_GRID, ids=str)
def test_kernels_on_the_origin_are_the_intertwiners(group):
    for first in group.irreps():
        for second in group.irreps():
            expected = 0 if first != second else 2 if first.type == "complex" else 1
            assert len(kernel_space(group, first, second, ORIGIN)) == expected


@pytest.mark.parametrize(("group", "expected"), [(SO2, 2), (O2, 1)], ids=str)
def test_infinite_groups_have_the_intertwiners_at_the_origin(group, expected):
    assert kernel_space(group, group.trivial, group.trivial, ORIGIN).tolist() == [[[[1.0]]]]
    assert len(kernel_space(group, group.irrep(2), group.irrep(3), ORIGIN)) == 0
    basis = kernel_space(group, group.irrep(3), group.irrep(3), ORIGIN)[..., 0]
    assert len(basis) == expected
    for g in group.generators:
        rho = group.irrep(3).matrix(g)
        torch.testing.assert_close(rho @ basis, basis @ rho, atol=1e-14, rtol=0)


def test_high_frequencies_of_field_types_do_not_alias():
    assert len(kernel_space(SO2, 1 * SO2.irrep(192), 1 * SO2.irrep(193), ORIGIN)) == 0


def test_mirrors_of_o2_quotients_are_averaged():
    both = O2.quotient(SO2)
    assert len(kernel_space(O2, both, both, ORIGIN)) == 2
    assert len(kernel_space(O2, both, induce(SO2.irrep(1), O2), ORIGIN)) == 0


def test_restricting_the_group_enlarges_the_space():
    large = kernel_space(D(4), D(4).regular, 1 * D(4).irrep(1), 3).flatten(1)
    small = kernel_space(C(4), restrict(D(4).regular, C(4)), restrict(1 * D(4).irrep(1), C(4)), 3).flatten(1)
    assert len(small) == 2 * len(large)
    torch.testing.assert_close(large @ small.T @ small, large, atol=1e-13, rtol=0)
