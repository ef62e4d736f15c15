"""D_LSBD: closed forms on the torus, what changes nothing, and the joint search over frequencies as a slow oracle."""

import itertools

import numpy as np
import pytest

from equilab.errors import DataError, SettingError, ShapeError
from equilab.metrics.symmetry.lsbd import lsbd_distances
from tests.refused import refused


def angles(*sizes: int) -> np.ndarray:
    """The angles (k, N_1, ..., N_k) of a grid of cyclic factors, without the end point."""
    return 2 * np.pi * np.indices(sizes) / np.array(sizes).reshape(-1, *[1] * len(sizes))


def circle(angle: np.ndarray) -> list[np.ndarray]:
    return [np.cos(angle), np.sin(angle)]


A, B = angles(64, 64)
PERFECT = np.stack([*circle(A), *circle(B)], -1)
MIX = np.random.default_rng(1).standard_normal((4, 4))
NOISE = np.random.default_rng(0).standard_normal((64, 64, 4))
LINE = 3 / (2 * 63 * 65 * np.sin(np.pi / 64) ** 2)  # power of equally spaced scalar angles, 3 / (2 pi^2) for many


@pytest.mark.parametrize(
    ("codes", "expected", "tolerance"),
    [
        (PERFECT, 0, 1e-12),
        (PERFECT @ MIX + 7, 0, 1e-12),
        (np.stack([A, B], -1), 1 - LINE, 1e-12),
        (np.stack([np.cos(A), np.cos(B)], -1), 0.75, 1e-12),
        (PERFECT[..., :2], 0.5, 1e-12),
        (np.stack([*circle(A + B), *circle(A - B)], -1), 1, 1e-12),
        (NOISE, 0.999, 1.5e-3),
        (np.full((64, 64, 3), 2.5), 1, 0),
    ],
    ids=["perfect", "mixed", "scalar angles", "cosines", "one ignored", "sums of angles", "noise", "constant"],
)
def test_closed_forms_on_the_torus(codes, expected, tolerance):
    assert lsbd_distances(codes).distance.mean() == pytest.approx(expected, abs=tolerance)


def test_scalar_angles_have_the_value_of_the_continuum():
    assert pytest.approx(3 / (2 * np.pi**2), abs=2e-4) == LINE
    assert lsbd_distances(np.stack([A, B], -1)).distance.round(3).tolist() == [0.848, 0.848]


def test_a_one_dimensional_code_is_scored():
    found = lsbd_distances(np.cos(angles(64)[0])[:, None])
    assert found.distance == pytest.approx([0.75], abs=1e-12)
    assert (found.omega.tolist(), found.share.tolist()) == ([1], [1.0])


def test_an_ignored_factor_is_one_and_has_no_frequency():
    found = lsbd_distances(PERFECT[..., :2])
    assert found.distance == pytest.approx([0, 1], abs=1e-12)
    assert (found.omega.tolist(), found.share[1]) == ([1, 0], 0)


def test_an_ignored_factor_stays_ignored_in_single_precision():
    found = lsbd_distances((PERFECT[..., :2] @ MIX[:2] + 3).astype(np.float32))
    assert found.distance == pytest.approx([0, 1], abs=1e-6)


@pytest.mark.parametrize("turns", [1, 2, 3, 31, -2])
def test_the_frequency_is_found_without_its_sign(turns):
    found = lsbd_distances(np.stack([*circle(turns * A + 0.3), *circle(B)], -1))
    assert found.omega.tolist() == [abs(turns), 1]
    assert found.distance == pytest.approx([0, 0], abs=1e-12)


