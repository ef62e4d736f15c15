"""The report on cyclic factors: each false zero of D_LSBD is exposed by a number beside it, and the verdict says so."""

from typing import Any

import numpy as np
import pytest
import torch

from equilab.errors import DataError, SettingError, ShapeError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable
from equilab.metrics.symmetry.lsbd_report import LSBDReport, lsbd_report, lsbd_report_codes
from equilab.metrics.symmetry.span import span_of
from tests.refused import refused

A, B = 2 * np.pi * np.indices((16, 12)) / np.array([16, 12]).reshape(2, 1, 1)
INDEX = np.stack(np.unravel_index(np.arange(192), (16, 12)), 1)
NAMES = ("posX", "posY")


def circle(angle: np.ndarray, size: float = 1.0) -> list[np.ndarray]:
    return [size * np.cos(angle), size * np.sin(angle)]


PERFECT = np.stack([*circle(A), *circle(B)], -1)
MIX = np.random.default_rng(1).standard_normal((4, 4))


def report(codes: np.ndarray, *, seed: int = 0, names: tuple[str, ...] | None = NAMES, **settings: Any) -> LSBDReport:
    return lsbd_report_codes(codes, rng=np.random.default_rng(seed), names=names, **settings)


@pytest.mark.parametrize("codes", [PERFECT, PERFECT @ MIX + 3, PERFECT @ np.diag([1, 1, 1e-3, 1e-3])])
def test_a_perfect_code_has_nothing_against_it(codes):
    found = report(codes)
    assert found.value < 1e-9
    assert found.overlap < 1e-9
    assert found.commutator is not None
    assert found.commutator < 1e-9
    assert found.transitions is not None
    assert (found.transitions.residual < 1e-9).all()
    assert (found.transitions.order_error < 1e-9).all()
    assert found.injectivity == 1
    assert found.omega.tolist() == [1, 1]
    assert found.share == pytest.approx([1, 1])
    assert found.verdict.endswith("no diagnostic contradicts this")


def test_the_step_is_the_rotation_of_the_plane():
    found = report(PERFECT).transitions
    assert found is not None
    for matrix, size in zip(found.matrices, (16, 12), strict=True):
        expected = np.concatenate([np.exp([2j * np.pi / size, -2j * np.pi / size]), [1, 1]])
        np.testing.assert_allclose(
            np.sort_complex(np.linalg.eigvals(matrix).round(9)), np.sort_complex(expected.round(9)), atol=1e-8
        )


def test_the_step_goes_to_the_next_value_not_to_the_one_before():
    found = report(PERFECT).transitions
    assert found is not None
    span = span_of(PERFECT.reshape(-1, 4))
    expected = span.coordinates(np.roll(PERFECT, -1, axis=0))
    np.testing.assert_allclose(span.coordinates(PERFECT) @ found.matrices[0].T, expected, atol=1e-9)


def test_both_factors_in_one_plane_are_exposed_by_the_overlap():
    found = report(np.stack(circle(A), -1) + 0.4 * np.stack(circle(B), -1))
    assert found.value < 1e-9
    assert found.overlap == pytest.approx(1)
    assert "but posX and posY move the same directions (overlap 1.000)" in found.verdict


def test_a_double_cover_is_exposed_by_omega_and_by_injectivity():
    found = report(np.stack([*circle(2 * A), *circle(B)], -1))
    assert found.value < 1e-9
    assert found.omega.tolist() == [2, 1]
    assert found.injectivity == 0
    assert found.collisions.tolist() == [1, 0]
    assert "but the code rotates 2 times per cycle of posX: a double cover" in found.verdict
    assert "100% of the points share their code with others, which differ in posX" in found.verdict


def test_noise_beside_a_perfect_code_is_exposed_by_residual_order_and_share():
    noise = 0.3 * np.random.default_rng(2).standard_normal((16, 12, 6))
    found = report(np.concatenate([PERFECT, noise], -1))
    assert found.value < 0.02
    assert found.transitions is not None
    assert (found.transitions.residual > 0.3).all()
    assert (found.transitions.order_error > 0.5).all()
    assert (found.share < 0.8).all()
    assert "but the plane that was scored holds" in found.verdict
    assert "a step of posX is no linear map of the code" in found.verdict
    assert "B_posX^16 is not the identity" in found.verdict


