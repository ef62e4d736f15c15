"""InfoMEC: the formulas in closed form and by a loop over scikit-learn, pruning, and kinds of latents."""

import math

import numpy as np
import pytest
from sklearn.feature_selection import mutual_info_classif
from sklearn.metrics import mutual_info_score

from equilab.errors import DataError, SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable
from equilab.metrics.supervised.infomec import InfoMEC, concentration, numbered_values, wide_blocks
from tests.refused import refused

SIZES = (2, 4, 5)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1).repeat(8, axis=0)
QUICK = InfoMEC(max_iterations=5)
QUANTISED = InfoMEC(max_iterations=5, latents="quantised")


def score(codes: np.ndarray, *, metric: InfoMEC = QUICK, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    return metric(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


def noisy(codes: np.ndarray, amount: float = 0.05) -> np.ndarray:
    return codes + amount * np.random.default_rng(0).standard_normal(codes.shape)


def published(known: np.ndarray) -> tuple[float, float]:
    """InfoM and InfoC of information over entropy (factors, active latents), by loops."""
    num_factors, num_latents = known.shape
    modular = [max(known[:, j]) / sum(known[:, j]) for j in range(num_latents)]
    compact = [max(known[i]) / sum(known[i]) for i in range(num_factors)]
    infom = (np.mean(modular) - 1 / num_factors) / (1 - 1 / num_factors)
    infoc = (np.mean(compact) - 1 / num_latents) / (1 - 1 / num_latents)
    return infom, infoc


def test_continuous_latents_score_as_published():
    codes = FACTORS @ np.random.default_rng(1).standard_normal((3, 4))
    codes = np.column_stack([noisy(codes, 0.5), 0.01 * noisy(FACTORS[:, 0], 1.0)])  # the last is too narrow to count
    known = np.array(
        [
            mutual_info_classif(codes, factor, discrete_features=False, n_neighbors=10, random_state=0)
            / mutual_info_score(factor, factor)
            for factor in FACTORS.T
        ]
    )
    infom, infoc = published(known[:, :4])
    found = score(codes)
    np.testing.assert_allclose(found.matrix, known.T, atol=1e-8)
    assert found.value == pytest.approx(infom, abs=1e-8)
    assert found.parts[0].value == pytest.approx(infoc, abs=1e-8)
    assert found.per_block["z4"] == 0
    assert 0.05 < infom < 0.9
    assert 0.05 < infoc < 0.9


def test_quantised_latents_score_as_published():
    codes = np.round(FACTORS @ np.random.default_rng(1).standard_normal((3, 4)))
    codes = np.column_stack([codes, np.full(len(codes), 3.0), 0.01 * FACTORS[:, 0]])  # narrow, but it varies
    known = np.array(
        [[mutual_info_score(f, c) / mutual_info_score(f, f) for c in (1000 * codes).astype(int).T] for f in FACTORS.T]
    )
    infom, infoc = published(known[:, [0, 1, 2, 3, 5]])
    found = score(codes, metric=QUANTISED)
    np.testing.assert_allclose(found.matrix, known.T, atol=1e-12)
    assert found.value == pytest.approx(infom, abs=1e-12)
    assert found.parts[0].value == pytest.approx(infoc, abs=1e-12)


@pytest.mark.parametrize("metric", [QUICK, QUANTISED], ids=["continuous", "quantised"])
def test_a_perfect_code_has_it_all(metric):
    found = score(FACTORS.astype(np.float64), metric=metric)
    assert found.value == pytest.approx(1, abs=0.05)
    assert found.parts[0].value == pytest.approx(1, abs=0.05)


def test_explicitness_is_that_of_a_linear_model_of_the_whole_code():
    rotated = FACTORS @ np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    found = score(rotated, metric=InfoMEC())
    assert found.value < 0.6
    assert found.parts[1].name == "infomec_explicitness"
    assert found.parts[1].value > 0.9
    folded = np.abs(FACTORS[:, [1]] - 2.0)  # 2 1 0 1: two of four values are one
    assert score(folded, metric=InfoMEC()).parts[1].per_factor["factor1"] == pytest.approx(0.75, abs=0.01)


def test_a_one_hot_code_makes_every_order_of_quantised_values_explicit():
    shuffled = np.array([3.0, 0.0, 4.0, 1.0, 2.0])[FACTORS[:, 2]]
    found = score(np.column_stack([FACTORS[:, :2], shuffled]), metric=InfoMEC(latents="quantised"))
    assert min(found.parts[1].per_factor.values()) > 0.99


def test_a_duplicated_latent_costs_compactness_alone():
    codes = np.column_stack([FACTORS, FACTORS[:, 0]]).astype(np.float64)
    found = score(codes, metric=QUANTISED)
    assert found.value == pytest.approx(1, abs=1e-9)
    assert found.parts[0].per_factor["factor0"] == pytest.approx((1 / 2 - 1 / 4) / (1 - 1 / 4), abs=1e-9)
    assert found.parts[0].per_factor["factor1"] == pytest.approx(1, abs=1e-9)


def test_a_latent_of_two_factors_costs_modularity_alone():
    codes = np.column_stack([FACTORS[:, 0] + 2.0 * FACTORS[:, 1], FACTORS[:, 2]])
    found = score(codes, metric=QUANTISED)
    assert found.per_block["z0"] == pytest.approx((1 / 2 - 1 / 3) / (1 - 1 / 3), abs=1e-9)
    assert found.per_block["z1"] == pytest.approx(1, abs=1e-9)
    assert found.value == pytest.approx((0.25 + 1) / 2, abs=1e-9)
    assert found.parts[0].value == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("metric", [QUICK, QUANTISED], ids=["continuous", "quantised"])
def test_dead_dimensions_change_nothing_and_all_dead_is_zero(metric):
    dead = np.full((len(FACTORS), 2), 0.1)
    padded = score(np.column_stack([FACTORS, dead]), metric=metric)
    plain = score(FACTORS.astype(np.float64), metric=metric)
    for found, expected in zip(padded.each(), plain.each(), strict=True):
        assert found.value == pytest.approx(expected.value, abs=0.03)
    for found in score(dead, metric=metric).each():
        assert found.value == pytest.approx(0, abs=1e-9)
        assert max(found.per_factor.values()) == pytest.approx(0, abs=1e-9)


def test_latents_that_know_nothing_score_zero_not_nan():
    """The broken version divides 0 by 0: a clipped estimate is exactly 0 for a third of all noise."""
    assert concentration(np.array([[0.0, 0.0, 0.0], [0.2, 0.0, 0.0]])).tolist() == [0.0, 1.0]
    codes = np.column_stack([FACTORS[:, 0], 3.0 * (np.arange(len(FACTORS)) % 2)])
    found = score(codes, metric=QUANTISED)
    assert found.per_block["z1"] == 0


def test_one_factor_or_one_latent_has_no_other_to_know():
    """The broken version divides by 1 - 1/1."""
    found = score(FACTORS[:, [1]].astype(np.float64), metric=QUANTISED, factors=FACTORS[:, [1]])
    assert (found.value, found.parts[0].value) == (1.0, 1.0)
    single = score(FACTORS[:, [1]].astype(np.float64), metric=QUANTISED)
    assert single.parts[0].per_factor == {"factor0": 0.0, "factor1": 1.0, "factor2": 0.0}


def test_observations_are_drawn_once_each():
    """Copies of an observation are neighbours at distance 0 with its own label: noise would know everything."""
    few = np.random.default_rng(0).standard_normal((len(FACTORS), 2))
    assert score(few).matrix.max() < 0.2
    copies = np.repeat(few, 12, axis=0), np.repeat(FACTORS, 12, axis=0)
    assert score(copies[0], factors=copies[1]).matrix.min() > 0.9


def test_the_order_of_latents_does_not_matter():
    codes = noisy(FACTORS @ np.random.default_rng(1).standard_normal((3, 4)), 0.3)
    for found, expected in zip(score(codes[:, ::-1]).each(), score(codes).each(), strict=True):
        assert found.value == pytest.approx(expected.value, abs=1e-3)


def test_an_angle_is_one_block_of_two_axes():
    angle = 2 * math.pi * FACTORS[:, 2] / 5
    codes = noisy(np.column_stack([np.cos(angle), np.sin(angle), FACTORS[:, 0]]), 0.02)
    apart, together = score(codes), score(codes, blocks=[CodeBlock((0, 1), Circle()), 2])
    assert apart.parts[0].per_factor["factor2"] < 0.5
    assert together.parts[0].per_factor["factor2"] > 0.9
    assert list(together.per_block) == ["z0+z1", "z2"]


def test_a_block_is_as_wide_as_its_widest_axis():
    codes = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 21.0, 1.0, 1.06]])
    assert wide_blocks(codes, (CodeBlock((0, 1)), CodeBlock((2,)), CodeBlock((3,)))).tolist() == [True, False, True]


