"""Modularity: closed forms, a loop over scikit-learn's information, and what it scores for codes that know nothing."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable, entropy
from equilab.metrics.information import mutual_information_matrix
from equilab.metrics.supervised.modularity import Modularity, modularity
from tests.refused import refused

SIZES = (4, 4, 4, 4)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)


def score(codes: np.ndarray, *, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    return Modularity()(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


@pytest.mark.parametrize("known", [1, 2, 3, 4])
def test_a_block_that_knows_some_factors_alike_loses_a_share_for_each_further_one(known):
    """Closed form: 1 - (known - 1) / (K - 1)."""
    codes = FACTORS[:, :known] @ 4.0 ** np.arange(known)
    row = np.where(np.arange(4) < known, np.log(4), 0.0)
    assert modularity(row[None])[0] == pytest.approx(1 - (known - 1) / 3, abs=1e-12)
    if known < 3:  # as many values as there are cells
        assert score(codes[:, None]).value == pytest.approx(1 - (known - 1) / 3, abs=0.01)


def test_the_score_is_that_of_the_published_procedure():
    rng = np.random.default_rng(0)
    codes = FACTORS @ rng.standard_normal((4, 6)) + 0.3 * rng.standard_normal((len(FACTORS), 6))
    rows = CodeTable(codes, FACTORS).sample(10_000, np.random.default_rng(7))
    expected = []
    for code in codes[rows].T:
        cells = np.digitize(code, np.histogram(code, 20)[1][:-1])
        squares = np.square([mutual_info_score(factor, cells) for factor in FACTORS[rows].T])
        best = int(np.argmax(squares))
        expected.append(1 - sum(squares[other] for other in range(4) if other != best) / (squares[best] * 3))
    found = score(codes, seed=7)
    np.testing.assert_allclose(list(found.per_block.values()), expected, atol=1e-10)
    assert found.value == pytest.approx(np.mean(expected), abs=1e-10)
    assert 0.3 < found.value < 0.99


def test_duplicated_dimensions_cost_nothing():
    assert score(np.column_stack([FACTORS, FACTORS[:, 0], FACTORS[:, 0]])).value == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("dead", [1, 4])
def test_a_dead_dimension_counts_zero(dead):
    found = score(np.column_stack([FACTORS, np.full((len(FACTORS), dead), 2.5)]))
    assert found.value == pytest.approx(4 / (4 + dead), abs=1e-3)
    assert found.per_block["z4"] == 0
    assert found.per_factor["factor0"] == pytest.approx(1, abs=1e-3)


def test_rounding_errors_of_a_dead_dimension_are_no_information():
    """The broken version compares them: 1 - e^2 / e^2 is a number between 0 and 1, of a block that knows nothing."""
    factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)
    third, rest = factors[:, :1], factors[:, 1:]  # on the grid they are exactly independent
    pairs = [100 * third[:, 0] + other for other in rest.T]
    rounded = [entropy(third[:, 0]) + entropy(other) - entropy(pair) for other, pair in zip(rest.T, pairs, strict=True)]
    assert 0 < np.abs(rounded).max() < 1e-14
    assert modularity(np.abs([rounded])) > 0.1
    assert modularity(mutual_information_matrix(third, rest)).tolist() == [0.0]


def test_all_dead_is_zero():
    found = score(np.zeros((len(FACTORS), 2)))
    assert (found.value, *found.per_factor.values(), *found.per_block.values()) == (0,) * 7


def test_noise_scores_the_bias_of_its_information_not_zero():
    """Expected information is (bins - 1)(values - 1) / 2n for each factor: the ratio of the squares does not vanish."""
    sizes = np.array([2, 3, 6])
    factors = np.stack(np.unravel_index(np.arange(36), sizes), axis=1).repeat(200, axis=0)
    noise = np.random.default_rng(0).standard_normal((len(factors), 40))
    bias = np.square(sizes - 1.0)
    expected = 1 - (bias.sum() - bias.max()) / (bias.max() * 2)
    assert score(noise, factors=factors).value == pytest.approx(expected, abs=0.1)


def test_the_order_of_blocks_and_of_factors_does_not_matter():
    information = np.random.default_rng(0).random((5, 4))
    rows, columns = np.random.default_rng(1).permutation(5), np.random.default_rng(2).permutation(4)
    np.testing.assert_allclose(modularity(information[rows][:, columns]), modularity(information)[rows])


def test_scale_and_offset_do_not_matter():
    codes = FACTORS + np.random.default_rng(0).standard_normal(FACTORS.shape)
    assert score(codes * [4.0, -0.25, 2.0**20, 1] + 8).value == pytest.approx(score(codes).value, abs=1e-2)
    assert score(codes * [4.0, 0.25, 2.0**20, 1]).value == score(codes).value


def test_with_one_factor_a_block_that_knows_it_scores_one():
    """The broken version divides by K - 1 = 0."""
    codes = np.column_stack([FACTORS[:, 0], np.zeros(len(FACTORS))])
    found = score(codes, factors=FACTORS[:, :1])
    assert found.per_block == {"z0": 1.0, "z1": 0.0}
    assert found.per_factor == {"factor0": 1.0}


def test_a_factor_has_the_mean_score_of_the_blocks_that_know_it_best():
    codes = np.column_stack([FACTORS[:, 0], 1.01 * FACTORS[:, 0] + 4 * (FACTORS[:, 1] > 1), FACTORS[:, 2]])
    found = score(codes)
    ratio = 1 - (np.log(2) / np.log(4)) ** 2 / 3
    assert found.per_block["z1"] == pytest.approx(ratio, abs=0.01)
    assert found.per_factor["factor0"] == pytest.approx((1 + ratio) / 2, abs=0.01)
    assert found.per_factor["factor1"] == found.per_factor["factor3"] == 0


def test_a_circle_is_one_block():
    angle = 2 * np.pi * FACTORS[:, 0] / 4
    found = score(np.column_stack([np.cos(angle), np.sin(angle)]), blocks=[CodeBlock((0, 1), Circle(), name="turn")])
    assert found.per_block["turn"] == pytest.approx(1, abs=1e-3)
    assert found.matrix[0, 0] == pytest.approx(np.log(4), abs=0.01)


@pytest.mark.parametrize("setting", ["bins", "num_samples"])
def test_settings_that_make_no_sense_are_refused(setting):
    with refused(SettingError, setting, expected="at least 2", got=1):
        Modularity(**{setting: 1})
