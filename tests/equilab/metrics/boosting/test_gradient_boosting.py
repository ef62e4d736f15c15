"""Boosted trees against scikit-learn's, and what any classifier must do with few labels, ties and dead features."""

import numpy as np
import pytest
import torch

from equilab.errors import SettingError, ShapeError
from equilab.metrics.boosting.gradient_boosting import GradientBoosting
from tests.refused import refused


def problem(kind: str, n: int = 500, *, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, 5) that know something of the labels (n,), and the labels."""
    rng = np.random.default_rng(3)
    labels = rng.integers(classes, size=n)
    noise = rng.standard_normal((n, 5))
    if kind == "smooth":
        return np.outer(labels, [1, 0.5, 0, 0, 0]) + noise, labels
    if kind == "ties":
        return np.round(np.outer(labels, [1, 0.5, 0, 0, 0]) + noise), labels
    if kind == "few rows":
        return np.column_stack([labels // 2, rng.integers(2, size=n), rng.integers(3, size=n)]).astype(float), labels
    assert kind == "perfect"
    return np.column_stack([labels, noise]), labels


def both(features: np.ndarray, labels: np.ndarray, **settings):
    """Our classifier and scikit-learn's."""
    return [
        GradientBoosting(implementation=name, **settings).fit(features, labels, rng=np.random.default_rng(0))
        for name in ("presorted", "scikit-learn")
    ]


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("kind", ["smooth", "ties", "few rows", "perfect"])
def test_the_trees_are_those_of_scikit_learn(kind, classes):
    """Each draws among splits that gain equally much, so unseen rows may differ; test_stage.py compares the splits.

    Broken versions: the factor (K - 1) / K left out, cuts between equal values.
    """
    features, labels = problem(kind, classes=classes)
    found, oracle = both(features[:350], labels[:350], stages=4)
    np.testing.assert_array_equal(found.classes, oracle.classes)
    np.testing.assert_allclose(found.importances, oracle.importances, atol=0.02)
    probabilities = [boosted.predict_probabilities(features[350:]) for boosted in (found, oracle)]
    assert np.abs(probabilities[0] - probabilities[1]).mean() < 0.005
    assert np.mean(found.predict(features[350:]) == oracle.predict(features[350:])) > 0.95


@pytest.mark.parametrize("classes", [2, 5])
def test_one_stage_is_that_of_scikit_learn_to_rounding(classes):
    """The splits of these features differ in what they gain, so nothing is drawn."""
    rng = np.random.default_rng(1)
    features = rng.standard_normal((700, 3)).astype(np.float32)
    ranked = (features @ [3, 2, 1] + rng.standard_normal(700)).argsort().argsort()
    labels = ranked * classes // 700
    found, oracle = both(features, labels, stages=2, depth=2)
    np.testing.assert_allclose(found.importances, oracle.importances, atol=1e-6)
    unseen = rng.standard_normal((400, 3)).astype(np.float32)
    np.testing.assert_allclose(found.predict_probabilities(unseen), oracle.predict_probabilities(unseen), rtol=1e-6)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["smooth", "ties", "perfect"])
def test_a_hundred_stages_score_as_those_of_scikit_learn(kind):
    features, labels = problem(kind, 4000)
    found, oracle = both(features[:3000], labels[:3000])
    np.testing.assert_allclose(found.importances, oracle.importances, atol=0.005)
    accuracies = [np.mean(boosted.predict(features[3000:]) == labels[3000:]) for boosted in (found, oracle)]
    assert accuracies[0] == pytest.approx(accuracies[1], abs=0.008)  # 1,000 test points: half a standard error


def test_columns_fitted_together_are_those_fitted_alone():
    """On a single feature, so that nothing is drawn."""
    features, labels = problem("smooth")
    columns = np.column_stack([labels, np.zeros_like(labels), labels > 1, labels % 3])
    boosting = GradientBoosting(stages=3)
    together = boosting.fit_each(features[:, :1], columns, rng=np.random.default_rng(0))
    for boosted, column in zip(together, columns.T, strict=True):
        alone = boosting.fit(features[:, :1], column, rng=np.random.default_rng(0))
        np.testing.assert_allclose(boosted.importances, alone.importances, atol=1e-12)
        probabilities = [fitted.predict_probabilities(features[:, :1]) for fitted in (boosted, alone)]
        np.testing.assert_allclose(*probabilities, rtol=1e-9)


