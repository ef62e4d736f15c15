"""The gap from posterior samples: densities against scipy, a loop, and mixtures whose information is known."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import norm

from equilab.errors import DataError, SettingError
from equilab.metrics import CodeTable
from equilab.metrics.supervised.kde_mig import KDEMIG, mixture_log_density, posterior_information
from tests.refused import refused
from tests.tables import gaussian_table

SIZES = (2, 3, 4)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
QUICK = KDEMIG(num_samples=4_000)


def score(codes, log_var, *, metric: KDEMIG = QUICK, seed: int = 0, blocks=None, factors=FACTORS):
    return metric(gaussian_table(codes, factors, log_var), rng=np.random.default_rng(seed), blocks=blocks)


@pytest.mark.parametrize("axes", [1, 3])
@pytest.mark.parametrize(("log_var", "offset"), [(0.0, 0.0), (-6.0, 1000.0), (-30.0, 0.0)])
def test_densities_are_those_of_scipy(axes, log_var, offset):
    rng = np.random.default_rng(0)
    means = rng.standard_normal((70, axes)) + offset
    log_var = log_var + rng.standard_normal((70, axes))
    points = np.concatenate([means[:20] + np.exp(0.5 * log_var[:20]) * rng.standard_normal((20, axes)), means[:5] + 1])
    each = norm.logpdf(points[:, None], means, np.exp(0.5 * log_var)).sum(axis=2)
    expected = logsumexp(each, axis=1) - np.log(70)
    np.testing.assert_allclose(mixture_log_density(points, means, log_var), expected, rtol=1e-5, atol=2e-3)


def test_chunks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    points, means, log_var = rng.standard_normal((3, 50, 2))
    whole = mixture_log_density(points, means, log_var)
    for chunk in (1, 120, 10**6):
        monkeypatch.setattr("equilab.metrics.supervised.kde_mig._CHUNK", chunk)
        np.testing.assert_allclose(mixture_log_density(points, means, log_var), whole, rtol=1e-5)


def test_information_is_that_of_a_loop():
    rng = np.random.default_rng(0)
    means, log_var = rng.standard_normal((24, 2)) + FACTORS[:, :2], rng.normal(-1, 1, size=(24, 2))
    drawn = rng.integers(24, size=40)
    samples = means[drawn] + np.exp(0.5 * log_var[drawn]) * rng.standard_normal((40, 2))

    def density(z: np.ndarray, rows: np.ndarray) -> float:
        return np.mean([norm.pdf(z, means[n], np.exp(0.5 * log_var[n])).prod() for n in np.flatnonzero(rows)])

    expected = [
        np.mean(
            [
                math.log(density(z, label == label[n]) / density(z, label == label))
                for z, n in zip(samples, drawn, strict=True)
            ]
        )
        for label in FACTORS.T
    ]
    assert max(expected) > 0.1
    found = posterior_information(samples, means, log_var, FACTORS, drawn)
    np.testing.assert_allclose(found, np.maximum(expected, 0), atol=1e-5)


def test_posteriors_that_are_all_equal_know_nothing():
    found = score(np.full((24, 2), 1.5), 0.0)
    assert found.value == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(found.matrix, 0, atol=1e-6)


@pytest.mark.parametrize("log_var", [-10.0, -40.0, -5000.0])
def test_narrow_posteriors_know_the_entropy_of_their_factor(log_var):
    found = score(FACTORS.astype(np.float64), log_var)
    np.testing.assert_allclose(found.matrix.diagonal(), np.log(SIZES), atol=1e-4)
    np.testing.assert_allclose(found.matrix - np.diag(found.matrix.diagonal()), 0, atol=1e-4)
    assert found.value == pytest.approx(1, abs=1e-4)
    assert sum(found.per_block.values()) == pytest.approx(found.value)


def test_two_overlapping_posteriors_know_the_information_of_their_mixture():
    def density(x: float) -> float:
        return 0.5 * norm.pdf(x) + 0.5 * norm.pdf(x, 2)

    exact = -quad(lambda x: density(x) * math.log(density(x)), -10, 12)[0] - 0.5 * math.log(2 * math.pi * math.e)
    found = score(2.0 * FACTORS[:, :1], 0.0, metric=KDEMIG(num_samples=20_000))
    assert found.per_factor["factor0"] == pytest.approx(exact / math.log(2), abs=0.02)


def test_a_wider_posterior_knows_less():
    """What a histogram of the means can't see."""
    values = [score(FACTORS.astype(np.float64), log_var).value for log_var in (-8.0, -2.0, 0.0, 4.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.99
    assert values[-1] < 0.05


def test_a_posterior_without_bounds_knows_nothing():
    assert score(FACTORS.astype(np.float64), 5000.0).value == pytest.approx(0, abs=1e-6)


def test_a_duplicated_dimension_leaves_no_gap_and_a_dead_one_changes_nothing():
    codes = np.column_stack([FACTORS, FACTORS[:, 1], np.zeros(24)]).astype(np.float64)
    log_var = np.array([-8.0, -8.0, -8.0, -8.0, 0.0])
    found = score(codes, log_var)
    assert found.per_factor["factor1"] == pytest.approx(0, abs=1e-3)
    assert found.per_factor["factor2"] == pytest.approx(1, abs=1e-3)


def test_order_and_scale_of_dimensions_do_not_matter():
    codes = FACTORS @ np.random.default_rng(0).standard_normal((3, 3))
    plain = score(codes, -2.0, metric=KDEMIG())
    scaled = score(codes[:, ::-1] * 1000 + 7, -2.0 + 2 * math.log(1000), metric=KDEMIG())
    assert plain.value > 0.05
    assert scaled.value == pytest.approx(plain.value, abs=0.03)


def test_a_part_of_the_observations_gives_nearly_the_same():
    factors = FACTORS.repeat(200, axis=0)
    codes = factors + 0.3 * np.random.default_rng(0).standard_normal(factors.shape)
    whole = score(codes, -2.0, factors=factors)
    part = score(codes, -2.0, metric=KDEMIG(num_samples=4_000, num_support=600), factors=factors)
    assert 0.3 < whole.value < 0.9
    assert part.value == pytest.approx(whole.value, abs=0.05)


def test_information_is_never_more_than_the_entropy_of_what_was_drawn():
    found = score(np.arange(24.0)[:, None], -20.0, metric=KDEMIG(num_samples=50, num_support=7))
    assert max(found.per_factor.values()) <= 1
    assert found.per_factor["factor0"] > 0.9


def test_a_block_has_the_joint_density_of_its_axes():
    """Two bits, one in each axis: the factor is known by neither alone."""
    factor = np.arange(4)[:, None]
    codes = np.column_stack([factor % 2, factor // 2]).astype(np.float64)
    assert score(codes, -9.0, factors=factor).value == pytest.approx(0, abs=0.01)
    assert score(codes, -9.0, factors=factor, blocks=[(0, 1)]).value == pytest.approx(1, abs=1e-3)


def test_a_table_without_a_posterior_is_refused():
    with refused(DataError, "posterior", expected="the density of a posterior", got="none"):
        KDEMIG()(CodeTable(FACTORS, FACTORS), rng=np.random.default_rng(0))


@pytest.mark.parametrize(("setting", "least"), [("num_samples", 1), ("num_support", 2)])
def test_settings_that_make_no_sense_are_refused(setting, least):
    with refused(SettingError, setting, expected=f"at least {least}", got=0):
        KDEMIG(**{setting: 0})
