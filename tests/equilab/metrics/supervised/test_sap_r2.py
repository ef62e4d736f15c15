"""SAP by squared correlation: closed forms, what it is free of, and what it is not."""

import numpy as np
import pytest

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable
from equilab.metrics.supervised.sap_r2 import SAPRSquared
from tests.refused import refused

SIZES = (3, 4, 5, 6)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)


def score(codes: np.ndarray, *, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    return SAPRSquared(20_000)(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


def entangled() -> np.ndarray:
    rng = np.random.default_rng(0)
    return FACTORS @ (np.eye(4, 6) + 0.4 * rng.standard_normal((4, 6))) + rng.standard_normal((len(FACTORS), 6))


def test_the_score_is_that_of_correlations_by_a_loop():
    codes = entangled()
    rows = CodeTable(codes, FACTORS).sample(20_000, np.random.default_rng(4))
    gaps = []
    for factor in FACTORS[rows].T:
        squares = sorted(np.corrcoef(code, factor)[0, 1] ** 2 for code in codes[rows].T)
        gaps.append(squares[-1] - squares[-2])
    found = score(codes, seed=4)
    np.testing.assert_allclose(list(found.per_factor.values()), gaps, atol=1e-12)
    assert found.value == pytest.approx(np.mean(gaps), abs=1e-12)
    assert sum(found.per_block.values()) == pytest.approx(found.value)


def test_a_perfect_linear_code_scores_one_whatever_its_scale_sign_and_offset():
    codes = FACTORS * [1e-8, -3.0, 1e6, 2.0] + [5.0, 0.0, -1e6, 1e3]
    assert score(codes).value == pytest.approx(1, abs=0.002)


def test_a_monotone_code_that_is_not_linear_scores_less():
    """Of x = 0 ... 5 and x^3 the squared correlation is cov^2 / (var var)."""
    codes = FACTORS.astype(np.float64)
    codes[:, 3] **= 3
    expected = np.corrcoef(np.arange(6), np.arange(6) ** 3)[0, 1] ** 2
    assert score(codes).per_factor["factor3"] == pytest.approx(expected, abs=0.01)
    assert expected < 0.85


def test_a_code_of_two_factors_has_half_of_each():
    codes = np.column_stack([FACTORS[:, 0] / FACTORS[:, 0].std() + FACTORS[:, 1] / FACTORS[:, 1].std(), FACTORS[:, 2]])
    found = score(codes)
    assert [found.per_factor[f"factor{index}"] for index in range(4)] == pytest.approx([0.5, 0.5, 1, 0], abs=0.02)


def test_duplicates_leave_no_gap_and_dead_codes_and_noise_score_nothing():
    assert score(np.column_stack([FACTORS, -2 * FACTORS])).value == pytest.approx(0, abs=1e-12)
    assert score(np.full((len(FACTORS), 3), 0.1)).value == 0
    assert score(np.random.default_rng(0).standard_normal((len(FACTORS), 6))).value < 0.05
    padded = score(np.column_stack([np.full(len(FACTORS), 0.1), FACTORS]))
    assert padded.value == pytest.approx(score(FACTORS).value, abs=1e-12)


def test_a_block_has_the_r_squared_of_its_least_squares_fit():
    codes = entangled()
    found = score(codes, blocks=[(0, 1, 5), 2, 3, 4])
    rows = CodeTable(codes, FACTORS).sample(20_000, np.random.default_rng(0))
    design = np.column_stack([np.ones(len(rows)), codes[rows][:, [0, 1, 5]]])
    target = FACTORS[rows, 1].astype(np.float64)
    residual = target - design @ np.linalg.lstsq(design, target, rcond=None)[0]
    assert found.matrix[0, 1] == pytest.approx(1 - residual.var() / target.var(), abs=1e-10)


def test_an_angle_is_not_linear_in_its_circle():
    """The index of one of N angles, regressed on cosine and sine: R^2 = 6 / (N^2 - 1) / sin(pi / N)^2."""
    angle = 2 * np.pi * FACTORS[:, 3] / 6
    codes = np.column_stack([np.cos(angle), np.sin(angle), FACTORS[:, :3]])
    found = score(codes, blocks=[CodeBlock((0, 1), Circle()), 2, 3, 4])
    assert found.per_factor["factor3"] == pytest.approx(6 / 35 / np.sin(np.pi / 6) ** 2, abs=0.01)


def test_names_and_gaps_of_factor_values_do_not_matter():
    renamed = FACTORS * [7, 100, 3, 10**6] - 5
    renamed[:, 3] = np.array([-9, 0, 1, 2, 50, 1000])[FACTORS[:, 3]]
    assert score(FACTORS, factors=renamed).value == score(FACTORS).value


def test_settings_that_make_no_sense_are_refused():
    with refused(SettingError, "num_samples", expected="at least 2", got=1):
        SAPRSquared(1)