def test_values_of_a_block_of_two_axes_are_pairs():
    codes = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 1.0], [3.0, 1.0]])
    assert numbered_values(codes, (CodeBlock((0, 1)),))[:, 0].tolist() == [0, 1, 0, 2]


def test_values_of_a_circle_are_angles_and_its_width_is_that_of_the_unit_circle():
    codes = np.array([[0.0, 1.0], [-0.0, 2.0], [-3.0, -0.0], [-0.5, 0.0], [0.3, 0.3], [0.7, 0.7]])
    circle = (CodeBlock((0, 1), Circle()),)
    assert numbered_values(codes, circle)[:, 0].tolist() == [1, 1, 0, 0, 2, 2]
    radius = np.random.default_rng(0).uniform(0.1, 9, (6, 1))
    assert numbered_values(codes * radius, circle)[:, 0].tolist() == [1, 1, 0, 0, 2, 2]
    wide = np.column_stack([1e-3 * codes, codes[:, 0]])
    assert wide_blocks(wide, (*circle, CodeBlock((2,)))).tolist() == [True, True]
    assert wide_blocks(wide, (CodeBlock((0, 1)), CodeBlock((2,)))).tolist() == [False, True]


def test_continuous_codes_are_refused_as_quantised():
    got = "320 different ones in z0, one for each observation"
    with refused(DataError, "codes", expected="quantised", got=got, hint="latents='continuous'"):
        score(noisy(FACTORS), metric=QUANTISED)


def test_settings_that_make_no_sense_are_refused():
    with refused(SettingError, "neighbours", expected="at least 1", got=0):
        InfoMEC(neighbours=0)
