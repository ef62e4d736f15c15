"""The report of a study: every number in it is that of the function it comes from."""

from itertools import product

import numpy as np
import pytest

from equilab.errors import DataError, ShapeError
from equilab.metrics import Study, bootstrap_interval, rank_correlations, select, variance_shares
from tests.refused import refused

LABELS = [*product(["A"], ["beta=1", "beta=4"], range(3)), *product(["B"], [""], range(2))]
METHODS, SETTINGS = (tuple(label[index] for label in LABELS) for index in (0, 1))
SCORES = np.random.default_rng(0).uniform(size=(8, 3))
RANKING = np.random.default_rng(1).uniform(size=8)
NAMES = ("mig", "tc", "units")


def study(**changes) -> Study:
    given = {
        "scores": SCORES,
        "names": NAMES,
        "methods": METHODS,
        "settings": SETTINGS,
        "runs": tuple(f"run{index}" for index in range(8)),
        "better": ("up", "down", ""),
        "selector": RANKING,
        "selector_name": "udr_lasso",
    }
    return Study(**given | changes)


def test_scores_by_setting_are_means_over_seeds_with_their_interval():
    found = study().by_setting
    assert list(found) == [("A", "beta=1"), ("A", "beta=4"), ("B", "")]
    spread = found["A", "beta=4"]["tc"]
    assert spread.mean == pytest.approx(SCORES[3:6, 1].mean())
    assert spread.interval == bootstrap_interval(SCORES[3:6, 1], rng=np.random.default_rng(0))
    assert spread.num_seeds == 3
    assert Study(SCORES[4:7], NAMES, METHODS[4:7], SETTINGS[4:7]).by_setting["B", ""]["mig"].interval is None


def test_correlations_include_the_selector_over_the_runs_that_it_judged():
    ranking = np.where(np.arange(8) < 6, RANKING, np.nan)
    found = study(selector=ranking)
    assert found.correlated == (*NAMES, "udr_lasso")
    np.testing.assert_array_equal(found.correlations[:3, :3], rank_correlations(SCORES))
    expected = rank_correlations(np.column_stack([SCORES, RANKING])[:6])
    np.testing.assert_array_equal(found.correlations[3], expected[3])
    np.testing.assert_array_equal(study(selector=None).correlations, rank_correlations(SCORES))


def test_shares_are_those_of_each_score():
    expected = variance_shares(SCORES[:, 1], methods=METHODS, settings=SETTINGS)
    assert study().shares["tc"] == expected


def test_selections_are_made_among_all_runs_and_within_each_method():
    found = study().selections
    assert list(found) == [(pool, name) for pool in ("all", "A", "B") for name in ("mig", "tc")]
    assert found["all", "tc"] == select(SCORES[:, 1], RANKING, better="down")
    within = select(SCORES[6:, 0], RANKING[6:])
    assert found["B", "mig"] == within._replace(picked=within.picked + 6)
    assert ("A", "mig") not in study(methods=("A",) * 8).selections  # it would repeat "all"
    assert study(selector=None).selections == {}
    assert study(selector=np.full(8, np.nan)).selections == {}


def test_it_prints_as_tables():
    text = str(study())
    assert [block.splitlines()[0].split(":")[0] for block in text.split("\n\n")] == [
        "Scores",
        "Rank correlation over 8 runs (Spearman)",
        "Share of the variance of a score",
        "Selection by udr_lasso",
    ]
    lines = {line.split("   ")[0].strip(): line for line in text.splitlines()}
    low, high = study().by_setting["A", "beta=1"]["mig"].interval
    assert f"{SCORES[:3, 0].mean():.3f} [{low:.3f}, {high:.3f}]" in lines["A beta=1"]
    assert "by chance alone" in lines
    assert max(map(len, text.splitlines())) < 110


def test_a_score_without_variance_is_shown_as_nothing_to_say():
    flat = SCORES.copy()
    flat[:, 2] = 4
    text = str(study(scores=flat))
    assert "nan" not in text
    row = next(line for line in text.split("Share of")[1].splitlines() if line.startswith("units"))
    assert row.split() == ["units", "-", "-", "-"]


def test_mistakes_are_explained():
    with refused(DataError, "scores", expected="two or more", got=1):
        Study(SCORES[:1], NAMES, METHODS[:1])
    with refused(DataError, "scores", expected="finite", got="nan as tc of run2"):
        study(scores=np.where((np.arange(8) == 2)[:, None] & (np.arange(3) == 1), np.nan, SCORES))
    with refused(ShapeError, "methods", expected="8", got=7):
        study(methods=METHODS[1:])
    with refused(ShapeError, "selector", expected="8 runs", got=(7,)):
        study(selector=RANKING[1:])


def test_few_runs_give_no_table_that_their_number_alone_decides():
    few = study(
        scores=SCORES[:2], methods=("A", "B"), settings=("", ""), runs=("a", "b"), selector=None, selector_name=""
    )
    assert [title.split(":")[0] for title, _ in few.tables()] == ["Scores"]
    repeated = study(
        scores=SCORES[:3], methods=("A", "A", "B"), settings=("",) * 3, runs=("a", "b", "c"), selector=None
    )
    assert [title.split(":")[0] for title, _ in repeated.tables()] == ["Scores", "Share of the variance of a score"]


def test_one_seed_and_equal_seeds_have_no_interval_and_the_reason():
    equal = Study(np.array([[0.3], [0.1 + 0.2], [0.5]]), ("mig",), methods=("A", "A", "B"))
    assert [each["mig"].interval for each in equal.by_setting.values()] == [None, None]
    assert "0.300 (no spread)" in str(equal)
    assert "0.500 (one seed)" in str(equal)
