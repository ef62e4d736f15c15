"""Values of blocks: of a circle the angle alone, for any radius, rounding and signs of zeros."""

import numpy as np
import pytest

from equilab.latents import Circle, CodeBlock, projected_codes

CIRCLE = CodeBlock((2, 0), Circle())
RNG = np.random.default_rng(0)
ANGLE = RNG.uniform(-np.pi, np.pi, 200)


def ring(radius, angle=ANGLE) -> np.ndarray:
    """Codes whose axes 2 and 0 are cosine and sine."""
    return np.column_stack([radius * np.sin(angle), RNG.standard_normal(len(angle)), radius * np.cos(angle)])


@pytest.mark.parametrize("least", [1e-5, 1.0, 1e10])
def test_the_radius_of_a_circle_does_not_matter(least):
    codes = ring(least * RNG.uniform(1, 1e3, len(ANGLE)))
    found = CIRCLE.values(codes)
    np.testing.assert_allclose(found, np.column_stack([np.cos(ANGLE), np.sin(ANGLE)]), atol=1e-14)
    codes[:, [0, 2]] *= 2.0 ** RNG.integers(0, 9, len(ANGLE))[:, None]
    np.testing.assert_array_equal(CIRCLE.values(codes), found)


def test_values_of_values_are_the_same_values():
    once = projected_codes(ring(RNG.uniform(1e-7, 3, len(ANGLE))), (CIRCLE, CodeBlock((1,))))
    np.testing.assert_allclose(projected_codes(once, (CIRCLE, CodeBlock((1,)))), once, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_circle_of_radius_0_is_constant_whatever_is_left_of_it(dtype):
    for dead in (ring(1e-7), ring(0.0), np.copysign(0.0, ring(1.0)), ring(RNG.uniform(0, 1e-6, len(ANGLE)))):
        np.testing.assert_array_equal(CIRCLE.values(dead.astype(dtype)), [[1.0, 0.0]] * len(ANGLE))


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi, -np.pi, 2.5])
def test_one_angle_at_any_radius_is_constant_as_is_its_rounding(angle):
    codes = ring(RNG.uniform(0.1, 30, len(ANGLE)), np.full(len(ANGLE), angle))
    for constant in (codes, codes.astype(np.float32)):
        found = CIRCLE.values(constant)
        np.testing.assert_array_equal(found, found[:1].repeat(len(found), axis=0))
        np.testing.assert_allclose(found[0], [np.cos(angle), np.sin(angle)], atol=1e-7)


def test_half_a_turn_is_one_point_whatever_the_sign_of_its_sine():
    half = np.array([[-0.0, 9.0, -1.0], [0.0, 9.0, -3.0], [1.0, 9.0, 0.0]])
    found = CIRCLE.values(half)
    np.testing.assert_array_equal(found, [[-1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    assert not np.signbit(found[:, 1]).any()


def test_small_angles_and_single_points_at_the_origin_leave_a_circle_alive():
    assert np.ptp(CIRCLE.values(ring(1.0, 1e-4 * ANGLE))[:, 1]) > 1e-4
    radius = np.where(np.arange(len(ANGLE)) < 3, 0.0, 1.0)
    found = CIRCLE.values(ring(radius))
    np.testing.assert_array_equal(found[:3], [[1.0, 0.0]] * 3)
    np.testing.assert_allclose(found[3:, 0], np.cos(ANGLE[3:]), atol=1e-15)


def test_axes_of_other_blocks_and_codes_without_circles_stay_as_they_are():
    codes = ring(2.0).astype(np.float32)
    kept = codes.copy()
    assert projected_codes(codes, (CodeBlock((0, 2)), CodeBlock((1,)))) is codes
    found = projected_codes(codes, (CodeBlock((1,)), CIRCLE))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[:, 1], kept[:, 1])
    np.testing.assert_array_equal(codes, kept)
    np.testing.assert_array_equal(found[:, [2, 0]], CIRCLE.values(codes).astype(np.float32))


@pytest.mark.parametrize("block", [CodeBlock((0, 1, 2)), CodeBlock((2, 0)), CIRCLE, CodeBlock((1,))], ids=str)
def test_rows_follow_each_other_in_memory(block):
    codes = ring(1.0).astype(np.float32)
    for each in (codes, np.asfortranarray(codes), codes[::2]):
        found = block.values(each)
        assert found.flags.c_contiguous
        assert found.dtype == np.float64
