"""Kernel spaces: the law, orthonormal, complete, the same everywhere."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import torch
from kernel_laws import (
    HEXAGON,
    ON_THE_GRID,
    ORIGIN,
    circle,
    dimension,
    kinds,
    pixels,
    svd_projector,
    worst_error,
)

from equilab.groups import (
    C,
    D,
    Group,
    filter_basis,
    invariant_vectors,
    kernel_space,
    ring_kernels,
    tensor_product,
)

SIZES = [1, 2, 3, 4, 5, 7]


POINT_SETS = {
    "hexagon": (HEXAGON, [C(3), C(6), D(3), D(6), D(3, "1/6")]),
    "hexagon and its centre": (torch.cat([ORIGIN, HEXAGON]), [C(6), D(6)]),
    "two hexagons, turned": (torch.cat([HEXAGON, circle(6, radius=2.0, turn=1 / 12)]), [C(6), D(6), D(2)]),
    "free orbit": (circle(5, turn=0.03), [C(5), C(1)]),
    "two squares, shuffled": (torch.cat([circle(4), circle(4, radius=0.5)])[[3, 6, 0, 5, 1, 7, 2, 4]], [D(4), C(4)]),
    "origin": (ORIGIN, [C(8), D(6), D(4, "1/8")]),
}
point_sets = [(name, group) for name, (_, groups) in POINT_SETS.items() for group in groups]


def some_pairs(group: Group, shift: int):
    """At most seven pairs of kinds; another shift, other pairs."""
    known = kinds(group)
    pairs = [(known[(i + shift) % len(known)], rho_out) for i, rho_out in enumerate(known)]
    step = 1 + len(pairs) // 8
    return pairs[shift % step :: step]


def check(group, rho_in, rho_out, support, points):
    basis = kernel_space(group, rho_in, rho_out, support)
    assert basis.shape == (dimension(rho_in, rho_out, points), rho_out.dim, rho_in.dim, len(points))
    assert basis.dtype == torch.float64
    assert worst_error(basis, rho_in, rho_out, points) < 1e-14
    columns = basis.flatten(1)
    torch.testing.assert_close(columns @ columns.T, torch.eye(len(basis), dtype=torch.float64), atol=1e-12, rtol=0)


@pytest.mark.parametrize("kernel_size", SIZES)
@pytest.mark.parametrize("group", ON_THE_GRID, ids=str)
def test_on_the_grid_every_kernel_obeys_the_law_and_the_basis_is_orthonormal(group, kernel_size):
    for rho_in, rho_out in some_pairs(group, kernel_size):
        check(group, rho_in, rho_out, kernel_size, pixels(kernel_size))


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize("group", ON_THE_GRID, ids=str)
def test_the_law_holds_for_all_pairs_of_representations(group, kernel_size):
    for rho_in in kinds(group):
        for rho_out in kinds(group):
            check(group, rho_in, rho_out, kernel_size, pixels(kernel_size))


@pytest.mark.parametrize(("name", "group"), point_sets, ids=str)
def test_on_any_set_of_points_every_kernel_obeys_the_law(name, group):
    points = POINT_SETS[name][0]
    for rho_in, rho_out in some_pairs(group, 2):
        check(group, rho_in, rho_out, points, points.numpy())


def same_space(rho_in, rho_out, support, points):
    basis = kernel_space(rho_out.group, rho_in, rho_out, support).flatten(1).numpy()
    np.testing.assert_allclose(basis.T @ basis, svd_projector(rho_in, rho_out, points), atol=1e-10)


@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize("group", ON_THE_GRID, ids=str)
def test_the_space_is_the_null_space_of_the_constraints(group, kernel_size):
    pairs = [(rho_in, rho_out) for rho_in in kinds(group) for rho_out in kinds(group)]
    small = [pair for pair in pairs if pair[0].dim * pair[1].dim * kernel_size**2 <= 72]
    for rho_in, rho_out in small[:: 1 + len(small) // 30]:
        same_space(rho_in, rho_out, kernel_size, pixels(kernel_size))


def test_orbits_of_large_regular_fields_are_that_null_space_too():
    same_space(D(4).regular, D(4).regular, 2, pixels(2))
    same_space(C(4).regular, C(4).regular, 5, pixels(5))
    same_space(D(6).regular, 1 * D(6).irrep(1), HEXAGON, HEXAGON.numpy())


@pytest.mark.parametrize("group", ON_THE_GRID, ids=str)
def test_between_regular_fields_each_entry_of_the_filter_belongs_to_one_basis_element(group):
    basis = kernel_space(group, group.regular, group.regular, 3)
    assert len(basis) == group.order * 9
    assert bool(((basis != 0).sum(0) == 1).all())
    assert bool(((basis != 0).flatten(1).sum(1) == group.order).all())
    torch.testing.assert_close(basis[basis != 0].max(), basis[basis != 0].min(), atol=0, rtol=0)


PROGRAM = """
import hashlib, sys, torch
torch.set_num_threads(2)
from equilab.groups import C, D, kernel_space, tensor_product
orbits = kernel_space(D(4), D(4).regular, D(4).quotient(C(2)), 3)
print(hashlib.sha256(orbits.numpy().tobytes()).hexdigest())
torch.save([kernel_space(*case) for case in (
    (D(4), 1 * D(4).irrep(1), tensor_product(D(4).irrep(1), D(4).irrep(2)), 5),
    (C(4), C(4).regular, C(4).irrep(1), 4),
)], sys.argv[1])
"""


def test_the_basis_is_the_same_in_another_process_with_other_threads(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "bases.pt")]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    orbits = kernel_space(D(4), D(4).regular, D(4).quotient(C(2)), 3)
    assert shown.strip() == hashlib.sha256(orbits.numpy().tobytes()).hexdigest()
    first, second = torch.load(tmp_path / "bases.pt")
    product = tensor_product(D(4).irrep(1), D(4).irrep(2))
    torch.testing.assert_close(kernel_space(D(4), 1 * D(4).irrep(1), product, 5), first, atol=1e-12, rtol=0)
    torch.testing.assert_close(kernel_space(C(4), C(4).regular, C(4).irrep(1), 4), second, atol=1e-12, rtol=0)


def test_writing_to_a_basis_changes_nobody_elses():
    case = (C(4), C(4).regular, C(4).trivial, 3)
    kernel_space(*case).zero_()
    assert kernel_space(*case).abs().sum() > 0


def test_bases_are_on_the_cpu_whatever_the_default_device_is():
    rho = C(4).quotient(C(2)) + C(4).irrep(1)  # of no other test: a basis that is in the cache needs no device
    with torch.device("meta"):
        found = [
            kernel_space(C(4), rho, rho, 3),
            filter_basis(rho, rho, 3),
            filter_basis(C(5).irrep(2), C(5).regular, 3),
            ring_kernels(C(5).irrep(2), C(5).trivial, 3),
            invariant_vectors(rho),
        ]
    assert all(basis.device.type == "cpu" and len(basis) for basis in found)


def test_of_field_types_the_basis_is_that_of_every_pair_of_fields():
    """A map in blocks obeys the law when each block does."""
    first, second = D(4).regular + D(4).irrep(1), 2 * D(4).irrep(1) + D(4).quotient(C(2))
    basis = kernel_space(D(4), first, second, 3)
    check(D(4), first, second, 3, pixels(3))
    blocks = [
        (kernel_space(D(4), field_in, field_out, 3), slice(*channels_out), slice(*channels_in))
        for field_out, *channels_out in second
        for field_in, *channels_in in first
    ]
    assert len(basis) == sum(len(block) for block, _, _ in blocks)
    for element, (block, rows, columns) in zip(
        basis.split([len(block) for block, _, _ in blocks]), blocks, strict=True
    ):
        assert torch.equal(element[:, rows, columns], block)
        assert int((element != 0).sum()) == int((block != 0).sum())


def test_points_may_be_far_away_many_and_in_float32():
    points = 500 * circle(36)
    assert len(kernel_space(C(36), C(36).trivial, C(36).trivial, points)) == 1
    assert len(kernel_space(C(36), C(36).trivial, C(36).trivial, circle(36).float())) == 1


@pytest.mark.parametrize("kernel_size", [2, 3])
def test_the_basis_of_a_filter_is_the_kernel_space_row_by_row(kernel_size):
    basis = filter_basis(D(4).irrep(1), D(4).regular, kernel_size)
    expected = kernel_space(D(4), D(4).irrep(1), D(4).regular, kernel_size)
    assert torch.equal(basis.flatten(-2), expected)
