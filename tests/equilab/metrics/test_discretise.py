"""Cells of blocks: numpy's histogram as the oracle, and what cells of each kind do not change under."""

import numpy as np
import pytest

from equilab.latents import Circle, CodeBlock
from equilab.metrics.information import clusters, discretise, equal_widths


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("draw", ["normal", "lattice", "constant"])
def test_equal_widths_are_those_of_the_published_code(dtype, draw):
    rng = np.random.default_rng(0)
    values = {
        "normal": rng.standard_normal(5000),
        "lattice": rng.integers(41, size=5000) / 8,  # half of these lie on an edge
        "constant": np.full(50, 3.7),
    }[draw].astype(dtype)
    edges = np.histogram(values.astype(np.float64), 20)[1]
    published = np.digitize(values, edges[:-1]) - 1
    found = equal_widths(values, 20)
    if draw == "constant":
        assert len(set(found)) == len(set(published)) == 1
    else:
        np.testing.assert_array_equal(found, published)


def test_the_largest_value_is_in_the_last_cell():
    assert equal_widths(np.array([0.0, 0.04, 0.06, 0.94, 0.96, 1.0]), 20).tolist() == [0, 0, 1, 18, 19, 19]


def test_a_range_of_one_rounding_step_is_binned():
    values = np.array([1.0, np.nextafter(1.0, 2.0)] * 10)
    cells = equal_widths(values, 20)
    assert 0 <= cells.min() <= cells.max() < 20


def test_each_axis_has_its_own_range():
    """The broken version bins by the range of all codes: a small axis then falls into one cell."""
    codes = np.random.default_rng(0).uniform(size=(1000, 2)) * [1.0, 1000.0]
    found = discretise(codes, (CodeBlock((0,)), CodeBlock((1,))), cells=20, rng=np.random.default_rng(0))
    shared = np.digitize(codes[:, 0], np.histogram(codes, 20)[1][:-1])
    assert len(set(shared)) == 1
    assert [len(set(column)) for column in found.T] == [20, 20]


@pytest.mark.parametrize("count", [1, 2, 4, 5, 10, 20])
def test_noisy_angles_of_up_to_twenty_values_have_a_cell_each(count):
    rng = np.random.default_rng(0)
    value = rng.integers(count, size=2000)
    angle = 2 * np.pi * value / count + 0.05 * rng.uniform(-1, 1, size=2000)
    cells = Circle().cells(np.stack([np.cos(angle), np.sin(angle)], 1), 20)
    assert len(set(zip(value.tolist(), cells.tolist(), strict=True))) == count == len(set(cells))


def test_the_radius_does_not_change_an_angle():
    rng = np.random.default_rng(0)
    points = rng.standard_normal((500, 2))
    radius = 2.0 ** rng.integers(-5, 5, size=(500, 1))
    np.testing.assert_array_equal(Circle().cells(points * radius, 20), Circle().cells(points, 20))


def test_the_two_ends_of_the_circle_are_one_cell():
    points = np.array([[-1.0, 0.0], [-1.0, -0.0], [-1.0, 1e-9], [-1.0, -1e-9]])
    assert len(set(Circle().cells(points, 20))) == 1


def test_clusters_find_separate_clouds():
    rng = np.random.default_rng(0)
    cloud = rng.integers(4, size=400)
    points = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9]])[cloud] + 0.1 * rng.standard_normal((400, 3))
    found = clusters(points, 4, rng=np.random.default_rng(1))
    assert len(set(zip(cloud.tolist(), found.tolist(), strict=True))) == 4


def test_clusters_are_seeded():
    points = np.random.default_rng(0).standard_normal((500, 2))
    first, again, other = (clusters(points, 20, rng=np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_fewer_points_than_clusters_have_a_cluster_each():
    points = np.repeat(np.eye(3), 5, axis=0)
    assert len(set(clusters(points, 20, rng=np.random.default_rng(0)))) == 3


def test_blocks_are_read_from_their_own_axes_in_the_order_given():
    rng = np.random.default_rng(0)
    codes = rng.standard_normal((300, 4))
    found = discretise(codes, (CodeBlock((3, 1), Circle()), CodeBlock((2,)), CodeBlock((0,))), cells=20, rng=rng)
    np.testing.assert_array_equal(found[:, 0], Circle().cells(codes[:, [3, 1]], 20))
    np.testing.assert_array_equal(found[:, 1], equal_widths(codes[:, 2], 20))
    np.testing.assert_array_equal(found[:, 2], equal_widths(codes[:, 0], 20))


def test_a_collapsed_circle_has_one_cell():
    noise = np.random.default_rng(0).standard_normal((50, 2))
    for left in (1e-7 * noise, np.copysign(0.0, noise), np.copysign(0.0, noise).astype(np.float32)):
        assert len(set(Circle().cells(left + noise, 20))) > 1
        found = discretise(left, (CodeBlock((0, 1), Circle()),), cells=20, rng=np.random.default_rng(0))
        assert set(found[:, 0]) == {0}
