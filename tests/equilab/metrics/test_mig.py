"""The mutual information gap against scikit-learn, its closed forms, and the mistakes that give another number."""

import math

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import MIG, CodeTable, mutual_information_gap
from tests.refused import refused

SIZES = (3, 6, 40, 8)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)


def score(codes: np.ndarray, *, metric: MIG | None = None, seed: int = 0, blocks=None):
    return (metric or MIG())(CodeTable(codes, FACTORS), rng=np.random.default_rng(seed), blocks=blocks)


def published(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """The gaps of Locatello et al. 2019, from scikit-learn and numpy's histogram."""
    cells = [np.digitize(code, np.histogram(code, 20)[1][:-1]) for code in codes.T]
    information = np.array([[mutual_info_score(factor, cell) for factor in factors.T] for cell in cells])
    entropies = [mutual_info_score(factor, factor) for factor in factors.T]
    ranked = np.sort(information, axis=0)[::-1]
    return (ranked[0] - ranked[1]) / entropies


def test_the_score_is_that_of_the_published_procedure():
    rng = np.random.default_rng(0)
    mixing = np.eye(4, 6) + 0.4 * rng.standard_normal((4, 6))
    codes = FACTORS / np.array(SIZES) @ mixing + 0.1 * rng.standard_normal((len(FACTORS), 6))
    rows = CodeTable(codes, FACTORS).sample(10_000, np.random.default_rng(7))
    expected = published(codes[rows], FACTORS[rows])
    found = score(codes, seed=7)
    assert 0.05 < expected.mean() < 0.8
    np.testing.assert_allclose(list(found.per_factor.values()), expected, atol=1e-12)
    assert found.value == pytest.approx(expected.mean(), abs=1e-12)
    assert found.matrix.shape == (6, 4)


def test_a_perfect_code_scores_one_where_the_values_fit_the_bins():
    found = score(FACTORS + 5.0)
    assert [found.per_factor[f"factor{index}"] for index in (0, 1, 3)] == pytest.approx([1, 1, 1], abs=0.01)
    assert found.per_factor["factor2"] == pytest.approx(math.log(20) / math.log(40), abs=0.01)  # 40 values, 20 bins


def test_two_dimensions_that_know_the_same_leave_no_gap():
    found = score(np.column_stack([FACTORS, FACTORS[:, 0]]))
    assert found.per_factor["factor0"] == pytest.approx(0, abs=1e-12)
    assert found.per_factor["factor1"] > 0.98


def test_noise_scores_next_to_nothing():
    assert 0 <= score(np.random.default_rng(0).standard_normal((len(FACTORS), 10))).value < 0.01


def test_a_single_dimension_has_a_gap_to_nothing():
    found = score(FACTORS[:, [1]].astype(np.float64))
    assert found.per_factor["factor1"] == pytest.approx(1, abs=0.01)
    assert found.per_factor["factor0"] < 0.01


def test_the_gap_ranks_the_dimensions_of_each_factor():
    """Broken versions: sorted upwards, sorted along factors, or the first two rows unsorted."""
    information = np.array([[0.1, 0.9, 0.3], [0.5, 0.2, 0.3], [0.2, 0.4, 0.0], [0.0, 0.0, 0.1]])
    entropies = np.array([1.0, 2.0, 0.5])
    expected = [(0.5 - 0.2) / 1.0, (0.9 - 0.4) / 2.0, 0.0]
    upwards, across = np.sort(information, axis=0), np.sort(information, axis=1)[::-1]
    for broken in (upwards, across, information):
        assert not np.allclose((broken[0] - broken[1]) / entropies, expected)
    np.testing.assert_allclose(mutual_information_gap(information, entropies), expected)


def test_the_gap_does_not_depend_on_the_order_of_the_dimensions():
    information, entropies = np.random.default_rng(0).random((7, 4)), np.ones(4)
    for seed in range(5):
        shuffled = np.random.default_rng(seed).permutation(information)
        np.testing.assert_array_equal(
            mutual_information_gap(shuffled, entropies), mutual_information_gap(information, entropies)
        )


def test_scale_and_offset_of_a_dimension_do_not_matter():
    """The broken version bins by the range of all dimensions, and the largest one hides the others."""
    stretched = FACTORS * [1.0, 1000.0, 0.125, 8.0] + [0, 3, 5, -1]
    assert score(stretched).value == pytest.approx(score(FACTORS).value, abs=0.01)
    shared = np.digitize(stretched[:, 0], np.histogram(stretched, 20)[1][:-1])
    assert mutual_info_score(FACTORS[:, 0], shared) < 0.01


def test_an_angle_as_cosine_and_sine_scores_high_only_as_a_block():
    """Each of the two halves an angle's information with the other: no gap, though the code is perfect."""
    angle = 2 * np.pi * FACTORS[:, 2] / 40
    codes = np.column_stack([FACTORS[:, 0], FACTORS[:, 1], np.cos(angle), np.sin(angle), FACTORS[:, 3]])
    assert score(codes).per_factor["factor2"] < 0.02
    circle = [0, 1, CodeBlock((2, 3), Circle(), name="orientation"), 4]
    assert score(codes, blocks=circle).per_factor["factor2"] == pytest.approx(math.log(20) / math.log(40), abs=0.03)
    clustered = score(codes, blocks=[0, 1, (2, 3), 4])
    assert clustered.per_factor["factor2"] > 0.75
    assert clustered.matrix.shape == (4, 4)


def test_a_code_of_circles_alone_scores_near_nothing_without_blocks():
    angles = 2 * np.pi * FACTORS / np.array(SIZES)
    codes = np.column_stack([np.cos(angles), np.sin(angles)]) + 0.01
    blocks = [CodeBlock((index, index + 4), Circle()) for index in range(4)]
    assert score(codes, blocks=blocks).value > 0.9
    scalar = score(codes)
    assert scalar.per_factor["factor2"] < 0.02
    assert scalar.per_factor["factor3"] < 0.02


def test_a_dead_dimension_changes_nothing():
    dead = score(np.column_stack([np.full(len(FACTORS), 2.5), FACTORS]))
    assert dead.value == score(FACTORS).value
    np.testing.assert_allclose(dead.matrix[0], 0, atol=1e-12)


def test_a_factor_without_entropy_in_the_sample_has_no_gap():
    assert mutual_information_gap(np.zeros((2, 1)), np.zeros(1)).tolist() == [0.0]


@pytest.mark.parametrize("setting", ["bins", "num_samples"])
def test_settings_that_make_no_sense_are_refused(setting):
    with refused(SettingError, setting, expected="at least 2", got=1):
        MIG(**{setting: 1})
