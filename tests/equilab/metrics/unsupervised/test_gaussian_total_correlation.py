"""Gaussian total correlation: closed forms, invariances, and a finite number where theory has none."""

import numpy as np
import pytest
from scipy import stats

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable, GaussianTotalCorrelation, gaussian_total_correlation
from tests.refused import refused

N = 4_000
NOISE = np.random.default_rng(0).standard_normal((N, 4))
MIXED = NOISE @ np.random.default_rng(1).standard_normal((4, 4))


def score(codes: np.ndarray, *, blocks=None, seed: int = 0):
    table = CodeTable(codes, np.arange(len(codes))[:, None])
    return GaussianTotalCorrelation()(table, rng=np.random.default_rng(seed), blocks=blocks)


def exact(sigma: np.ndarray) -> float:
    return 0.5 * (np.log(np.diag(sigma)).sum() - np.linalg.slogdet(sigma)[1])


@pytest.mark.parametrize("rho", [0.0, 0.3, -0.8, 0.999])
def test_two_codes_of_correlation_rho_have_minus_half_log_one_minus_rho_squared(rho):
    sigma = np.array([[9.0, 0.3 * rho], [0.3 * rho, 0.01]])
    assert gaussian_total_correlation(sigma) == pytest.approx(-0.5 * np.log(1 - rho**2), abs=1e-9)


def test_it_is_the_kl_of_the_gaussian_to_the_product_of_its_marginals():
    sigma = np.cov(MIXED.T)
    joint, product = stats.multivariate_normal(cov=sigma), stats.multivariate_normal(cov=np.diag(np.diag(sigma)))
    draws = joint.rvs(200_000, random_state=0)
    estimate = np.mean(joint.logpdf(draws) - product.logpdf(draws))
    assert gaussian_total_correlation(sigma) == pytest.approx(estimate, abs=0.02)


def test_the_score_is_the_formula_on_the_drawn_rows_in_any_unit():
    rows = CodeTable(MIXED, np.arange(N)[:, None]).sample(10_000, np.random.default_rng(0))
    expected = exact(np.cov(MIXED[rows].T))
    assert expected > 1
    assert score(MIXED).value == pytest.approx(expected, abs=1e-9)
    assert score(MIXED * [1e-9, 1, 1e9, 5] + [3, 0, 1e9, 2]).value == pytest.approx(expected, abs=1e-5)
    assert score(MIXED[:, ::-1]).value == pytest.approx(expected, abs=1e-9)


def test_the_pairs_and_the_share_of_each_code_are_mutual_informations_of_the_gaussian():
    found = score(MIXED)
    rows = CodeTable(MIXED, np.arange(N)[:, None]).sample(10_000, np.random.default_rng(0))
    rho = np.corrcoef(MIXED[rows].T)
    off = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose(found.matrix[off], -0.5 * np.log(1 - rho[off] ** 2), atol=1e-9)
    assert (found.matrix.diagonal() == 0).all()
    precision = np.linalg.inv(np.cov(MIXED[rows].T))  # I(z_b; rest) = 0.5 log(Sigma_bb precision_bb)
    expected = 0.5 * np.log(np.diag(np.cov(MIXED[rows].T)) * np.diag(precision))
    np.testing.assert_allclose(list(found.per_block.values()), expected, atol=1e-9)
    assert (found.per_factor, found.rows, found.columns) == ({}, ("z0", "z1", "z2", "z3"), found.rows)
    assert (found.unit, found.better) == ("nats", "down")


def test_independent_codes_score_nothing_but_sampling():
    assert score(NOISE).value < 0.01


def test_a_constant_dimension_changes_nothing():
    dead = np.column_stack([np.full(N, 0.1), MIXED, np.zeros(N)]).astype(np.float32)
    found = score(dead)
    assert found.value == pytest.approx(score(MIXED).value, abs=1e-4)
    assert found.per_block["z0"] == found.per_block["z5"] == 0
    assert np.isfinite(found.matrix).all()


def test_all_dead_and_a_single_dimension_score_zero():
    assert score(np.full((N, 3), 0.1)).value == 0
    assert score(NOISE[:, :1]).value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("copies", [1, 2])
def test_a_duplicated_dimension_adds_eleven_and_a_half_nats_instead_of_infinity(copies):
    found = score(np.column_stack([NOISE, *[NOISE[:, 0]] * copies]))
    expected = score(NOISE).value + copies * -0.5 * np.log(1e-10) - 0.5 * np.log(1 + copies)
    assert found.value == pytest.approx(expected, abs=0.01)
    assert np.isfinite(list(found.per_block.values())).all()


def test_a_linear_map_within_a_block_does_not_matter_and_only_dependence_between_blocks_counts():
    assert score(MIXED, blocks=[(0, 1, 2, 3)]).value == pytest.approx(0, abs=1e-12)
    blocks = [(0, 1), (2, 3)]
    turned = MIXED.copy()
    turned[:, :2] = turned[:, :2] @ np.array([[2.0, 1.0], [1.0, 3.0]])
    value = score(MIXED, blocks=blocks).value
    assert value > 0.1
    assert score(turned, blocks=blocks).value == pytest.approx(value, abs=1e-9)
    rows = CodeTable(MIXED, np.arange(N)[:, None]).sample(10_000, np.random.default_rng(0))
    sigma = np.cov(MIXED[rows].T)
    parts = sum(np.linalg.slogdet(sigma[np.ix_(pair, pair)])[1] for pair in ([0, 1], [2, 3]))
    assert value == pytest.approx(0.5 * (parts - np.linalg.slogdet(sigma)[1]), abs=1e-9)


def test_a_block_that_holds_one_code_twice_is_that_code():
    doubled = np.column_stack([MIXED, MIXED[:, 0]])
    assert score(doubled, blocks=[(0, 4), 1, 2, 3]).value == pytest.approx(score(MIXED).value, abs=1e-6)


def test_of_a_circle_only_the_angle_counts():
    angle = np.random.default_rng(2).uniform(0, 2 * np.pi, N)
    radius = np.exp(NOISE[:, 0])
    codes = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), radius])
    assert score(codes, blocks=[CodeBlock((0, 1), Circle()), 2]).value < 0.01
    codes[:, 2] = np.cos(angle) + 0.1 * NOISE[:, 1]
    assert score(codes, blocks=[CodeBlock((0, 1), Circle()), 2]).value > 1


def test_settings_that_make_no_sense_are_refused():
    with refused(SettingError, "num_samples", expected="at least 2", got=1):
        GaussianTotalCorrelation(num_samples=1)
    with refused(SettingError, "blocks"):
        score(NOISE, blocks=[0, 1])