def test_equal_features_share_the_importance_about_equally():
    """The broken version takes the first of them every time."""
    features, labels = problem("smooth", 150)
    boosting = GradientBoosting(stages=12)
    shared = boosting.fit(features[:, [0, 0, 3]], labels, rng=np.random.default_rng(0)).importances
    alone = boosting.fit(features[:, [0, 3]], labels, rng=np.random.default_rng(0)).importances
    assert shared[0] + shared[1] == pytest.approx(alone[0], abs=0.02)
    assert shared[0] / alone[0] == pytest.approx(0.5, abs=0.15)


def test_one_seed_gives_one_classifier():
    features, labels = problem("ties", 200)
    first, again = (GradientBoosting(stages=3).fit(features, labels, rng=np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first.importances, again.importances)
    np.testing.assert_array_equal(first.predict_probabilities(features), again.predict_probabilities(features))


@pytest.mark.parametrize("implementation", ["presorted", "scikit-learn"])
def test_a_single_label_is_predicted_always(implementation):
    boosting = GradientBoosting(stages=2, implementation=implementation)
    boosted = boosting.fit(np.eye(4), np.full(4, 7), rng=np.random.default_rng(0))
    assert boosted.importances.tolist() == [0, 0, 0, 0]
    assert boosted.predict(np.zeros((2, 4))).tolist() == [7, 7]
    assert boosted.predict_probabilities(np.zeros((2, 4))).tolist() == [[1.0], [1.0]]


def test_dead_features_have_no_importance_and_alone_they_leave_the_prior():
    features, labels = problem("smooth", 200)
    dead = np.full((200, 1), 3.0)
    boosting = GradientBoosting(stages=2)
    assert boosting.fit(np.hstack([features, dead]), labels, rng=np.random.default_rng(0)).importances[-1] == 0
    alone = boosting.fit(dead, labels, rng=np.random.default_rng(0))
    assert alone.importances.tolist() == [0.0]
    prior = np.bincount(labels) / len(labels)
    np.testing.assert_allclose(alone.predict_probabilities(dead[:1])[0], prior, atol=1e-6)


def test_any_integers_are_labels_and_a_class_may_have_one_member():
    features, labels = problem("perfect", 200)
    renamed = np.array([-50, 3, 10**6, 7])[labels]
    renamed[0] = 99
    boosted = GradientBoosting(stages=5).fit(features, renamed, rng=np.random.default_rng(0))
    assert boosted.classes.tolist() == [-50, 3, 7, 99, 10**6]
    assert np.mean(boosted.predict(features[1:]) == renamed[1:]) == 1
    np.testing.assert_allclose(boosted.predict_probabilities(features).sum(axis=1), 1)


def test_probabilities_name_the_label_that_is_predicted():
    features, labels = problem("smooth", classes=2)
    boosted = GradientBoosting(stages=3).fit(features, labels + 5, rng=np.random.default_rng(0))
    named = boosted.classes[boosted.predict_probabilities(features).argmax(axis=1)]
    np.testing.assert_array_equal(named, boosted.predict(features))


def test_bad_settings_and_shapes_are_refused():
    with refused(SettingError, "stages", expected="at least 1", got=0):
        GradientBoosting(stages=0)
    with refused(SettingError, "depth", expected="at least 1", got=0):
        GradientBoosting(depth=0)
    with refused(SettingError, "learning_rate", expected="positive", got=0.0):
        GradientBoosting(learning_rate=0.0)
    with refused(ShapeError, "features, labels", got="(3, 3) and (2, 1)"):
        GradientBoosting().fit(np.eye(3), np.zeros(2, int), rng=np.random.default_rng(0))


@pytest.mark.parametrize(("scale", "offset"), [(1e-8, 0.0), (1e12, 0.0), (1.0, 1e8), (1e-9, 1.0)])
def test_scale_and_offset_do_not_matter(scale, offset):
    """In float32 with scikit-learn's least gap of 1e-7, all of these features would be constant, or infinite."""
    rng = np.random.default_rng(0)
    features = rng.integers(8, size=(300, 2)) / 8
    labels = (features[:, 0] > 0.4) + 2 * (features[:, 1] > 0.6)
    plain, moved = (
        GradientBoosting(stages=5).fit(each, labels, rng=np.random.default_rng(1))
        for each in (features, features * scale + offset)
    )
    np.testing.assert_allclose(moved.importances, plain.importances, atol=1e-6)
    np.testing.assert_array_equal(moved.predict(features * scale + offset), plain.predict(features))


def test_the_number_of_threads_is_as_before():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        GradientBoosting(stages=1).fit(np.arange(8.0)[:, None], np.arange(8) % 2, rng=np.random.default_rng(0))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
