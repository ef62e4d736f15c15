"""Functions on points and circular harmonics: how a group moves them, against values of functions and turned images."""

import math

import pytest
import torch
from kernel_laws import INFINITE, OFF_THE_GRID, ON_THE_GRID, pixels, some_elements

from equilab.errors import GroupError, SettingError
from equilab.groups import O2, SO2, C, D, move
from equilab.groups.functions import HarmonicFunctions, PointFunctions, grid_points
from tests.refused import refused


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 7])
def test_grid_points_are_the_pixels_row_by_row(kernel_size):
    points = grid_points(kernel_size)
    assert points.dtype == torch.float64
    assert torch.equal(points, torch.from_numpy(pixels(kernel_size)))


def test_grid_points_belong_to_the_caller():
    grid_points(3).zero_()
    assert grid_points(3).abs().sum() > 0


@pytest.mark.parametrize("kernel_size", [0, -2])
def test_a_grid_without_pixels_is_refused(kernel_size):
    with refused(SettingError, "kernel_size", expected="at least 1", got=kernel_size):
        grid_points(kernel_size)


@pytest.mark.parametrize("kernel_size", [1, 2, 5])
@pytest.mark.parametrize("group", ON_THE_GRID, ids=str)
def test_functions_on_pixels_move_as_images_do(group, kernel_size):
    image = torch.rand(kernel_size, kernel_size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    functions = PointFunctions.grid(group, kernel_size)
    for g in group:
        moved = move(g, image)
        assert torch.equal(functions.matrix(g) @ image.flatten(), moved.flatten())
        assert torch.equal(image.flatten()[functions.permutation(g)], moved.flatten())


@pytest.mark.parametrize("group", [C(6), D(3), D(6), C(2)], ids=str)
def test_functions_on_points_are_values_at_the_inverse_place_and_a_representation(group):
    angle = 2 * math.pi * torch.arange(6, dtype=torch.float64) / 6
    points = torch.stack([angle.cos(), angle.sin()], 1)
    functions = PointFunctions(group, tuple(map(tuple, points.tolist())))

    def f(p):
        return 3 * p[:, 0] + p[:, 1] ** 3

    for g in group:
        back = points @ group.matrix(group.inverse(g)).T
        torch.testing.assert_close(functions.matrix(g) @ f(points), f(back), atol=1e-14, rtol=0)
        for h in group:
            assert torch.equal(functions.matrix(g) @ functions.matrix(h), functions.matrix(group.compose(g, h)))


def test_writing_to_a_permutation_changes_nobody_elses():
    functions = PointFunctions.grid(C(4), 3)
    functions.permutation(C(4).generators[0]).zero_()
    assert functions.permutation(C(4).generators[0]).tolist() == [2, 5, 8, 1, 4, 7, 0, 3, 6]


def test_points_off_the_set_are_refused_when_it_is_made():
    with refused(GroupError, "support", expected="D1 maps onto themselves", got="points that the mirror does not"):
        PointFunctions(D(1), ((1.0, 0.0),))
    with refused(GroupError, "support", expected="the origin alone", hint="O(2)"):
        PointFunctions(O2, ((0.0, 1.0),))
    assert PointFunctions(SO2, ((0.0, 0.0),)).dim == 1


def harmonics(angle, max_frequency):
    """1, cos phi, sin phi, ..., (2 m + 1, number of angles)."""
    waves = [wave(m * angle) for m in range(1, max_frequency + 1) for wave in (torch.cos, torch.sin)]
    return torch.stack([torch.ones_like(angle), *waves])


@pytest.mark.parametrize("group", OFF_THE_GRID + INFINITE, ids=str)
def test_coefficients_of_harmonics_move_as_their_sums_do(group):
    generator = torch.Generator().manual_seed(1)
    angle = 2 * math.pi * torch.rand(20, dtype=torch.float64, generator=generator)
    points = torch.stack([angle.cos(), angle.sin()], 1)
    functions = HarmonicFunctions(group, 3)
    coefficients = torch.randn(functions.dim, dtype=torch.float64, generator=generator)
    for g in some_elements(group):
        back = points @ group.matrix(group.inverse(g)).T
        expected = coefficients @ harmonics(torch.atan2(back[:, 1], back[:, 0]), 3)
        found = functions.matrix(g) @ coefficients @ harmonics(angle, 3)
        torch.testing.assert_close(found, expected, atol=1e-13, rtol=0)
