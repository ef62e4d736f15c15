"""The probe of an encoder: equivariant and invariant networks, plain ones, closed forms, and the floor of shuffling."""

import numpy as np
import pytest
import torch

import equilab as eq
from equilab.errors import DataError, SettingError, ShapeError
from equilab.groups import C1, D4, p4
from equilab.latents import Circle, CodeBlock
from equilab.metrics.symmetry.probe import SymmetryProbe, probe_codes, symmetry_probe
from tests.refused import refused

IMAGES = torch.rand(120, 1, 9, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def probe(codes: np.ndarray, moved: np.ndarray, *, seed: int = 0, **settings) -> SymmetryProbe:
    return probe_codes(codes, moved, rng=np.random.default_rng(seed), **settings)


def network(group, *, pooled: bool) -> torch.nn.Module:
    """Two group convolutions as they are drawn, then the mean over the plane: of fields, or of their pooled values."""
    torch.manual_seed(0)
    x0, x1 = 1 * group.trivial, 3 * group.regular
    layers = [
        eq.nn.GroupConv2d(x0, x1, kernel_size=3, padding=1),
        torch.nn.ReLU(),
        eq.nn.GroupConv2d(x1, x1, kernel_size=3, padding=1),
        torch.nn.ReLU(),
        *([eq.nn.GroupPool(x1)] if pooled else []),
    ]
    return torch.nn.Sequential(eq.nn.Sequential(*layers), eq.nn.SpatialMean()).double()


@pytest.mark.parametrize("group", [p4, D4], ids=str)
def test_a_pooled_group_convolution_is_invariant_to_round_off(group):
    found = symmetry_probe(network(group, pooled=True), IMAGES, group, rng=np.random.default_rng(0))
    assert len(found.elements) == group.order - 1
    assert 1 - found.invariance.min() < 1e-20
    assert 1 - found.equivariance.min() < 1e-9
    assert found.verdict.startswith("the code is invariant")


@pytest.mark.parametrize("group", [p4, D4], ids=str)
def test_regular_fields_are_equivariant_and_not_invariant(group):
    found = symmetry_probe(network(group, pooled=False), IMAGES, group, rng=np.random.default_rng(0))
    assert 1 - found.equivariance.min() < 1e-9
    assert found.invariance.max() < 0.9
    assert found.floor.max() < 0.2
    assert found.verdict.startswith("the code is equivariant, each element acts linearly")
    blocks = [tuple(range(start, start + group.order)) for start in range(0, 3 * group.order, group.order)]
    each = symmetry_probe(network(group, pooled=False), IMAGES, group, rng=np.random.default_rng(0), blocks=blocks)
    assert 1 - each.block_equivariance.min() < 1e-9  # each field is closed under the group
    assert found.block_equivariance.min() < 0.5  # and none of its channels is


def test_a_plain_network_is_neither():
    torch.manual_seed(0)
    plain = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(81, 64), torch.nn.Tanh(), torch.nn.Linear(64, 8))
    found = symmetry_probe(plain.double(), IMAGES - 0.5, p4, rng=np.random.default_rng(0))
    assert found.equivariance.max() < 0.4
    assert found.invariance.max() < 0.2
    assert found.verdict.startswith("the code is neither invariant nor linearly equivariant")


def test_pixels_are_equivariant_as_every_motion_permutes_them():
    found = symmetry_probe(lambda x: x[:, :, 3:6, 3:6].flatten(1), IMAGES, p4, rng=np.random.default_rng(0))
    assert 1 - found.equivariance.min() < 1e-12


def test_a_group_of_another_library_comes_as_elements_and_a_function():
    points = np.random.default_rng(0).standard_normal((60, 4, 3))

    def turned(angle: float, x: np.ndarray) -> np.ndarray:
        return x @ np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]).T

    vector = symmetry_probe(lambda x: x.sum(1), points, [0.3, 2.0], act=turned, rng=np.random.default_rng(0))
    length = symmetry_probe(
        lambda x: np.linalg.norm(x, axis=2), points, [0.3, 2.0], act=turned, rng=np.random.default_rng(0)
    )
    assert vector.equivariance == pytest.approx([1, 1])
    assert vector.invariance.max() < 0.98
    assert length.invariance == pytest.approx([1, 1])
    assert vector.elements == ("g0", "g1")


