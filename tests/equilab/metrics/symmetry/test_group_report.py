"""A finite group on a code: known representations are found, what is none is called so, blocks are told apart."""

import numpy as np
import pytest
import torch

from equilab.errors import ActionError, DataError, GroupError, SettingError, ShapeError
from equilab.groups import C, D, FieldType, p4
from equilab.latents import Circle, CodeBlock
from equilab.metrics.symmetry.group_fit import homomorphism_errors
from equilab.metrics.symmetry.group_report import GroupReport, group_report
from equilab.metrics.symmetry.orbit import codes_of_orbit
from tests.refused import refused


def acted(codes: np.ndarray, rho: FieldType, mix: np.ndarray | None = None) -> np.ndarray:
    """The codes moved by every element of the group by rho, then mixed."""
    moved = np.stack([codes @ rho.matrix(g).numpy().T for g in rho.group.elements])
    return moved if mix is None else moved @ mix


def report(moved: np.ndarray, group, *, seed: int = 0, **settings) -> GroupReport:
    identity = 0
    return group_report(moved[identity], moved, group, rng=np.random.default_rng(seed), **settings)


RNG = np.random.default_rng(0)
D4_TYPE = 1 * D(4).trivial + 2 * D(4).irrep(1) + 1 * D(4).irrep(2, -1)
CODES = RNG.standard_normal((60, D4_TYPE.dim))
MIX = RNG.standard_normal((D4_TYPE.dim, D4_TYPE.dim))


@pytest.mark.parametrize("mix", [None, MIX], ids=["plain", "mixed"])
def test_a_representation_is_found_with_its_irreps(mix):
    found = report(acted(CODES, D4_TYPE, mix) + 5, D(4))
    assert found.residual.max() < 1e-12
    assert found.homomorphism.max() < 1e-8
    expected = {"trivial": 1, "irrep(0, -1)": 0, "irrep(1)": 2, "irrep(2)": 0, "irrep(2, -1)": 1}
    assert found.irreps == pytest.approx(expected, abs=1e-9)
    characters = [D4_TYPE.character(g) for g in D(4)]
    np.testing.assert_allclose(found.characters, characters, atol=1e-9)
    assert found.verdict.startswith("the group acts linearly on 6 directions: 1 trivial + 2 irrep(1) + 1 irrep(2, -1)")


def test_the_matrices_are_orthogonal_in_whitened_coordinates():
    matrices = report(acted(CODES, D4_TYPE, MIX), D(4)).matrices
    np.testing.assert_allclose(matrices @ matrices.swapaxes(1, 2), np.broadcast_to(np.eye(6), (8, 6, 6)), atol=1e-9)


def test_a_cayley_table_gives_the_same_without_irreps():
    moved = acted(CODES, D4_TYPE)
    place = {g: index for index, g in enumerate(D(4).elements)}
    table = np.array([[place[D(4).compose(g, h)] for h in D(4)] for g in D(4)])
    by_group, by_table = report(moved, D(4)), report(moved, table)
    np.testing.assert_array_equal(by_group.homomorphism, by_table.homomorphism)
    assert (by_table.irreps, by_table.elements[:2]) == ({}, ("g0", "g1"))


def test_the_products_are_those_of_the_group_not_of_its_mirror_image():
    """The broken version composes the other way round: the same where the group is abelian."""
    matrices = np.array([D(4).irrep(1).matrix(g).numpy() for g in D(4)])
    place = {g: index for index, g in enumerate(D(4).elements)}
    table = np.array([[place[D(4).compose(g, h)] for h in D(4)] for g in D(4)])
    assert homomorphism_errors(matrices, table).max() < 1e-12
    assert homomorphism_errors(matrices, table.T).max() > 1


def test_upright_images_are_no_obstacle():
    """All codes lie on a line that the group leaves: pairs (x, g x) alone would determine no product."""
    upright = np.column_stack([RNG.uniform(1, 2, 40), np.zeros(40)])
    found = report(acted(upright, 1 * p4.irrep(1)), p4)
    assert found.homomorphism.max() < 1e-9
    assert found.irreps == pytest.approx({"trivial": 0, "irrep(1)": 1, "irrep(2)": 0}, abs=1e-9)


