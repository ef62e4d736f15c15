"""Kernel spaces: the law, orthonormal, complete, of the known dimensions, the same everywhere; what is refused."""

import hashlib
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from kernel_laws import OFF_THE_GRID, ON_THE_GRID, dimension, kinds, pixels, svd_projector, worst_error

from equilab.errors import FieldTypeError, GroupError, SettingError, ShapeError
from equilab.groups import (
    O2,
    SO2,
    C,
    D,
    Group,
    filter_basis,
    induce,
    invariant_vectors,
    kernel_space,
    restrict,
    ring_kernels,
    tensor_product,
)

SIZES = [1, 2, 3, 4, 5, 7]


def circle(count: int, *, radius: float = 1.0, turn: float = 0.0) -> torch.Tensor:
    angle = 2 * torch.pi * (torch.arange(count, dtype=torch.float64) / count + turn)
    return radius * torch.stack([angle.cos(), angle.sin()], 1)


ORIGIN = torch.zeros(1, 2, dtype=torch.float64)
HEXAGON = circle(6)
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


def test_a_size_may_be_an_integer_of_numpy():
    case = (C(4), C(4).regular, C(4).trivial)
    assert torch.equal(kernel_space(*case, np.int64(3)), kernel_space(*case, 3))


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


C4, C8 = C(4).trivial, C(8).trivial


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((C(8), C8, C8, 3), GroupError, "support: expected points that C8 maps onto themselves; the turn 1/8 does not"),
        ((SO2, SO2.trivial, SO2.trivial, 3), GroupError, r"SO\(2\) maps no finite set of points onto itself"),
        ((C(4), C(2).trivial, C4, 3), FieldTypeError, r"rho_in: expected a representation of C4, got C2\.trivial"),
        ((C(4), C4, C8, 3), FieldTypeError, r"rho_out: expected a representation of C4, got C8\.trivial; restrict it"),
        ((C(4), C4, C4, 0), SettingError, "kernel_size: expected at least 1, got 0"),
        ((C(4), C4, C4, torch.zeros(3)), ShapeError, r"expected an integer or points \(n, 2\), got .* shape \(3,\)"),
        ((C(4), C4, C4, torch.zeros(2, 3)), ShapeError, r"got a tensor of shape \(2, 3\)"),
        ((C(4), C4, C4, torch.zeros(0, 2)), ShapeError, r"got a tensor of shape \(0, 2\)"),
        ((C(4), C4, C4, HEXAGON), GroupError, "the turn 1/4 does not: take a subgroup"),
        ((D(4), D(4).trivial, D(4).trivial, circle(4, turn=0.05)), GroupError, "the mirror does not"),
        (
            (C(4), C4, C4, [(0.0, 0.0)]),
            SettingError,
            r"points \(n, 2\), got \[\(0.0, 0.0\)\] of type list; torch.tensor",
        ),
        ((C(4), C4, C4, 3.0), SettingError, r"support: expected an integer or a tensor of .*, got 3\.0 of type float"),
        ((C(4), C4, C4, True), SettingError, "support: expected an integer or a tensor of .*, got True of type bool"),
        ((C(4), C4, C4, np.zeros((1, 2))), SettingError, "support: expected an integer or a tensor .* of type ndarray"),
        ((C(4), C4, C4, torch.tensor(3)), ShapeError, r"got a tensor of shape \(\)"),
        ((C(1), C(1).trivial, C(1).trivial, torch.zeros(2, 2)), SettingError, "expected every point once, got two"),
        ((C(1), C(1).trivial, C(1).trivial, torch.full((1, 2), torch.nan)), SettingError, "expected finite points"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_what_cannot_be_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        kernel_space(*arguments)


@pytest.mark.parametrize("group", [C(4), C(8), SO2], ids=str)
def test_a_filter_without_pixels_is_refused(group):
    with pytest.raises(SettingError, match="kernel_size: expected at least 1, got 0"):
        filter_basis(group.trivial, group.trivial, 0)


@pytest.mark.parametrize("group", [C(4), C(8), SO2], ids=str)
def test_the_size_of_a_filter_is_an_integer_of_any_kind(group):
    basis = filter_basis(group.trivial, group.trivial, 3)
    assert torch.equal(filter_basis(group.trivial, group.trivial, np.int64(3)), basis)
    for size, kind in ((3.0, "float"), (True, "bool"), ((3, 3), "tuple"), (None, "NoneType")):
        message = f"kernel_size: expected an integer, got {size!r} of type {kind}"
        with pytest.raises(SettingError, match=re.escape(message)):
            filter_basis(group.trivial, group.trivial, size)
