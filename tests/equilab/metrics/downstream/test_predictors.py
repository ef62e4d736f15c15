"""Predictors of downstream tasks: constant labels, importances, and the features of blocks."""

import numpy as np
import pytest

from equilab.latents import Circle, CodeBlock
from equilab.metrics.boosting.gradient_boosting import GradientBoosting
from equilab.metrics.downstream.predictors import by_block, fit_logistic
from equilab.metrics.supervised.importance import block_features

FITS = {"boosting": GradientBoosting(stages=30).fit_each, "logistic": fit_logistic}


@pytest.fixture(params=FITS)
def fit(request: pytest.FixtureRequest):
    return FITS[request.param]


def test_a_single_label_is_always_predicted_and_nothing_counts(fit):
    (found,) = fit(np.arange(6.0).reshape(3, 2), np.full((3, 1), -7), rng=np.random.default_rng(0))
    assert found.predict(np.zeros((4, 2))).tolist() == [-7] * 4
    assert found.importances.tolist() == [0, 0]


def test_labels_come_back_as_they_were_and_the_feature_that_tells_them_counts(fit):
    rng = np.random.default_rng(0)
    labels = rng.choice([-3, 8, 10**6], size=120)
    features = np.column_stack([rng.standard_normal(120), labels == 8, labels == -3, np.ones(120)]) * [1, 1, 9, 1]
    (found,) = fit(features, labels[:, None], rng=rng)
    np.testing.assert_array_equal(found.predict(features), labels)
    assert found.importances.sum() == pytest.approx(1)
    assert found.importances[1:3].sum() > 0.9
    assert found.importances[3] == 0


def test_all_constant_features_count_nothing(fit):
    (found,) = fit(np.ones((8, 2)), np.array([[1, 2, 1, 2, 2, 2, 2, 2]]).T, rng=np.random.default_rng(0))
    assert found.importances.tolist() == [0, 0]
    assert set(found.predict(np.ones((3, 2)))) == {2}


def test_features_are_the_blocks_side_by_side_and_only_the_angle_of_a_circle():
    codes = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    blocks = (CodeBlock((3,)), CodeBlock((0, 2), Circle()), CodeBlock((1,)))
    found = block_features(codes, blocks)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found[:, [0, 3]], codes[:, [3, 1]])
    np.testing.assert_allclose(found[:, 1:3], codes[:, [0, 2]] / np.hypot(codes[:, [0]], codes[:, [2]]), atol=1e-6)
    assert by_block(np.array([1.0, 2.0, 3.0, 4.0]), blocks).tolist() == [1, 5, 4]
