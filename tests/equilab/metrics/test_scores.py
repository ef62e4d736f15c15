"""The Scores object: a mapping, flat values, the table in print, intervals and pictures."""

import numpy as np
import pytest

from equilab.errors import SettingError
from equilab.metrics import MIG, CodeTable, Score, Scores, ScoreSettings, score_codes
from tests.refused import refused

FACTORS = np.stack(np.unravel_index(np.arange(12_000) % 60, (3, 4, 5)), 1)  # more rows than MIG draws
CODES = FACTORS + 0.4 * np.random.default_rng(0).standard_normal(FACTORS.shape)
METRICS = ["factor_vae_score", "mig"]
REPEATED = ScoreSettings(repeats=6)


@pytest.fixture(scope="module")
def scores() -> Scores:
    return score_codes(CODES, FACTORS, metrics=METRICS, settings=REPEATED, factor_names=("shape", "x", "y"))


def test_scores_are_a_mapping_by_name(scores):
    assert list(scores) == METRICS
    assert len(scores) == 2
    assert scores["mig"].name == "mig"
    with pytest.raises(KeyError, match="'mgi' is none of factor_vae_score, mig"):
        scores["mgi"]


def test_the_flat_dict_has_factors_references_and_intervals(scores):
    assert {"mig", "mig_shape", "mig_floor_random", "mig_ceiling", "mig_low", "mig_high"} <= scores.flat().keys()


def test_parts_are_scores_of_their_own_in_every_place():
    part = Score("dci_completeness", 0.9, {"x": 0.9})
    whole = Score("dci", 0.8, per_block={"z0": 0.8}, parts=(part,))
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
    table = CodeTable(CODES[:600], FACTORS[:600])
    five = ScoreSettings(repeats=5, references=())
    fresh = [MIG(num_samples=300)(table, rng=np.random.default_rng([9, seed])).value for seed in range(200)]
    held = [
        scores.intervals["mig"].low <= value <= scores.intervals["mig"].high
        for seed in range(20)
        for scores in [
            score_codes(CODES[:600], FACTORS[:600], metrics=[MIG(num_samples=300)], seed=seed, settings=five)
        ]
        for value in fresh
    ]
    assert 0.9 < np.mean(held) < 0.99  # 0.95, and the spread of 20 intervals


def test_sampled_codes_are_noisier_than_their_means():
    pair, settings = (FACTORS, np.full(FACTORS.shape, np.log(0.5))), ScoreSettings(representation="sampled")
    means = score_codes(pair, FACTORS, metrics=["mig"])
    sampled = score_codes(pair, FACTORS, metrics=["mig"], settings=settings)
    assert sampled["mig"].value < 0.7 < 0.95 < means["mig"].value
    assert sampled.representation == "sampled"
    again = score_codes(pair, FACTORS, metrics=["mig"], settings=settings)
    assert again["mig"].value == sampled["mig"].value


def test_the_picture_shows_each_matrix_once(scores):
    picture = scores.plot()
    both = score_codes(CODES, FACTORS, metrics=["mig"]).plot()
    assert picture.width > both.width > 100
    blue = np.asarray(both)[..., 2].astype(int) - np.asarray(both)[..., 0]
    assert blue.max() > 100  # the diagonal is blue


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
    ],
)
def test_metrics_that_do_not_exist_are_refused(wrong, facts):
    with refused(SettingError, *wrong, **facts):
        score_codes(CODES, FACTORS, **wrong)


@pytest.mark.parametrize("reference", ["pca", "pixels"])
def test_references_made_of_images_are_refused_for_codes_alone(reference):
    with refused(SettingError, "references", expected="random, ceiling", got=repr(reference), hint="images"):
        score_codes(CODES, FACTORS, settings=ScoreSettings(references=[reference]))


@pytest.mark.parametrize(
    ("wrong", "facts"),
    [
        ({"repeats": -1}, {"expected": "at least 0", "got": -1}),
        ({"references": ["perfect"]}, {"expected": "one of random, pca, pixels, ceiling", "got": "'perfect'"}),
        ({"references": "random"}, {"expected": "a sequence", "got": "'random'"}),
        ({"num_samples": 0}, {"expected": "at least 1", "got": 0}),
        ({"batch_size": 0}, {"expected": "at least 1", "got": 0}),
        ({"observations": [0, 0]}, {"expected": "different"}),
        ({"observations": [-1]}, {"expected": "from 0"}),
        ({"observations": np.array([0.5])}, {"expected": "integers", "got": "float64 (1,)"}),
        ({"observations": [1], "num_samples": 1}, {"expected": "either", "got": "both"}),
    ],
)
def test_invalid_settings_are_refused_when_they_are_made(wrong, facts):
    with refused(SettingError, next(iter(wrong)), **facts):
        ScoreSettings(**wrong)
