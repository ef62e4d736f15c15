"""Explicitness against scikit-learn's regressions and areas, its ceiling, and codes that know nothing."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.multiclass import OneVsRestClassifier

from equilab.errors import DataError, SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable
from equilab.metrics.predictors.linear_svc import LinearClassifier
from equilab.metrics.supervised.explicitness import Explicitness, mean_area, roc_areas
from tests.refused import refused

SIZES = (2, 3, 6, 8)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
UNIT = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
QUICK = Explicitness(1500, 1000)


def score(codes: np.ndarray, *, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    return QUICK(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


def entangled() -> np.ndarray:
    rng = np.random.default_rng(0)
    return UNIT @ (np.eye(4, 6) + 0.4 * rng.standard_normal((4, 6))) + 0.5 * rng.standard_normal((len(UNIT), 6))


def test_the_score_is_that_of_scikit_learns_regressions_and_areas():
    codes = entangled()
    train, test = CodeTable(codes, FACTORS).sample_split(1500, 1000, np.random.default_rng(5))
    centre, spread = codes[train].mean(axis=0), codes[train].std(axis=0)
    expected = []
    for factor in FACTORS.T:
        regression = OneVsRestClassifier(LogisticRegression(solver="liblinear", tol=1e-8, max_iter=10_000))
        regression.fit((codes[train] - centre) / spread, factor[train])
        probability = regression.predict_proba((codes[test] - centre) / spread)
        if probability.shape[1] == 2:
            expected.append(roc_auc_score(factor[test], probability[:, 1]))
        else:
            expected.append(np.mean([roc_auc_score(factor[test] == k, p) for k, p in enumerate(probability.T)]))
    found = score(codes, seed=5)
    np.testing.assert_allclose(list(found.per_factor.values()), expected, atol=1e-5)
    assert found.value == pytest.approx(np.mean(expected), abs=1e-5)


def test_a_one_hot_code_scores_one():
    codes = np.concatenate([np.eye(size)[FACTORS[:, axis]] for axis, size in enumerate(SIZES)], axis=1)
    assert score(codes).value == 1


def test_a_perfect_scalar_code_scores_below_one_at_interior_values():
    found = score(UNIT)
    assert found.per_factor["factor0"] == 1
    assert 0.8 < found.per_factor["factor3"] < 0.97


def test_a_rotation_changes_next_to_nothing_as_only_explicitness_counts():
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0]
    assert score(UNIT @ rotation).value == pytest.approx(score(UNIT).value, abs=0.01)


def test_noise_scores_one_half():
    assert score(np.random.default_rng(0).standard_normal((len(FACTORS), 6))).value == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e8])
def test_dead_codes_alone_score_exactly_one_half_and_change_nothing_beside_others(constant):
    dead = score(np.full((len(UNIT), 3), constant))
    assert set(dead.per_factor.values()) == {0.5}
    assert not dead.matrix.any()
    padded = score(np.column_stack([UNIT, np.full(len(UNIT), constant)]))
    assert padded.value == pytest.approx(score(UNIT).value, abs=1e-9)
    assert padded.per_block["z4"] == 0


def test_scale_and_offset_of_a_code_do_not_matter():
    codes = entangled()
    changed = codes * [1e-5, 10.0, 1.0, 3.0, 1e4, 1.0] + [0, 5, 0, 0, -1e3, 100]
    assert score(changed).value == pytest.approx(score(codes).value, abs=1e-6)


def test_weights_say_which_code_a_factor_is_read_from():
    found = score(np.column_stack([UNIT[:, 3], np.random.default_rng(0).standard_normal(len(UNIT)), UNIT[:, :3]]))
    np.testing.assert_allclose(found.matrix.sum(axis=0), 1)
    assert found.matrix.argmax(axis=0).tolist() == [2, 3, 4, 0]
    assert sum(found.per_block.values()) == pytest.approx(1)
    assert found.per_block["z1"] == min(found.per_block.values())


def test_blocks_share_the_weights_and_leave_the_score():
    codes = entangled()
    found, plain = score(codes, blocks=[(0, 3), 1, (2, 4, 5)]), score(codes)
    assert found.value == plain.value
    np.testing.assert_allclose(found.matrix[0], plain.matrix[0] + plain.matrix[3])


def test_a_circle_is_read_by_its_angle():
    """Each of eight angles is cut off by a line, however far out a point lies."""
    angle = 2 * np.pi * FACTORS[:, 3] / 8
    radius = np.random.default_rng(0).uniform(0.5, 50, len(angle))
    codes = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), UNIT[:, :3]])
    assert score(codes, blocks=[CodeBlock((0, 1), Circle()), 2, 3, 4]).per_factor["factor3"] > 0.999


def test_areas_are_those_of_scikit_learn_with_ties():
    rng = np.random.default_rng(0)
    scores, truth = rng.integers(5, size=(100, 3)) / 5, rng.random((100, 3)) < 0.3
    expected = [roc_auc_score(truth[:, k], scores[:, k]) for k in range(3)]
    np.testing.assert_allclose(roc_areas(scores, truth), expected)


def test_probabilities_are_normalised_before_they_rank():
    """The broken version ranks by the decision: for an interior class, whose weight is 0, it would tie everywhere."""
    classifier = LinearClassifier(np.arange(3), np.array([[-5.0], [0.0], [5.0]]), np.array([-5.0, -1.0, -5.0]))
    features, labels = np.array([[-2.0], [0.0], [2.0], [0.1]]), np.array([0, 1, 2, 1])
    assert roc_auc_score(labels == 1, classifier.decide(features)[:, 1]) == 0.5
    assert mean_area(classifier, features, labels) == 1


def test_a_value_that_the_fit_has_not_seen_counts_one_half():
    classifier = LinearClassifier(np.array([0, 1, 7]), np.array([[-1.0], [1.0], [0.0]]), np.zeros(3))
    features, labels = np.array([[-1.0], [1.0], [0.0]]), np.array([0, 1, 4])  # 7 is not in the test
    assert mean_area(classifier, features, labels) == pytest.approx((1 + 1 + 0.5) / 3)


def test_a_test_of_one_value_is_refused():
    codes = np.random.default_rng(0).standard_normal((2, 3))  # one observation to fit to, one to score on
    with refused(DataError, "factors", expected="factor0", got="1 in all 1000 test observations"):
        score(codes, factors=np.array([[0], [1]]))


@pytest.mark.parametrize(("setting", "value"), [("num_train", 1), ("num_test", 1), ("penalty", -1.0)])
def test_settings_that_make_no_sense_are_refused(setting, value):
    with refused(SettingError, setting, got=value):
        Explicitness(**{setting: value})
