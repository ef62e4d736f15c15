"""Shares of variance: of known effects, as the R^2 of regressions on labels, chance where nothing matters."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from equilab.errors import DataError, ShapeError
from equilab.metrics import variance_shares
from equilab.metrics.model_sets.variance_shares import shares_by_chance
from tests.refused import refused

METHODS = ["a"] * 6 + ["b"] * 4
SETTINGS = ["1", "1", "1", "2", "2", "2", "1", "1", "2", "2"]


def r_squared(scores: np.ndarray, labels: list[str]) -> float:
    dummies = (np.array(labels)[:, None] == np.unique(labels)).astype(float)
    return LinearRegression().fit(dummies, scores).score(dummies, scores)


def test_they_are_the_r_squared_of_the_method_and_of_method_by_setting():
    scores = np.random.default_rng(0).uniform(size=10)
    found = variance_shares(scores, methods=METHODS, settings=SETTINGS)
    both = r_squared(scores, [method + setting for method, setting in zip(METHODS, SETTINGS, strict=True)])
    assert found.method == pytest.approx(r_squared(scores, METHODS))
    assert found.method + found.hyperparameter == pytest.approx(both)
    assert sum(found) == pytest.approx(1)


def test_an_effect_of_one_kind_alone_has_the_whole_variance():
    method = np.where(np.array(METHODS) == "a", 0.2, 0.7)
    assert variance_shares(method, methods=METHODS, settings=SETTINGS) == pytest.approx((1, 0, 0))
    seed = np.array([-1, 0, 1, -1, 0, 1, -1, 1, -1, 1.0])
    assert variance_shares(seed, methods=METHODS, settings=SETTINGS) == pytest.approx((0, 0, 1))
    setting = np.array([-1, -1, -1, 1, 1, 1, -1, -1, 1, 1.0])
    assert variance_shares(setting, methods=METHODS, settings=SETTINGS) == pytest.approx((0, 1, 0))


def test_units_and_the_names_of_labels_do_not_matter():
    scores = np.random.default_rng(1).uniform(size=10)
    found = variance_shares(scores, methods=METHODS, settings=SETTINGS)
    again = variance_shares(
        1e3 * scores + 7, methods=[f"x{each}" for each in METHODS], settings=[f"{each} " for each in SETTINGS]
    )
    assert again == pytest.approx(found)


def test_where_only_the_seed_matters_the_shares_are_those_of_chance():
    rng = np.random.default_rng(2)
    shares = [variance_shares(rng.standard_normal(10), methods=METHODS, settings=SETTINGS) for _ in range(1_500)]
    expected = shares_by_chance(methods=METHODS, settings=SETTINGS)
    assert expected == pytest.approx((1 / 9, 2 / 9, 6 / 9))
    np.testing.assert_allclose(np.mean(shares, axis=0), expected, atol=0.015)


def test_a_constant_score_has_no_variance_to_share():
    assert np.isnan(variance_shares(np.full(10, 0.1), methods=METHODS, settings=SETTINGS)).all()


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_scores_that_are_equal_but_for_rounding_have_none_either(size):
    scores = size * (0.7 + 1e-16 * np.random.default_rng(3).standard_normal(10))
    assert len(set(scores)) > 1
    assert np.isnan(variance_shares(scores, methods=METHODS, settings=SETTINGS)).all()
    small = size * (0.7 + 1e-9 * np.random.default_rng(3).standard_normal(10))
    assert sum(variance_shares(small, methods=METHODS, settings=SETTINGS)) == pytest.approx(1)


def test_mistakes_are_explained():
    with refused(ShapeError, "methods, settings", expected="10 runs", got="9, 10"):
        variance_shares(np.ones(10), methods=METHODS[1:], settings=SETTINGS)
    with refused(DataError, "scores", expected="two or more", got=1):
        variance_shares(np.ones(1), methods=["a"], settings=["1"])
    with refused(DataError, "scores", expected="finite", got=np.inf):
        variance_shares(np.array([1, np.inf]), methods=["a", "b"], settings=["", ""])