def untrained_codes() -> np.ndarray:
    """(3 objects, 8, 8, 4): a bar, a square and a cross moved around a torus, through convolutions as they were drawn.

    The kernels are mirrored in both axes, as the objects are; the head reads along each axis at which angle the
    activity is. The code turns with the object whatever the weights are, and whichever the object.
    """
    generator = torch.Generator().manual_seed(0)
    objects = torch.zeros(3, 1, 8, 8, dtype=torch.float64)
    objects[0, 0, 3:5, 2:6] = objects[1, 0, 2:6, 2:6] = objects[2, 0, 3:5, 2:6] = objects[2, 0, 2:6, 3:5] = 1
    x = torch.stack([objects.roll((row, column), (-2, -1)) for row in range(8) for column in range(8)], 1).flatten(0, 1)
    for inputs in (1, 8):
        weight = torch.randn(8, inputs, 3, 3, dtype=torch.float64, generator=generator)
        weight = weight + weight.flip(2) + weight.flip(3) + weight.flip(2, 3)
        x = torch.nn.functional.conv2d(torch.nn.functional.pad(x, (1, 1, 1, 1), mode="circular"), weight).relu()
    wave = torch.exp(2j * torch.pi * torch.arange(8, dtype=torch.float64) / 8)
    units = [
        total / total.abs()
        for total in (
            x.sum((1, 3)) @ wave.real + 1j * (x.sum((1, 3)) @ wave.imag),
            x.sum((1, 2)) @ wave.real + 1j * (x.sum((1, 2)) @ wave.imag),
        )
    ]
    return torch.stack([part for unit in units for part in (unit.real, unit.imag)], -1).reshape(3, 8, 8, 4).numpy()


def test_an_untrained_equivariant_encoder_is_exposed_by_objects_that_share_their_codes():
    found = report(untrained_codes(), names=("shape", *NAMES), axes=[1, 2])
    assert found.value < 1e-9
    assert found.transitions is not None
    assert (found.transitions.residual < 1e-9).all()
    assert found.injectivity < 0.01
    assert found.collisions[0] > 0.99
    assert "but 100% of the points share their code with others, which differ in shape" in found.verdict


def test_noise_is_called_what_it_is():
    found = report(np.random.default_rng(0).standard_normal((16, 12, 4)))
    assert found.value > 0.9
    assert found.transitions is not None
    assert found.transitions.residual == pytest.approx([0.5, 0.5], abs=0.1)  # B = 0: |z'|^2 / (2 |z'|^2)
    assert found.transitions.commutators[0, 1] > 0.1
    assert "posX rotates no plane evenly" in found.verdict


def test_residuals_are_of_points_that_the_fit_has_not_seen():
    """The broken version scores the half that it fitted: 60 directions of noise explain 60 of 96 points, 0.19."""
    found = report(np.random.default_rng(0).standard_normal((16, 12, 60))).transitions
    assert found is not None
    assert (found.residual > 0.6).all()


@pytest.mark.parametrize("codes", [np.zeros((5, 4, 3)), np.full((5, 4, 1), 1e6)], ids=["zero", "constant"])
def test_a_constant_code_is_one_and_finite(codes):
    found = report(codes)
    assert found.value == 1
    assert found.injectivity == 0
    assert np.isfinite(list(found.flat().values())).all()
    assert "posX moves nothing; posY moves nothing" in found.verdict


@pytest.mark.parametrize("codes", [PERFECT[..., :2], np.cos(A)[..., None], PERFECT[..., [0, 1, 2, 3, 0, 1]]])
def test_ignored_one_dimensional_and_repeated_codes_are_finite(codes):
    for changed in (codes, np.concatenate([codes, np.full((16, 12, 2), 7.0)], -1)):
        flat = report(changed).flat()
        assert np.isfinite(list(flat.values())).all()
        assert flat["lsbd"] == pytest.approx(report(codes).value)


def test_an_ignored_factor_makes_points_collide():
    found = report(PERFECT[..., :2])
    assert found.collisions.tolist() == [0, 1]
    assert found.overlap == 0
    assert "D_LSBD is 0.500: posY moves nothing" in found.verdict


