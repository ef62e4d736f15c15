"""DCIMIG: a loop, and the closed forms of duplicated, dead, mixed and missing codes."""

import math

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from equilab.errors import SettingError
from equilab.metrics import CodeTable
from equilab.metrics.supervised.dcimig import DCIMIG, largest_gaps
from tests.refused import refused

SIZES = (2, 4, 8)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)


def score(codes: np.ndarray, *, seed: int = 0, factors: np.ndarray = FACTORS):
    return DCIMIG()(CodeTable(codes, factors), rng=np.random.default_rng(seed))


def test_the_score_is_that_of_a_loop():
    rng = np.random.default_rng(0)
    codes = FACTORS @ rng.standard_normal((3, 5)) + 0.5 * rng.standard_normal((len(FACTORS), 5))
    rows = CodeTable(codes, FACTORS).sample(10_000, np.random.default_rng(7))
    largest = dict.fromkeys(range(3), 0.0)
    for code in codes[rows].T:
        cells = np.digitize(code, np.histogram(code, 20)[1][:-1])
        information = [mutual_info_score(factor, cells) for factor in FACTORS[rows].T]
        first, second = np.argsort(information)[::-1][:2]
        largest[first] = max(largest[first], information[first] - information[second])
    entropies = [mutual_info_score(factor, factor) for factor in FACTORS[rows].T]
    found = score(codes, seed=7)
    assert found.value == pytest.approx(sum(largest.values()) / sum(entropies), abs=1e-12)
    np.testing.assert_allclose(
        list(found.per_factor.values()), [largest[k] / entropies[k] for k in range(3)], atol=1e-12
    )
    assert sum(found.per_block.values()) == pytest.approx(found.value, abs=1e-12)
    assert 0.05 < found.value < 0.9


def test_duplicated_and_dead_dimensions_cost_nothing():
    codes = np.column_stack([FACTORS, FACTORS[:, 0], np.full(len(FACTORS), 3.0)])
    assert score(codes).value == pytest.approx(1, abs=0.01)


def test_a_factor_that_no_block_knows_costs_its_share_of_the_entropy():
    """Entropies ln 2, ln 4, ln 8: without the last, 3 of 6 bits."""
    found = score(FACTORS[:, :2])
    assert found.value == pytest.approx(0.5, abs=0.01)
    assert found.per_factor["factor2"] == 0


def test_a_block_that_knows_two_factors_counts_for_the_better_one_alone():
    both = FACTORS[:, 0] + 2.0 * FACTORS[:, 1]
    found = score(both[:, None])
    assert found.value == pytest.approx((math.log(4) - math.log(2)) / math.log(64), abs=0.01)
    assert found.per_factor["factor1"] == pytest.approx(0.5, abs=0.01)
    assert found.per_factor["factor0"] == 0


def test_each_factor_keeps_one_gap_not_their_sum():
    gaps = largest_gaps(np.array([[0.9, 0.1], [0.7, 0.0], [0.5, 0.4]]))
    assert gaps.of_factors == pytest.approx([0.8, 0.0])
    assert gaps.of_blocks == pytest.approx([0.8, 0.0, 0.0])


def test_noise_one_factor_and_all_dead():
    repeated = FACTORS.repeat(300, axis=0)
    noise = np.random.default_rng(0).standard_normal((len(repeated), 5))
    assert score(noise, factors=repeated).value < 0.01
    assert score(FACTORS[:, :1], factors=FACTORS[:, :1]).value == pytest.approx(1, abs=1e-9)
    assert score(np.zeros((len(FACTORS), 2))).value == 0


@pytest.mark.parametrize("setting", ["bins", "num_samples"])
def test_settings_that_make_no_sense_are_refused(setting):
    with refused(SettingError, setting, expected="at least 2", got=1):
        DCIMIG(**{setting: 1})