def test_unrelated_codes_are_no_representation():
    found = report(RNG.standard_normal((4, 300, 3)), p4)
    assert found.residual[1:] == pytest.approx([0.5] * 3, abs=0.05)  # B = 0: |z'|^2 / (2 |z'|^2)
    assert found.residual[0] == 0
    assert found.homomorphism.max() > 0.9
    assert found.change[1:] == pytest.approx(np.ones((3, 3)), abs=0.2)
    assert "is no linear map of the code" in found.verdict
    assert "not a representation: B_g B_h differs from B_gh" in found.verdict


def test_residuals_are_of_images_that_the_fit_has_not_seen():
    """The broken version scores what it fitted: below 1/2 for noise, where as few images as may be are given."""
    found = report(np.random.default_rng(0).standard_normal((4, 24, 11)), p4)
    assert found.residual[1:].min() > 0.55


def test_a_code_that_does_not_move_is_called_invariant():
    still = np.broadcast_to(CODES, (8, *CODES.shape))
    found = report(still, D(4))
    assert (found.residual.max(), found.change.max()) == (0, 0)
    assert found.homomorphism.max() < 1e-9
    assert found.verdict == "no element moves the code: it is invariant"


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_constant_code_is_finite(value):
    found = report(np.full((4, 20, 2), value), p4)
    assert np.isfinite(list(found.flat().values())).all()
    assert found.matrices.shape == (4, 0, 0)
    assert "invariant" in str(found)


BLOCKED = 1 * p4.irrep(1) + 1 * p4.irrep(2) + 2 * p4.trivial
BLOCKS = [CodeBlock((0, 1), name="turns"), CodeBlock((2,), name="sign"), CodeBlock((3, 4), name="rest")]
STATES = np.random.default_rng(7).standard_normal((80, 5)) * [1, 1, 100, 0.01, 0.01]


def test_blocks_that_keep_to_themselves_are_told_and_the_rest_is_still():
    found = report(acted(STATES, BLOCKED), p4, blocks=BLOCKS)
    assert found.off_block.max() < 1e-9
    np.testing.assert_allclose(found.mixing, np.eye(3), atol=1e-9)
    assert found.still == ("rest",)
    assert found.rest_change == 0
    assert found.change[2].tolist() == pytest.approx([2, 0, 0])  # the half turn: from z to -z, and nothing else
    assert found.verdict.endswith(", each block by itself; still: rest")


def test_blocks_that_mix_are_told_whatever_their_scale():
    swap = np.eye(5)[[0, 2, 1, 3, 4]]  # the second axis of the plane stands where the sign was
    found = report(acted(STATES, BLOCKED, swap), p4, blocks=BLOCKS)
    assert found.off_block[1] == pytest.approx(2 / 5, abs=0.1)  # a quarter turn: two entries of five
    assert found.mixing[0, 1] > 0.2
    assert found.mixing[2] == pytest.approx([0, 0, 1], abs=1e-9)
    assert "each block by itself" not in found.verdict


def test_dead_and_repeated_dimensions_change_nothing_but_their_blocks():
    moved = acted(STATES, BLOCKED)
    more = np.concatenate([moved, np.full((4, 80, 1), 2.0), moved[..., :1]], -1)
    found = report(more, p4)
    assert found.residual.max() < 1e-9
    assert found.homomorphism.max() < 1e-8
    assert found.matrices.shape[1] == 5
    assert found.change[:, 5].tolist() == [0] * 4
    assert found.mixing[5].tolist() == [0] * 7


def test_a_circle_block_counts_as_its_angle():
    angle, size = RNG.uniform(0, 6.28, (1, 60)), RNG.uniform(0.5, 2, (4, 60))
    turned = angle + np.pi / 2 * np.arange(4)[:, None]
    moved = np.stack([size * np.cos(turned), size * np.sin(turned)], -1)
    assert report(moved, p4).residual.max() > 0.05
    assert report(moved, p4, blocks=[CodeBlock((0, 1), Circle())]).residual.max() < 1e-9