RNG = np.random.default_rng(0)
CODES = RNG.standard_normal((4000, 3))


def test_closed_forms_of_linear_maps_and_noise():
    noise = RNG.standard_normal(CODES.shape)
    unrelated, opposite, half = noise, -CODES, (CODES + noise) / 2**0.5
    found = probe(CODES, np.stack([unrelated, opposite, half]))
    assert found.equivariance == pytest.approx([0, 1, 0.5], abs=0.03)
    assert found.invariance == pytest.approx([-1, -3, 1 - (2 - 2**0.5)], abs=0.05)
    assert found.floor == pytest.approx([0, 0, 0], abs=0.02)


def test_scores_are_of_images_that_the_fit_has_not_seen():
    """The broken version scores what it fitted: with as few images as there may be, noise is all but explained."""
    codes, moved = RNG.standard_normal((44, 20)), RNG.standard_normal((1, 44, 20))
    assert probe(codes, moved).equivariance[0] < 0
    fitted = np.linalg.lstsq(np.column_stack([codes[:22], np.ones(22)]), moved[0, :22], rcond=None)[0]
    seen = 1 - np.square(moved[0, :22] - np.column_stack([codes[:22], np.ones(22)]) @ fitted).mean()
    assert seen > 0.9
    assert probe(codes, moved, ridge=1.0).equivariance[0] > probe(codes, moved).equivariance[0]


def test_equivariance_survives_an_affine_change_of_the_code_and_invariance_an_orthogonal_one():
    mix, turn = RNG.standard_normal((3, 3)), np.linalg.qr(RNG.standard_normal((3, 3)))[0]
    moved = CODES @ RNG.standard_normal((3, 3)) + 2
    assert probe(CODES @ mix + 7, (moved @ mix + 7)[None]).equivariance == pytest.approx([1])
    before, after = probe(CODES, moved[None]), probe(CODES @ turn, (moved @ turn)[None])
    assert after.invariance == pytest.approx(before.invariance)


def test_the_same_as_a_regression_with_a_column_of_ones():
    moved = np.tanh(CODES[:200] @ RNG.standard_normal((3, 3)))
    order = np.random.default_rng(3).permutation(200)
    train, test = order[:100], order[100:]
    inputs = np.column_stack([CODES[:200], np.ones(200)])
    fit = np.linalg.lstsq(inputs[train], moved[train], rcond=None)[0]
    error = np.square(moved[test] - inputs[test] @ fit).sum()
    expected = 1 - error / np.square(moved[test] - moved[test].mean(0)).sum()
    assert probe(CODES[:200], moved[None], seed=3).equivariance == pytest.approx([expected], abs=1e-10)


@pytest.mark.parametrize("value", [0.0, 1.5])
def test_a_constant_code_has_r2_zero(value):
    found = probe(np.full((20, 2), value), np.full((3, 20, 2), value))
    assert [*found.equivariance, *found.invariance, *found.floor] == [0] * 9
    assert "the code is constant" in found.verdict


def test_dead_and_repeated_dimensions_change_nothing():
    moved = CODES @ RNG.standard_normal((3, 3))
    dead, dead_moved = (np.column_stack([each, np.ones(4000), each[:, :1]]) for each in (CODES, moved))
    found = probe(dead, dead_moved[None])
    assert found.equivariance == pytest.approx([1])
    assert found.block_equivariance[0, 3] == 0
    assert np.isfinite(found.block_invariance).all()


