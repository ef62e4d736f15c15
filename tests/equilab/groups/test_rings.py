"""Ring kernels: the law in the continuum, exact at quarter turns on the grid, as many as theory says, independent."""

import math

import pytest
import torch
from kernel_laws import INFINITE, OFF_THE_GRID, pixels, places

from equilab.errors import SettingError
from equilab.groups import O2, SO2, C, D, filter_basis, induce, ring_kernels
from equilab.groups.functions import HarmonicFunctions
from equilab.groups.invariants import invariant_tensors
from equilab.groups.rings import Ring, rings, sampled_harmonics
from tests.refused import refused

GROUPS = [*OFF_THE_GRID, *INFINITE, C(16)]


def pairs(group):
    last = group.irreps(2)[-1]
    if not group.is_finite:
        return [(group.trivial, last), (group.irrep(1), group.irrep(2)), (last, group.irrep(1) + group.trivial)]
    return [(group.trivial, group.regular), (group.regular, last), (last, last)]


def ring_values(coefficients, angle):
    """kappa(phi), (basis, d_out, d_in, angles), of coefficients (basis, d_out, d_in, 2 m + 1)."""
    waves = [torch.ones_like(angle)]
    for frequency in range(1, coefficients.shape[-1] // 2 + 1):
        waves += [torch.cos(frequency * angle), torch.sin(frequency * angle)]
    return torch.einsum("boif,fn->boin", coefficients, torch.stack(waves))


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_a_ring_obeys_the_law_at_every_angle_of_the_plane(group):
    generator = torch.Generator().manual_seed(0)
    angle = 2 * math.pi * torch.rand(11, dtype=torch.float64, generator=generator)
    points = torch.stack([angle.cos(), angle.sin()])
    for rho_in, rho_out in pairs(group):
        coefficients = invariant_tensors(group, (rho_out, rho_in, HarmonicFunctions(group, 4)))
        for g in (*group.generators, *(group.random_element(generator) for _ in range(4))):
            x, y = group.matrix(g) @ points
            found = ring_values(coefficients, torch.atan2(y, x))
            expected = torch.einsum(
                "ij,bjkn,kl->biln", rho_out.matrix(g), ring_values(coefficients, angle), rho_in.matrix(g).T
            )
            torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("kernel_size", [4, 5])
@pytest.mark.parametrize("group", [C(8), D(8), C(16), D(2, "1/8"), *INFINITE], ids=str)
def test_on_the_grid_the_law_is_exact_for_the_elements_that_the_grid_has(group, kernel_size):
    points = pixels(kernel_size)
    exact = [g for g in D(4) if g in group]
    assert len(exact) > 1
    for rho_in, rho_out in pairs(group):
        basis = ring_kernels(rho_in, rho_out, kernel_size).flatten(-2)
        for g in exact:
            left, right = rho_out.matrix(g), rho_in.matrix(g).T
            expected = torch.einsum("ij,bjkn,kl->biln", left, basis, right)
            torch.testing.assert_close(basis[..., places(group, g, points)], expected, atol=1e-14, rtol=0)


@pytest.mark.parametrize("m", [0, 1, 2, 3])
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_frequencies_of_so2_kernels_are_those_of_weiler_and_cesa(m, n):
    """Weiler & Cesa 2019, appendix F: |m - n| and m + n, each with its phase; one solution where they coincide at 0."""
    coefficients = invariant_tensors(SO2, (SO2.irrep(n), SO2.irrep(m), HarmonicFunctions(SO2, 7)))
    energy = coefficients.square().sum((1, 2))  # (dim, 15): over which harmonics a solution is spread
    per_frequency = torch.cat([energy[:, :1], energy[:, 1:].unflatten(1, (7, 2)).sum(2)], 1).sum(0)
    expected = torch.zeros(8, dtype=torch.float64)
    if m == 0 or n == 0:
        expected[m + n] = 1 if m + n == 0 else 2
    else:
        expected[abs(m - n)] += 2
        expected[m + n] += 2
    torch.testing.assert_close(per_frequency, expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("m", [0, 1, 2, 3])
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_mirrors_leave_one_phase_of_each_frequency(m, n):
    """Weiler & Cesa 2019, appendix F: O(2) keeps half of what SO(2) allows."""
    coefficients = invariant_tensors(O2, (O2.irrep(n), O2.irrep(m), HarmonicFunctions(O2, 7)))
    assert len(coefficients) == (1 if m == 0 or n == 0 else 2)


def test_no_kernel_makes_a_pseudoscalar_of_a_scalar():
    """It would have to be radial, by the turns, and change its sign, by the mirrors."""
    assert len(invariant_tensors(O2, (O2.irrep(0, -1), O2.trivial, HarmonicFunctions(O2, 7)))) == 0


def test_a_vector_field_has_the_analytic_kernel():
    """SO(2) trivial -> irrep(1): (cos phi, sin phi) and its quarter turn, and nothing else."""
    coefficients = invariant_tensors(SO2, (SO2.irrep(1), SO2.trivial, HarmonicFunctions(SO2, 3)))[:, :, 0]
    analytic = torch.zeros(2, 2, 7, dtype=torch.float64)
    analytic[0, 0, 1] = analytic[0, 1, 2] = analytic[1, 1, 1] = 0.5**0.5
    analytic[1, 0, 2] = -(0.5**0.5)
    found, expected = coefficients.flatten(1), analytic.flatten(1)
    torch.testing.assert_close(found.T @ found, expected.T @ expected, atol=1e-13, rtol=0)


@pytest.mark.parametrize("kernel_size", range(1, 12))
def test_sampled_harmonics_are_independent_so_no_kernel_is_lost_to_sampling(kernel_size):
    samples = torch.cat([sampled_harmonics(ring, kernel_size).flatten(1) for ring in rings(kernel_size)])
    assert len(samples) <= kernel_size**2
    values = torch.linalg.svdvals(samples / samples.norm(dim=1, keepdim=True))
    assert values[-1] > 0.35
    assert values[0] < 1.5


@pytest.mark.parametrize("kernel_size", [2, 5])
@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_ring_kernels_are_independent_and_counted_by_characters(group, kernel_size):
    for rho_in, rho_out in pairs(group):
        basis = ring_kernels(rho_in, rho_out, kernel_size).flatten(1)
        functions = [HarmonicFunctions(group, ring.max_frequency) for ring in rings(kernel_size)]
        assert len(basis) == sum(len(invariant_tensors(group, (rho_out, rho_in, each))) for each in functions)
        if len(basis):
            torch.testing.assert_close(basis.norm(dim=1), torch.ones(len(basis), dtype=torch.float64))
            assert torch.linalg.svdvals(basis)[-1] > 0.3


def test_the_space_of_ring_kernels_of_c4_is_a_part_of_the_whole():
    whole = filter_basis(C(4).regular, C(4).irrep(1), 5).flatten(1)
    rings_only = ring_kernels(C(4).regular, C(4).irrep(1), 5).flatten(1)
    assert len(rings_only) < len(whole)
    torch.testing.assert_close(rings_only @ whole.T @ whole, rings_only, atol=1e-13, rtol=0)


def test_radii_are_a_pixel_apart_and_frequencies_below_what_the_grid_confuses():
    assert [ring.radius for ring in rings(6)] == [0.5, 1.5, 2.5]
    assert [ring.radius for ring in rings(7)] == [0, 1, 2, 3]
    assert [ring.max_frequency for ring in rings(1) + rings(2) + rings(3)] == [0, 1, 0, 2]
    assert [ring.max_frequency for ring in rings(6)] == [1, 2, 2]
    assert [ring.max_frequency for ring in rings(11)] == [0, 2, 3, 5, 7, 2]


def test_at_the_origin_only_the_constant_is_not_zero():
    samples = sampled_harmonics(Ring(1.0, 0.6, 2), 3)
    assert samples[:, 1, 1].tolist() == [pytest.approx(math.exp(-0.5 / 0.36)), 0.0, 0.0, 0.0, 0.0]


def test_kernels_of_one_pixel_are_the_intertwiners():
    assert ring_kernels(O2.quotient(SO2), O2.quotient(SO2), 1).shape == (2, 2, 2, 1, 1)
    assert len(ring_kernels(O2.quotient(SO2), induce(SO2.irrep(1), O2), 1)) == 0


def test_a_kernel_without_pixels_is_refused():
    with refused(SettingError, "kernel_size", expected="at least 1", got=-1):
        ring_kernels(C(8).trivial, C(8).trivial, -1)