def test_a_single_factor_has_no_overlap():
    found = report(PERFECT[:, 0, :2], names=("angle",))
    assert (found.overlap, found.commutator, found.injectivity) == (0, 0, 1)


def test_a_table_gives_what_its_grid_gives():
    order = np.random.default_rng(4).permutation(192)
    codes = PERFECT @ MIX + 0.1 * np.random.default_rng(5).standard_normal(PERFECT.shape)
    table = CodeTable(codes.reshape(-1, 4)[order], INDEX[order], NAMES)
    assert lsbd_report(table, rng=np.random.default_rng(0)).flat() == report(codes).flat()


def test_one_seed_gives_one_report_and_only_the_fits_draw():
    codes = PERFECT + 0.3 * np.random.default_rng(5).standard_normal(PERFECT.shape)
    assert report(codes).flat() == report(codes).flat()
    first, other = report(codes).flat(), report(codes, seed=1).flat()
    assert {key for key in first if first[key] != other[key]} == {
        "lsbd_residual_posx",
        "lsbd_residual_posy",
        "lsbd_order_posx",
        "lsbd_order_posy",
        "lsbd_commutator",
    }


def test_blocks_say_where_each_factor_is_and_a_circle_counts_as_its_angle():
    size = 1 + 0.5 * np.cos(A)[..., None]
    codes = np.concatenate([PERFECT[..., :2] * size, PERFECT[..., 2:]], -1)
    assert report(codes).value > 0.01
    found = report(codes, blocks=[CodeBlock((0, 1), Circle(), name="x"), (2, 3)])
    assert found.value < 1e-9
    assert found.blocks == ("x", "z2+z3")
    np.testing.assert_allclose(found.moved, np.eye(2), atol=1e-12)


def test_the_report_is_a_table_with_a_verdict_and_flat_floats():
    found = report(np.stack([*circle(2 * A), *circle(B)], -1))
    lines = str(found).splitlines()
    assert lines[0].split() == ["factor", "N", "D", "chance", "|omega|", "in", "plane", "residual", "order"]
    assert lines[1].split() == ["posX", "16", "0.000", "0.779", "2", "1.000", "0.000", "0.000"]
    assert lines[3].startswith("D_LSBD 0.000   overlap")
    assert " ".join(lines[4:]) == found.verdict
    assert max(map(len, lines)) <= 100
    flat = found.flat()
    assert (flat["lsbd_omega_posx"], flat["lsbd_injectivity"], flat["lsbd_collisions_posx"]) == (2, 0, 1)
    assert all(type(value) is float and key == key.lower() for key, value in flat.items())


def test_without_the_fits_the_other_numbers_stay():
    found = report(PERFECT, residuals=False)
    assert found.transitions is found.commutator is None
    assert {"lsbd", "lsbd_overlap", "lsbd_injectivity"} <= set(found.flat())
    assert not [key for key in found.flat() if "residual" in key]
    assert "residual" not in str(found)


def test_names_that_differ_only_in_case_have_no_flat_form():
    with refused(SettingError, "names", got="lsbd_x twice", hint="rename"):
        report(PERFECT, names=("x", "X")).flat()


@pytest.mark.parametrize(
    ("codes", "settings", "error", "argument", "expected", "got"),
    [
        (np.zeros(5), {"names": None}, ShapeError, "codes", "(N_1, ..., N_k, d)", (5,)),
        (np.full((5, 4, 1), np.inf), {}, DataError, "codes[0, 0, 0]", "finite", np.inf),
        (PERFECT, {"names": ("x",)}, SettingError, "names", "2 different names", ("x",)),
        (PERFECT, {"axes": [0, 2]}, SettingError, "axes", "from 0 to 1", (0, 2)),
        (PERFECT, {"axes": []}, SettingError, "axes", "from 0 to 1", ()),
        (
            np.random.default_rng(0).standard_normal((2, 3, 6)),
            {"axes": [1]},
            DataError,
            "codes",
            "more than 10 grid",
            6,
        ),
    ],
    ids=["one axis", "infinite", "names", "axis", "no axis", "small"],
)
def test_arrays_that_are_no_grid_are_refused(codes, settings, error, argument, expected, got):
    with refused(error, argument, expected=expected, got=got):
        report(codes, **settings)