def test_one_seed_gives_one_report_and_the_table_names_every_element():
    moved = acted(CODES, D4_TYPE) + 0.1 * np.random.default_rng(1).standard_normal((8, *CODES.shape))
    moved[0] = CODES
    assert report(moved, D(4)).flat() == report(moved, D(4)).flat() != report(moved, D(4), seed=1).flat()
    lines = str(report(moved, D(4))).splitlines()
    assert len(lines) >= 10
    assert lines[2].startswith("turn 1/4")
    assert {"group_residual", "group_homomorphism", "group_off_block", "group_rest_change", "group_change_z0"} <= set(
        report(moved, D(4)).flat()
    )


def test_codes_of_an_orbit_follow_the_order_of_the_group():
    images = torch.rand(5, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    moved = codes_of_orbit(lambda x: x.flatten(1), images, D(4), batch_size=2)
    for g, codes in zip(D(4), moved, strict=True):
        np.testing.assert_array_equal(codes, (2 * D(4).trivial).act(g, images).flatten(1).numpy())
    vectors = codes_of_orbit(lambda x: x.flatten(1), images, C(4), act=1 * C(4).irrep(1))
    np.testing.assert_array_equal(vectors[2], -images.rot90(2, (-2, -1)).flatten(1).numpy())


def test_any_library_s_group_acts_through_a_function():
    images = np.random.default_rng(0).random((6, 3, 3))
    moved = codes_of_orbit(lambda x: x.reshape(len(x), -1), images, [0, 1], act=lambda g, x: x[:, :: 1 - 2 * g])
    np.testing.assert_array_equal(moved[1], images[:, ::-1].reshape(6, -1))
    assert moved.dtype == np.float64


@pytest.mark.parametrize(
    ("settings", "error", "argument", "expected", "got"),
    [
        ({"images": torch.zeros(2, 9)}, ShapeError, "images", "H, W) to be moved by C4", "Tensor torch.Size([2, 9])"),
        ({"group": [1, 2]}, SettingError, "act", "not of equilab.groups", "None"),
        ({"group": [], "act": lambda g, x: x}, SettingError, "group", "at least one element", "none"),
        ({"batch_size": 0}, SettingError, "batch_size", "at least 1", 0),
        ({"encode": lambda x: x}, ShapeError, "encode", "(2, d) of 2 images", (2, 1, 3, 3)),
        ({"encode": lambda x: x.flatten(1) / 0 * 0}, DataError, "encode[0, 0]", "finite", np.nan),
        ({"images": torch.zeros(0, 1, 3, 3)}, ShapeError, "images", "n at least 1", "Tensor"),
    ],
    ids=["images", "elements", "no element", "batch size", "codes", "nan", "no image"],
)
def test_orbits_that_cannot_be_encoded_are_refused(settings, error, argument, expected, got):
    given = {"encode": lambda x: x.flatten(1), "images": torch.zeros(2, 1, 3, 3), "group": p4} | settings
    encode, images, group = (given.pop(name) for name in ("encode", "images", "group"))
    with refused(error, argument, expected=expected, got=got):
        codes_of_orbit(encode, images, group, **given)


MOVED = acted(STATES, BLOCKED)


@pytest.mark.parametrize(
    ("codes", "moved", "group", "error", "argument", "expected", "got"),
    [
        (STATES + 1, MOVED, p4, ActionError, "moved", "for the identity, identity", "a difference of 1"),
        (STATES, MOVED[:3], p4, ShapeError, "moved", "(4, 80, 5)", (3, 80, 5)),
        (STATES, MOVED[..., :4], p4, ShapeError, "moved", "(4, 80, 5)", (4, 80, 4)),
        (STATES[0], MOVED, p4, ShapeError, "codes", "(n, d)", (5,)),
        (STATES * np.nan, MOVED, p4, DataError, "codes[0, 0]", "finite", np.nan),
        (STATES[:11], MOVED[:, :11], p4, DataError, "codes", "at least 12 images, of which half fit", 11),
        (STATES, MOVED, np.zeros((4, 4), int), GroupError, "group", "an element e with", "none"),
    ],
    ids=["identity", "elements", "dimensions", "codes", "nan", "few", "group"],
)
def test_arrays_that_do_not_fit_are_refused(codes, moved, group, error, argument, expected, got):
    with refused(error, argument, expected=expected, got=got):
        group_report(codes, moved, group, rng=np.random.default_rng(0))