def joint(grid: np.ndarray) -> float:
    """The definition: the least dispersion of the points turned back, over all combinations of frequencies."""
    sizes, dim = grid.shape[:-1], grid.shape[-1]
    planes = []
    for axis in range(len(sizes)):
        flat = (grid - grid.mean(axis=axis, keepdims=True)).reshape(-1, dim)
        _, deviations, vectors = np.linalg.svd(flat, full_matrices=False)
        planes.append((flat @ vectors[:2].T / deviations[:2] * np.sqrt(len(flat) / 2)).reshape(*sizes, 2))
    least = np.inf
    for omegas in itertools.product(*(range(-(n // 2), n // 2 + 1) for n in sizes)):
        total = 0.0
        for axis, (plane, omega) in enumerate(zip(planes, omegas, strict=True)):
            back = []
            for index in np.ndindex(*sizes):
                angle = -2 * np.pi * omega * index[axis] / sizes[axis]
                turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
                back.append(turn @ plane[index])
            total += np.square(np.array(back) - np.mean(back, axis=0)).sum(axis=1).mean() / len(sizes)
        least = min(least, total)
    return least


@pytest.mark.parametrize("noise", [0.3, 1.0, 100.0])
def test_the_separable_form_is_the_joint_search(noise):
    a, b = angles(5, 6)
    rng = np.random.default_rng(3)
    codes = np.stack([*circle(a), *circle(2 * b)], -1) @ MIX[:, :3] + noise * rng.standard_normal((5, 6, 3))
    assert lsbd_distances(codes).distance.mean() == pytest.approx(joint(codes), abs=1e-10)


def test_values_of_noise_lie_between_zero_and_one_and_depend_on_neither_mix_nor_order():
    rng = np.random.default_rng(5)
    codes = rng.standard_normal((7, 8, 2)) + 0.5 * np.stack(circle(angles(7, 8)[0]), -1)
    expected = lsbd_distances(codes).distance
    assert ((expected > 0) & (expected < 1)).all()
    for changed in (
        codes[..., ::-1],
        1e3 * codes - 40,
        codes @ np.array([[0.6, -0.8], [0.8, 0.6]]),
        codes @ MIX[:2, :2],
    ):
        np.testing.assert_allclose(lsbd_distances(changed).distance, expected, atol=1e-9)
    shifted = lsbd_distances(np.roll(codes, (2, 3), (0, 1))).distance
    np.testing.assert_allclose(shifted, expected, atol=1e-9)


def test_one_plane_is_shared_by_all_objects():
    """The broken version finds a plane for each object: its axes are arbitrary, so that perfect latents cancel."""
    a = angles(24)[0]
    tiny = 1e-6 * np.random.default_rng(8).standard_normal((5, 24, 2))
    objects = np.stack([np.stack(circle(a), -1)] * 5) + tiny
    assert lsbd_distances(objects, [1]).distance == pytest.approx([0], abs=1e-9)
    apart = np.stack([each @ np.linalg.eigh(each.T @ each)[1] for each in objects])
    power = np.abs(np.fft.fft((apart[..., 0] + 1j * apart[..., 1]).mean(axis=0)) / 24) ** 2
    assert 1 - power.max() > 0.3


def test_share_is_what_lies_in_the_plane():
    extra = np.stack([*circle(A), *circle(B), *(0.5 * NOISE[..., k] for k in range(4))], -1)
    found = lsbd_distances(extra)
    assert (found.distance < 0.02).all()
    assert found.share == pytest.approx([0.5, 0.5], abs=0.02)  # the circle has variance 1, the four of noise 1/4 each


@pytest.mark.parametrize(
    ("codes", "axes", "error", "argument", "expected", "got"),
    [
        (
            np.zeros(4),
            None,
            ShapeError,
            "codes",
            "(N_1, ..., N_k, d), each axis at least 1",
            (4,),
        ),
        (np.zeros((4, 0)), None, ShapeError, "codes", "each axis at least 1", (4, 0)),
        (np.full((3, 1), np.nan), None, DataError, "codes[0, 0]", "finite", np.nan),
        (np.zeros((4, 1), complex), None, DataError, "codes", "real", "complex128"),
        (np.zeros((2, 4, 1)), None, DataError, "codes", "at least 3 values", "2 on axis 0"),
        (np.zeros((4, 4, 1)), [2], SettingError, "axes", "0 to 1", 2),
    ],
    ids=["one axis", "empty", "nan", "complex", "two values", "axis"],
)
def test_what_is_no_grid_of_cyclic_factors_is_refused(codes, axes, error, argument, expected, got):
    with refused(error, argument, expected=expected, got=got):
        lsbd_distances(codes, axes)


@pytest.mark.parametrize(("offset", "most"), [(1e5, 1e-4), (3e5, 1e-3), (1e6, 1e-2)])
def test_a_float32_code_with_an_offset_is_read_down_to_its_last_place(offset, most):
    """The broken version takes 16 units for the resolution, and the code for constant from 3e5 on."""
    assert lsbd_distances((PERFECT + offset).astype(np.float32)).distance.max() < most


def test_the_round_off_of_an_encoder_moves_nothing():
    codes = (PERFECT[..., :2] @ MIX[:2] + 3).astype(np.float32)
    jitter = codes * (1 + 4 * np.finfo(np.float32).eps * np.random.default_rng(0).integers(-1, 2, codes.shape))
    found = lsbd_distances(jitter.astype(np.float32))
    assert found.distance == pytest.approx([0, 1], abs=1e-6)
    assert (found.omega[1], found.share[1]) == (0, 0)
