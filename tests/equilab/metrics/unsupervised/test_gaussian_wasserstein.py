"""Gaussian Wasserstein distance from independence: closed forms, the general formula, units, blocks."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable, GaussianWasserstein, gaussian_wasserstein
from tests.refused import refused

N = 4_000
NOISE = np.random.default_rng(0).standard_normal((N, 4))
MIXED = NOISE @ np.random.default_rng(1).standard_normal((4, 4))


def score(codes: np.ndarray, *, blocks=None):
    table = CodeTable(codes, np.arange(len(codes))[:, None])
    return GaussianWasserstein()(table, rng=np.random.default_rng(0), blocks=blocks)


def drawn(codes: np.ndarray) -> np.ndarray:
    """The covariance of the rows that the score draws."""
    return np.cov(codes[CodeTable(codes, np.arange(N)[:, None]).sample(10_000, np.random.default_rng(0))].T)


@pytest.mark.parametrize("rho", [0.0, 0.5, -0.9])
def test_two_codes_of_variance_one_have_the_closed_form(rho):
    """Eigenvalues 1 + rho and 1 - rho of Sigma against D = 1."""
    expected = 4 - 2 * (np.sqrt(1 + rho) + np.sqrt(1 - rho))
    assert gaussian_wasserstein(np.array([[1.0, rho], [rho, 1.0]])) == pytest.approx(expected, abs=1e-12)


def test_it_is_the_squared_distance_between_two_gaussians_of_the_general_formula():
    sigma = drawn(MIXED)
    independent = np.diag(np.diag(sigma))
    root = sqrtm(sigma)
    expected = np.trace(sigma) + np.trace(independent) - 2 * np.trace(sqrtm(root @ independent @ root)).real
    assert expected > 0.1
    assert score(MIXED).value == pytest.approx(expected, abs=1e-9)
    assert score(MIXED).parts[0].value == pytest.approx(expected / np.trace(sigma), abs=1e-9)


def test_it_is_in_squared_units_and_its_normalised_part_in_none():
    found, scaled = score(MIXED), score(10 * MIXED + 5)
    assert scaled.value == pytest.approx(100 * found.value)
    assert scaled.parts[0].value == pytest.approx(found.parts[0].value)
    assert [part.name for part in found.parts] == ["gaussian_wasserstein_normalised"]
    assert (found.unit, found.better) == ("squared units of the code", "down")


@pytest.mark.parametrize("copies", [2, 4])
def test_copies_of_one_code_have_two_minus_two_over_the_root_of_their_number(copies):
    found = score(NOISE[:, :1] @ np.ones((1, copies)))
    assert found.parts[0].value == pytest.approx(2 - 2 / np.sqrt(copies), abs=1e-6)


def test_the_matrix_is_the_covariance_and_each_code_has_its_distance_from_independence_of_the_rest():
    found, sigma = score(MIXED), drawn(MIXED)
    np.testing.assert_allclose(found.matrix, sigma, atol=1e-12)
    expected = gaussian_wasserstein(sigma, np.array([1, 0, 0, 0]))
    assert found.per_block["z0"] == pytest.approx(expected)
    assert 0 < expected < found.value
    assert found.parts[0].per_block["z0"] == pytest.approx(expected / np.trace(sigma))
    two = score(MIXED[:, :2])  # of two codes either is independent of the rest when both are
    assert list(two.per_block.values()) == pytest.approx([two.value] * 2)


def test_independent_and_dead_codes_score_zero_without_warnings():
    assert score(NOISE).value < 0.01
    dead = score(np.full((N, 3), 0.1, np.float32))
    assert (dead.value, dead.parts[0].value) == (0, 0)
    padded = np.column_stack([MIXED, np.full(N, 7.0)])
    assert score(padded).value == pytest.approx(score(MIXED).value, abs=1e-9)
    assert score(NOISE[:, :1]).value == pytest.approx(0, abs=1e-9)


def test_only_dependence_between_blocks_counts():
    assert score(MIXED, blocks=[(0, 1, 2, 3)]).value == pytest.approx(0, abs=1e-9)
    found = score(MIXED, blocks=[(0, 1), (2, 3)])
    assert 0 < found.value < score(MIXED).value
    sigma = drawn(MIXED)
    assert found.matrix[0, 1] == pytest.approx(np.linalg.norm(sigma[:2, 2:]))
    assert found.per_block["z0+z1"] == pytest.approx(found.value)


def test_of_a_circle_only_the_angle_counts():
    angle = np.random.default_rng(2).uniform(0, 2 * np.pi, N)
    radius = np.exp(NOISE[:, 0])
    codes = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), radius])
    assert score(codes, blocks=[CodeBlock((0, 1), Circle()), 2]).parts[0].value < 0.01


def test_settings_that_make_no_sense_are_refused():
    with refused(SettingError, "num_samples", expected="at least 2", got=0):
        GaussianWasserstein(num_samples=0)