def test_a_one_dimensional_code_and_a_circle_are_read():
    angle = RNG.uniform(0, 6, 50)
    assert probe(angle[:, None], 3 - 2 * angle[None, :, None]).equivariance == pytest.approx([1])
    size = RNG.uniform(1, 2, (2, 50))
    codes, moved = (np.stack([s * np.cos(a), s * np.sin(a)], 1) for s, a in zip(size, (angle, angle + 1), strict=True))
    assert probe(codes, moved[None]).equivariance[0] < 0.95
    assert probe(codes, moved[None], blocks=[CodeBlock((0, 1), Circle())]).equivariance == pytest.approx([1])


def test_the_probe_is_a_table_and_flat_floats():
    found = probe(CODES, -CODES[None], elements=["half turn"])
    assert str(found).splitlines()[1].split() == ["half", "turn", "1.000", *str(found).splitlines()[1].split()[3:]]
    assert set(found.flat()) == {
        "probe_equivariance",
        "probe_equivariance_worst",
        "probe_invariance",
        "probe_invariance_worst",
        "probe_floor",
    }
    assert all(type(value) is float for value in found.flat().values())


@pytest.mark.parametrize(
    ("codes", "moved", "settings", "error", "argument", "facts"),
    [
        (
            CODES[:7],
            CODES[None, :7],
            {},
            DataError,
            "codes",
            {"expected": "at least 8 images, of which half fit a linear map of 3 dimensions"},
        ),
        (CODES, CODES[None, :9], {}, ShapeError, "moved", {"expected": "4000, 3", "got": (1, 9, 3)}),
        (CODES, CODES, {}, ShapeError, "moved", {"expected": "(elements, n, d)", "got": (4000, 3)}),
        (CODES, CODES[None] * np.inf, {}, DataError, "moved[0, 0, 0]", {"expected": "finite"}),
        (CODES, CODES[None], {"elements": ["a", "b"]}, SettingError, "elements", {"expected": "1 names", "got": 2}),
        (CODES, CODES[None], {"ridge": -1.0}, SettingError, "ridge", {"expected": "0 or more", "got": -1.0}),
        (CODES, CODES[None], {"blocks": [0]}, SettingError, "blocks", {}),
    ],
    ids=["few", "images", "axes", "infinite", "names", "ridge", "blocks"],
)
def test_arrays_and_settings_that_do_not_fit_are_refused(codes, moved, settings, error, argument, facts):
    with refused(error, argument, **facts):
        probe(codes, moved, **settings)


def test_a_group_of_the_identity_alone_is_refused():
    with refused(SettingError, "group", expected="besides the identity", got="none"):
        symmetry_probe(lambda x: x.flatten(1), IMAGES, C1, rng=np.random.default_rng(0))


def test_a_large_dimension_does_not_hide_the_others_from_the_verdict():
    """The R^2 of the whole code is 1: the verdict names the block of which it is not."""
    small, large = np.random.default_rng(0).standard_normal((2, 200, 2)), CODES[:200, :1] * 100
    codes, moved = (np.column_stack([large, each]) for each in small)
    still = probe(codes, moved[None])
    assert still.invariance[0] > 0.99
    assert still.verdict.startswith("the code is invariant")
    assert still.verdict.endswith("at worst; but of z1, with 9.3e-05 of the variance, R^2 is -0.950")
    turned = probe(codes, (moved * [-1, 1, 1])[None])
    assert turned.verdict.startswith("the code is equivariant")
    assert "; but of z1, with 9.3e-05 of the variance, R^2 is -0.0" in turned.verdict
    assert turned.block_prediction[0, 0] > 0.99
    assert turned.block_prediction[0, 1:].max() < 0.1
    assert still.block_share == pytest.approx([1, 1e-4, 1e-4], rel=0.3)


def test_blocks_that_are_predicted_by_the_whole_code_and_dead_ones_are_not_blamed():
    codes = np.column_stack([CODES[:200], np.full(200, 2.0)])
    found = probe(codes, codes[None][..., [1, 2, 0, 3]])
    assert found.block_equivariance[0, :3].max() < 0.2
    assert found.block_prediction[0] == pytest.approx([1, 1, 1, 0])
    assert "but of" not in found.verdict
    assert "but of" not in probe(codes, codes[None]).verdict
