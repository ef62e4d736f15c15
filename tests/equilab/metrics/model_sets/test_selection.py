"""Regret: 0 for the score itself, the mean gap for a random pick, never negative."""

import numpy as np
import pytest

from equilab.errors import DataError, ShapeError
from equilab.metrics import select
from tests.refused import refused

SCORES = np.array([0.2, 0.9, 0.4, 0.5])


def test_the_score_itself_has_no_regret_in_either_direction():
    assert select(SCORES, SCORES) == (1, 0.9, 0.0, pytest.approx(0.4))
    assert select(SCORES, -SCORES, better="down") == (0, 0.2, 0.0, pytest.approx(0.3))


def test_regret_is_how_far_the_picked_run_is_behind_the_best():
    found = select(SCORES, np.array([0.0, 0.1, 0.9, 0.2]))
    assert found.picked == 2
    assert found.regret == pytest.approx(0.5)
    assert select(SCORES, np.array([0.0, 0.9, 0.1, 0.2]), better="down").regret == pytest.approx(0.7)


def test_a_random_selector_has_the_random_regret_on_average():
    rng = np.random.default_rng(0)
    regrets = [select(SCORES, rng.uniform(size=4)).regret for _ in range(4_000)]
    assert np.mean(regrets) == pytest.approx(select(SCORES, SCORES).random_regret, abs=0.015)


def test_a_run_that_was_not_judged_is_not_picked_but_may_be_the_best():
    found = select(SCORES, np.array([0.3, np.nan, 0.2, 0.1]))
    assert found == (0, 0.9, pytest.approx(0.7), pytest.approx(0.4))


def test_mistakes_are_explained():
    with refused(ShapeError, "selector", expected="4 runs", got=(3,)):
        select(SCORES, np.ones(3))
    with refused(DataError, "selector", expected="at least one run"):
        select(SCORES, np.full(4, np.nan))
    with refused(DataError, "scores", expected="finite", got=np.nan):
        select(np.array([np.nan, 1]), np.ones(2))
