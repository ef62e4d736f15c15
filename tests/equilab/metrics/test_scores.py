"""The Scores object: a mapping, flat values, the table in print, intervals and pictures."""

import numpy as np
import pytest

from equilab.errors import SettingError
from equilab.metrics import MIG, CodeTable, Score, Scores, evaluate_codes, score_codes, score_table
from equilab.metrics.score_table import check_evaluation
from tests.refused import refused

FACTORS = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
CODES = FACTORS + 0.4 * np.random.default_rng(0).standard_normal(FACTORS.shape)
METRICS = ["factor_vae_score", "mig"]


@pytest.fixture(scope="module")
def scores() -> Scores:
    return score_codes(CODES, FACTORS, metrics=METRICS, repeats=6, factor_names=("shape", "x", "y"))


def test_scores_are_a_mapping_by_name(scores):
    assert list(scores) == METRICS
    assert len(scores) == 2
    assert scores["mig"].name == "mig"
    with pytest.raises(KeyError, match="'mgi' is none of factor_vae_score, mig"):
        scores["mgi"]


def test_the_flat_dict_is_what_evaluate_gives(scores):
    found = evaluate_codes(CODES, FACTORS, metrics=METRICS, repeats=6, factor_names=("shape", "x", "y"))
    assert found == scores.flat()
    assert {"mig", "mig_shape", "mig_floor_random", "mig_ceiling", "mig_low", "mig_high"} <= found.keys()


def test_parts_are_scores_of_their_own_in_every_place():
    part = Score("dci_completeness", 0.9, {"x": 0.9})
    whole = Score("dci", 0.8, per_code={"z0": 0.8}, parts=(part,))
    scores = Scores({score.name: score for score in whole.each()}, {"ceiling": {"dci": 1.0, "dci_completeness": 0.97}})
    assert scores.flat() == {
        "dci": 0.8,
        "dci_completeness": 0.9,
        "dci_completeness_x": 0.9,
        "dci_ceiling": 1.0,
        "dci_completeness_ceiling": 0.97,
    }
    assert "dci_completeness   0.900     0.970" in str(scores)


def test_the_table_says_what_decides_its_numbers(scores):
    lines = str(scores).splitlines()
    assert lines[0].split() == ["score", "value", "95", "%", "low", "high", "floor", "random", "ceiling"]
    assert lines[2].split()[:2] == ["mig", f"{scores['mig'].value:.3f}"]
    assert lines[-1].startswith("locatello2019, mean codes, seed 0; equilab ")
    assert not any(line != line.rstrip() for line in lines)
    own = score_codes(CODES, FACTORS, metrics=[MIG(bins=5)])
    assert str(own).splitlines()[-1].startswith("own choice of metrics")


def test_a_unit_and_the_better_way_are_said_where_they_are_unlike_most():
    shown = str(Scores({"tc": Score("tc", 3.2, unit="nats", better="down"), "mig": Score("mig", 0.4)}))
    assert "tc      3.200   nats, less is better" in shown
    assert "mig     0.400\n" in shown + "\n"


def test_the_interval_is_of_further_evaluations_and_the_value_stays(scores):
    once = score_codes(CODES, FACTORS, metrics=METRICS)
    assert once["mig"].value == scores["mig"].value
    assert once.intervals == {}
    assert len(set(scores.repeats["mig"])) == 6
    low, high = scores.intervals["mig"]
    assert low < min(scores.repeats["mig"]) < max(scores.repeats["mig"]) < high


def test_the_interval_holds_fresh_evaluations_as_often_as_it_says():
    table = CodeTable(CODES, FACTORS)
    fresh = [MIG(num_samples=300)(table, rng=np.random.default_rng([9, seed])).value for seed in range(200)]
    held = [
        scores.intervals["mig"].low <= value <= scores.intervals["mig"].high
        for seed in range(20)
        for scores in [score_table(table, metrics=[MIG(num_samples=300)], repeats=5, seed=seed)]
        for value in fresh
    ]
    assert 0.9 < np.mean(held) < 0.99  # 0.95, and the spread of 20 intervals


def test_sampled_codes_are_noisier_than_their_means():
    log_var = np.full(FACTORS.shape, np.log(0.5))
    means = score_codes(FACTORS, FACTORS, metrics=["mig"], log_var=log_var)
    sampled = score_codes(FACTORS, FACTORS, metrics=["mig"], log_var=log_var, representation="sampled")
    assert sampled["mig"].value < 0.7 < 0.95 < means["mig"].value
    assert sampled.representation == "sampled"
    again = score_codes(FACTORS, FACTORS, metrics=["mig"], log_var=log_var, representation="sampled")
    assert again["mig"].value == sampled["mig"].value


def test_the_picture_shows_each_matrix_once(scores):
    picture = scores.plot()
    both = score_codes(CODES, FACTORS, metrics=["mig"]).plot()
    assert picture.width > both.width > 100
    blue = np.asarray(both)[..., 2].astype(int) - np.asarray(both)[..., 0]
    assert blue.max() > 150  # the diagonal is dark blue


def test_scores_without_a_matrix_have_no_picture():
    with refused(SettingError, "pictures", got="none: no score here has a matrix"):
        Scores({"mig": Score("mig", 0.4)}).plot()


@pytest.mark.parametrize(
    ("wrong", "facts"),
    [
        ({"metrics": ["mgi"]}, {"expected": "factor_vae_score, ", "got": "'mgi'", "hint": "mig?"}),
        ({"metrics": "mig"}, {"expected": "a list, such as ['mig']", "got": "'mig'"}),
        ({"metrics": []}, {"expected": "at least one", "got": "none"}),
        ({"metrics": ["mig", MIG(bins=5)]}, {"expected": "different names", "got": "mig, mig"}),
        ({"repeats": -1}, {"expected": "0 or more", "got": -1}),
        ({"references": ["pca"]}, {"expected": "random, ceiling", "got": "'pca'", "hint": "images"}),
        ({"references": ["perfect"]}, {"expected": "one of random, ceiling", "got": "'perfect'"}),
        ({"references": "random"}, {"expected": "a sequence", "got": "'random'"}),
    ],
)
def test_what_does_not_exist_is_refused(wrong, facts):
    with refused(SettingError, *wrong, **facts):
        evaluate_codes(CODES, FACTORS, **wrong)


def test_codes_of_another_kind_are_refused():
    with refused(SettingError, "representation", expected="'mean' or 'sampled'", got="'median'"):
        check_evaluation(seed=0, repeats=0, representation="median")
