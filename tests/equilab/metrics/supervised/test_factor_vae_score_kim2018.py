"""The FactorVAE score of its own paper: what is left out by KL, and a slow loop."""

from dataclasses import replace

import numpy as np
import pytest

from equilab.errors import DataError, SettingError
from equilab.metrics import CodeTable
from equilab.metrics.supervised.factor_vae_score import FactorVAEScore
from equilab.metrics.supervised.factor_vae_score_kim2018 import FactorVAEScoreKim2018
from tests.refused import refused
from tests.tables import gaussian_table

SIZES = (3, 6, 10, 8, 8)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
UNIT = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)


def score(codes: np.ndarray, log_var: np.ndarray | float = -3.0, *, metric=None, seed: int = 0):
    table = gaussian_table(codes, FACTORS, log_var)
    return (metric or FactorVAEScoreKim2018())(table, rng=np.random.default_rng(seed))


def test_a_perfect_code_scores_one():
    found = score(UNIT)
    assert found.value == 1
    assert np.count_nonzero(found.matrix) == 5
    assert found.matrix.sum() == 800


def test_the_score_is_that_of_the_procedure_written_as_a_loop():
    rng = np.random.default_rng(0)
    codes = UNIT @ (np.eye(5, 7) + 0.5 * rng.standard_normal((5, 7))) + 4 * rng.standard_normal((len(UNIT), 7))
    scaled = codes / codes.std(axis=0, ddof=1)
    tables = np.zeros((2, 7, 5), int)
    for table in tables:
        for _ in range(800):
            factor = rng.integers(5)
            batch = rng.integers(SIZES, size=(200, 5))
            batch[:, factor] = batch[0, factor]
            local = scaled[np.ravel_multi_index(tuple(batch.T), SIZES)].var(axis=0)
            table[local.argmin(), factor] += 1
    slow = sum(tables[1, code, tables[0, code].argmax()] for code in range(7)) / 800
    assert 0.3 < slow < 0.95
    assert score(codes).value == pytest.approx(slow, abs=0.08)  # 4 standard errors of two samples of 800


def test_an_axis_at_the_prior_is_left_out_however_it_varies():
    """Mean 0.1 sin: KL 0.0025 nats, below 0.01; its relative variance says all of a factor, and does not count."""
    quiet = 0.1 * np.sin(FACTORS[:, [4]])
    codes, log_var = np.column_stack([UNIT[:, :4], quiet]), np.array([-3.0] * 4 + [0.0])
    found = score(codes, log_var)
    assert not found.matrix[4].any()
    assert found.value < 0.95
    assert score(codes, log_var, metric=FactorVAEScoreKim2018(collapsed_kl=0.001)).value == 1


def test_a_small_axis_with_a_narrow_posterior_counts_where_a_threshold_on_its_spread_drops_it():
    codes, log_var = np.column_stack([UNIT[:, :4], 0.04 * UNIT[:, 4]]), np.array([-3.0] * 4 + [-9.0])
    assert score(codes, log_var).value == 1
    assert FactorVAEScore(800, 800)(CodeTable(codes, FACTORS), rng=np.random.default_rng(0)).value < 0.95


@pytest.mark.parametrize("constant", [0.0, 3.0])
def test_a_constant_axis_never_wins_whatever_its_kl(constant):
    found = score(np.column_stack([np.full(len(UNIT), constant), UNIT]))
    assert found.value == 1
    assert not found.matrix[0].any()


def test_when_all_axes_have_collapsed_the_score_is_zero():
    found = score(0.01 * UNIT, 0.0)
    assert found.value == 0
    assert not found.matrix.any()
    assert set(found.per_factor.values()) == {0.0}


def test_the_order_and_scale_of_codes_do_not_matter():
    """But through the KL, which is that to a standard normal prior."""
    codes = UNIT @ (np.eye(5, 7) + 0.5 * np.random.default_rng(0).standard_normal((5, 7)))
    scaled = codes * 2.0 ** np.array([-1, 5, 0, 3, 2, 8, 0])
    np.testing.assert_array_equal(score(scaled).matrix, score(codes).matrix)
    assert score(codes[:, ::-1]).value == pytest.approx(score(codes).value, abs=1e-12)


def test_noise_scores_about_one_in_five():
    metric = replace(FactorVAEScoreKim2018(), num_train=3000, num_test=3000)
    noise = np.random.default_rng(0).standard_normal((len(FACTORS), 7))
    assert score(noise, metric=metric).value == pytest.approx(0.2, abs=0.04)


def test_a_table_without_a_posterior_is_refused():
    with refused(DataError, "posterior", expected="leaves out collapsed dimensions", got="none"):
        FactorVAEScoreKim2018()(CodeTable(UNIT, FACTORS), rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("setting", "value"), [("num_train", 0), ("num_test", 0), ("batch_size", 1), ("collapsed_kl", -0.1)]
)
def test_settings_that_make_no_sense_are_refused(setting, value):
    with refused(SettingError, setting, got=value):
        FactorVAEScoreKim2018(**{setting: value})
