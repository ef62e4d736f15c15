"""SAP against scikit-learn's classifiers, its ceiling on a perfect code, and codes with closed forms."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable
from equilab.metrics.supervised.sap import SAP, predictability_gap
from tests.refused import refused

SIZES = (2, 3, 6, 8)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
UNIT = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
QUICK = SAP(2000, 1000)


def score(codes: np.ndarray, *, metric: SAP = QUICK, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    return metric(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


def entangled() -> np.ndarray:
    rng = np.random.default_rng(0)
    return UNIT @ (np.eye(4, 6) + 0.4 * rng.standard_normal((4, 6))) + 0.5 * rng.standard_normal((len(UNIT), 6))


def test_the_score_is_that_of_scikit_learns_classifiers():
    codes = entangled()
    train, test = CodeTable(codes, FACTORS).sample_split(2000, 1000, np.random.default_rng(5))
    expected = np.empty((6, 4))
    for code in range(6):
        for factor in range(4):
            classifier = LinearSVC(C=0.01, class_weight="balanced", dual=False, tol=1e-8, max_iter=100_000)
            classifier.fit(codes[train, code : code + 1], FACTORS[train, factor])
            expected[code, factor] = classifier.score(codes[test, code : code + 1], FACTORS[test, factor])
    found = score(codes, seed=5)
    np.testing.assert_allclose(found.matrix, expected, atol=1e-9)
    ranked = np.sort(expected, axis=0)
    np.testing.assert_allclose(list(found.per_factor.values()), ranked[-1] - ranked[-2], atol=1e-9)
    assert found.value == pytest.approx((ranked[-1] - ranked[-2]).mean())


@pytest.mark.slow
def test_a_perfect_code_of_dsprites_scores_about_a_quarter():
    """A line cannot single out an interior value of a scalar."""
    sizes = (3, 6, 40, 32, 32)
    factors = np.stack(np.unravel_index(np.arange(np.prod(sizes)), sizes), axis=1).astype(np.int32)
    codes = ((factors - factors.mean(0)) / factors.std(0)).astype(np.float32)
    found = score(codes, metric=SAP(), factors=factors)
    assert found.value == pytest.approx(0.25, abs=0.02)
    assert found.per_factor["factor0"] == pytest.approx(2 / 3, abs=0.05)  # two of three shapes lie at an end
    assert max(list(found.per_factor.values())[2:]) < 0.05


def test_a_perfect_code_of_two_values_scores_one_half():
    """Right always against right half of the time."""
    factors = np.stack(np.unravel_index(np.arange(256), (2,) * 8), axis=1)[:, :4]
    assert score(factors - 0.5, factors=factors).value == pytest.approx(0.5, abs=0.06)


def test_one_hot_blocks_reach_what_scalars_cannot():
    codes = np.concatenate([np.eye(size)[FACTORS[:, axis]] for axis, size in enumerate(SIZES)], axis=1)
    ends = np.cumsum([0, *SIZES]).tolist()
    blocks = [tuple(range(first, last)) for first, last in pairwise(ends)]
    found = score(10 * codes, blocks=blocks)
    np.testing.assert_array_equal(found.matrix.diagonal(), 1)
    chance = np.array([1 / size for size in SIZES])
    np.testing.assert_allclose(list(found.per_factor.values()), 1 - chance, atol=0.15)


def test_a_circle_is_read_by_its_angle():
    angle = 2 * np.pi * FACTORS[:, 3] / 8
    radius = np.random.default_rng(0).uniform(0.5, 50, len(angle))
    codes = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), UNIT[:, :3]])
    found = score(codes, blocks=[CodeBlock((0, 1), Circle()), 2, 3, 4])
    assert found.matrix[0, 3] > 0.99


def test_noise_scores_next_to_nothing():
    noise = np.random.default_rng(0).standard_normal((len(FACTORS), 6))
    assert 0 <= score(noise).value < 0.1


def test_a_duplicated_code_leaves_no_gap():
    found = score(np.column_stack([UNIT, UNIT[:, 0]]))
    assert found.per_factor["factor0"] == 0
    assert found.per_factor["factor1"] == score(UNIT).per_factor["factor1"]


def test_the_order_of_codes_does_not_matter():
    codes = entangled()
    assert score(codes[:, ::-1]).value == pytest.approx(score(codes).value, abs=1e-12)


def test_scale_matters_as_the_weights_are_penalised():
    """Close to 0 the penalty holds the weights down, and classes by their sizes decide."""
    labels = np.repeat([0, 1, 2], [20, 200, 100])
    factors = np.column_stack([labels, np.arange(320) % 2])
    codes = np.column_stack([labels, factors[:, 1]]).astype(np.float64)
    assert score(codes - 1, factors=factors).value > score(0.001 * (codes - 1), factors=factors).value + 0.1


def test_dead_codes_predict_the_most_frequent_value_and_change_nothing_between_two():
    found = score(np.column_stack([np.full(len(UNIT), 3.0), UNIT]))
    assert np.isfinite(found.matrix).all()
    np.testing.assert_array_equal(found.matrix[1:], score(UNIT).matrix)
    assert score(np.zeros((len(FACTORS), 3))).value == 0


def test_a_single_code_is_compared_with_a_constant():
    found, padded = score(UNIT[:, [0]]), score(np.column_stack([UNIT[:, 0], np.zeros(len(UNIT))]))
    assert found.value == padded.value
    assert found.matrix.shape == (1, 4)
    assert 0.3 < found.per_factor["factor0"] < 0.7


def test_what_codes_earn_adds_up_to_the_score():
    found = score(entangled())
    assert sum(found.per_block.values()) == pytest.approx(found.value)
    assert score(np.column_stack([UNIT, np.zeros(len(UNIT))])).per_block["z4"] == 0


def test_observations_of_the_fit_are_not_scored():
    """A block that tells each observation apart knows nothing of those that the fit has not seen."""
    rng = np.random.default_rng(0)
    codes, factors = rng.standard_normal((30, 1)), rng.permutation(np.arange(30) % 2)[:, None]
    block = 100 * np.eye(30)
    found = score(np.column_stack([block, codes]), factors=factors, blocks=[tuple(range(30)), 30])
    assert found.matrix[0, 0] < 0.9


def test_the_gap_is_of_columns():
    scores = np.array([[0.9, 0.2], [0.5, 0.8], [0.6, 0.1]])
    np.testing.assert_allclose(predictability_gap(scores), [0.3, 0.6])
    np.testing.assert_allclose(predictability_gap(scores[::-1]), [0.3, 0.6])


@pytest.mark.parametrize(("setting", "value"), [("num_train", 1), ("num_test", 0), ("penalty", 0.0)])
def test_settings_that_make_no_sense_are_refused(setting, value):
    with refused(SettingError, setting, got=value):
        SAP(**{setting: value})
