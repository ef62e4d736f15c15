"""Collapsed dimensions: noise beside a code decides nothing while it is small, and everything when it is not."""

import numpy as np
import pytest

from equilab.errors import SettingError
from equilab.groups import p4
from equilab.metrics.symmetry.directions import read_directions
from equilab.metrics.symmetry.group_report import GroupReport, group_report
from equilab.metrics.symmetry.lsbd_report import LSBDReport, lsbd_report_codes
from equilab.metrics.symmetry.span import span_of
from tests.refused import refused

A, B = 2 * np.pi * np.indices((16, 16)) / 16
TORUS = np.stack([np.cos(A), np.sin(A), np.cos(B), np.sin(B)], -1)
MIX = np.random.default_rng(1).standard_normal((4, 4))
NOISE = np.random.default_rng(0).standard_normal((16, 16, 6))
STATES = np.random.default_rng(2).standard_normal((100, 4))
TURN = np.kron(np.eye(2), [[0.0, -1.0], [1.0, 0.0]])
TURNED = np.stack([STATES @ np.linalg.matrix_power(TURN, g).T for g in range(4)])
ORBIT_NOISE = np.random.default_rng(3).standard_normal((4, 100, 4))
COLLAPSED = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]  # deviations, beside 0.7 of the torus and 1 of the states


def torus(deviation: float, mix: np.ndarray | None = None, **settings) -> LSBDReport:
    codes = np.concatenate([TORUS if mix is None else TORUS @ mix, deviation * NOISE], -1)
    return lsbd_report_codes(codes, rng=np.random.default_rng(0), **settings)


def turning(deviation: float, **settings) -> GroupReport:
    moved = np.concatenate([TURNED, deviation * ORBIT_NOISE], -1)
    return group_report(moved[0], moved, p4, rng=np.random.default_rng(0), **settings)


@pytest.mark.parametrize("mix", [None, MIX], ids=["plain", "mixed"])
@pytest.mark.parametrize("deviation", COLLAPSED)
def test_collapsed_dimensions_do_not_decide_on_a_torus(deviation, mix):
    """The broken version whitens them: overlap 0.73, order 0.78, commutator 0.10 at every deviation above round-off."""
    found = torus(deviation, mix)
    assert found.transitions is not None
    assert found.value < 1e-4
    assert found.overlap < 0.1 * deviation
    assert found.transitions.order_error.max() < 0.5 * deviation
    assert found.commutator is not None
    assert found.commutator < 0.1 * deviation
    assert "same directions" not in found.verdict
    assert "the identity" not in found.verdict
    if deviation < 1e-1:
        assert "linearly, once per cycle; no diagnostic contradicts this" in found.verdict


def test_what_was_left_out_is_told_with_its_share():
    found = torus(1e-2)
    expected = np.square(1e-2 * NOISE).mean() * 6 / 2
    assert (found.num_left_out, found.left_out_share) == (6, pytest.approx(expected, rel=0.1))
    assert found.verdict.endswith("; 6 directions with 2.8e-04 of the variance are left out as noise")
    assert (found.flat()["lsbd_left_out"], found.flat()["lsbd_left_out_share"]) == (6, found.left_out_share)
    assert torus(0).num_left_out == 0


def test_left_out_noise_that_is_as_large_as_a_step_stays_in_the_residual():
    found = torus(1e-1)
    assert found.num_left_out == 6
    assert "a step of factor0 is no linear map of the code" in found.verdict


@pytest.mark.parametrize("deviation", [0.3, 1.0])
def test_noise_of_the_size_of_the_signal_is_exposed(deviation):
    found = torus(deviation)
    assert found.transitions is not None
    assert found.num_left_out == 0
    assert found.overlap > 0.5
    assert found.transitions.order_error.min() > 0.5
    assert torus(1e-2, floor=0.0).overlap == pytest.approx(torus(1.0).overlap, abs=0.1)  # and the floor is what spares


@pytest.mark.parametrize("deviation", [1e-2, 1e-3])
def test_the_overlap_is_the_same_without_the_fits(deviation):
    assert torus(deviation, residuals=False).overlap == torus(deviation).overlap


def test_small_directions_of_a_linear_map_are_read():
    """Size alone is no noise: a floor on it would cut a plane in two, whose steps then would not lead back."""
    mixed = TORUS @ MIX @ np.diag([1, 1e-2, 1e-3, 1])
    found = lsbd_report_codes(mixed, rng=np.random.default_rng(0))
    variances = np.square(span_of(mixed.reshape(-1, 4)).restore).sum(axis=1)
    assert variances.min() < 1e-3 * variances.max()
    assert (found.num_left_out, found.overlap) == (0, pytest.approx(0, abs=1e-9))


@pytest.mark.parametrize("deviation", COLLAPSED)
def test_collapsed_dimensions_do_not_decide_on_a_group(deviation):
    """The broken version: products off by 0.7, and 0.67 of every map between blocks."""
    found = turning(deviation, blocks=[(0, 1), (2, 3), (4, 5, 6, 7)])
    assert found.homomorphism.max() < 1e-4
    assert found.off_block.max() < 1e-4
    assert found.matrices.shape == (4, 4, 4)
    assert found.irreps == pytest.approx({"trivial": 0, "irrep(1)": 2, "irrep(2)": 0}, abs=1e-3)
    assert found.verdict.startswith("the group acts linearly on 4 directions: 2 irrep(1), each block by itself")
    assert found.mixing[2].tolist() == [0, 0, 0]
    if found.num_left_out:
        assert found.verdict.endswith("of the variance are left out as noise")
        assert found.flat()["group_left_out"] == 4


def test_noise_of_the_size_of_a_representation_is_exposed():
    found = turning(1.0)
    assert found.num_left_out == 0
    assert "not a representation: B_g B_h differs from B_gh" in found.verdict


@pytest.mark.parametrize("floor", [-0.1, 1.5, np.nan])
def test_a_floor_that_is_no_share_is_refused(floor):
    for report in (torus, turning):
        with refused(SettingError, "floor", expected="from 0 to 1", got=floor):
            report(0.1, floor=floor)


def test_a_code_without_directions_leaves_none_out():
    assert read_directions(span_of(np.ones((4, 3))), np.zeros(0), 0.05)[1:] == (0, 0.0)
