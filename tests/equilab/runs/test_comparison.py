"""Pairs of methods over seeds: coverage of the intervals, what scipy's bootstrap gives, pairing, and the verdicts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from processes import TINY
from scipy import stats
from small import DIGITS, write_record

from equilab.data import MiniSprites
from equilab.errors import DataError, SettingError
from equilab.objectives import VAE, BetaVAE
from equilab.optimizers import Adam
from equilab.runs import Record, Run, TestError, compare
from equilab.runs.comparison import ScoredRuns, compare_scores
from equilab.runs.differences import paired_interval, unpaired_interval
from equilab.runs.recipes import find_recipe
from tests.refused import refused


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def scored(
    values: dict[str, list[float]], *, better: str = "up", seeds: dict[str, list[int]] | None = None
) -> ScoredRuns:
    """One score of the seeds 0, 1, ... of each method, or of other seeds."""
    methods = [name for name, each in values.items() for _ in each]
    of_seeds = [seed for name, each in values.items() for seed in (seeds or {}).get(name, range(len(each)))]
    column = np.concatenate([*values.values()])[:, None]
    return ScoredRuns(column, ("mig",), (better,), tuple(methods), tuple(of_seeds))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("n", [2, 3, 5, 10])
@pytest.mark.parametrize("kind", ["paired", "unpaired"])
def test_the_interval_holds_the_true_difference_as_often_as_it_says(n, kind):
    """Of Gaussian scores, 600 times; the second method varies three times as much and has one seed more."""
    held = 0
    for trial in range(600):
        draw = rng(trial)
        if kind == "paired":
            found = paired_interval(draw.standard_normal(n), level=0.95, rng=draw, resamples=500)
        else:
            first, second = draw.standard_normal(n), 3 * draw.standard_normal(n + 1)
            found = unpaired_interval(first, second, level=0.95, rng=draw, resamples=500)
        held += found.low <= 0 <= found.high
    assert 0.91 <= held / 600 <= 0.985


def test_all_intervals_hold_at_once_as_often_as_they_say():
    """Of five equal methods with three seeds, no pair is separated in about 95 % of studies."""
    separated = 0
    for trial in range(150):
        draw = rng(trial)
        runs = scored({name: draw.standard_normal(3).tolist() for name in "abcde"})
        comparison = compare_scores(replace_seeds(runs), seed=trial)
        assert comparison.num_pairs == 10
        separated += any(each.verdict != "not separated" for each in comparison)
    assert separated / 150 < 0.1


def replace_seeds(runs: ScoredRuns) -> ScoredRuns:
    """The same runs with seeds that no two share, which are compared unpaired."""
    return runs._replace(seeds=tuple(range(len(runs.seeds))))


def test_with_many_seeds_it_is_the_percentile_bootstrap_of_scipy():
    """Of skewed scores, whose interval is not symmetric."""
    settings = {"method": "percentile", "n_resamples": 20_000}
    values, second = rng().exponential(size=400), rng(2).exponential(size=300) / 2
    found = paired_interval(values, level=0.95, rng=rng(), resamples=20_000)
    expected = stats.bootstrap((values,), np.mean, rng=rng(1), **settings).confidence_interval
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.005)
    assert found.high - found.mean > found.mean - found.low
    found = unpaired_interval(values, second, level=0.95, rng=rng(), resamples=20_000)

    def difference(first: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
        return first.mean(axis) - other.mean(axis)

    expected = stats.bootstrap((values, second), difference, rng=rng(1), **settings).confidence_interval
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.005)


def test_of_gaussian_scores_it_is_nearly_students_interval():
    """Where the bootstrap has enough seeds, and at another confidence than that of its own quantiles."""
    values = stats.norm.ppf((np.arange(12) + 0.5) / 12) + 2
    found = paired_interval(values, level=0.99, rng=rng(), resamples=50_000)
    expected = stats.t.interval(0.99, 11, values.mean(), stats.sem(values))
    assert (found.low, found.high) == pytest.approx(expected, abs=0.04)
    second = 2 * values[:9]
    found = unpaired_interval(values, second, level=0.99, rng=rng(), resamples=50_000)
    expected = stats.ttest_ind(values, second, equal_var=False).confidence_interval(0.99)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.15)


def test_scale_and_offset_of_the_scores_scale_the_interval():
    values = rng().standard_normal(5)
    one, other = (paired_interval(each, level=0.95, rng=rng(1)) for each in (values, 7 * values + 3))
    assert tuple(other) == pytest.approx(tuple(7 * end + 3 for end in one))


def test_equal_seeds_are_paired_and_others_are_not():
    """The seed moves both methods alike: only the pairs show how small the difference varies."""
    values = {"a": [0.1, 0.5, 0.9, 0.3], "b": [0.21, 0.59, 1.0, 0.41]}
    (paired,) = compare_scores(scored(values))
    assert (paired.paired, paired.seeds, paired.verdict) == (True, "4 paired", "b is better")
    assert paired.mean == pytest.approx(-0.1025)
    (unpaired,) = compare_scores(scored(values, seeds={"b": [10, 11, 12, 13]}))
    assert (unpaired.paired, unpaired.seeds, unpaired.verdict) == (False, "4 and 4, unpaired", "not separated")
    assert unpaired.mean == pytest.approx(paired.mean)
    (order,) = compare_scores(scored(values | {"b": values["b"][::-1]}, seeds={"b": [3, 2, 1, 0]}))
    assert order == paired


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        ([0, 1, 2, 9], "3 paired"),  # both have three of four
        ([0, 8, 9, 7], "4 and 4, unpaired"),  # one pair has no spread
        ([0, 1], "2 paired"),
        ([5, 6], "4 and 2, unpaired"),
        ([0], "4 and 1, unpaired"),
    ],
)
def test_pairs_are_the_seeds_that_both_have_if_they_are_half_of_all(seeds, expected):
    values = {"a": [0.1, 0.5, 0.9, 0.3], "b": [0.2, 0.6, 1.0, 0.5][: len(seeds)]}
    (found,) = compare_scores(scored(values, seeds={"b": seeds}))
    assert found.seeds == expected


def test_the_verdict_follows_the_way_that_is_better():
    values = {"a": [0.1, 0.11, 0.12, 0.1, 0.11], "b": [0.8, 0.8, 0.83, 0.81, 0.82]}
    verdicts = {way: next(iter(compare_scores(scored(values, better=way)))).verdict for way in ("up", "down", "")}
    assert verdicts == {"up": "b is better", "down": "a is better", "": "b is higher"}


def test_one_seed_has_no_interval_and_few_seeds_say_what_they_allow():
    (single,) = comparison = compare_scores(scored({"a": [0.1], "b": [0.2]}))
    assert (single.low, single.high, single.verdict) == (None, None, "one seed: no interval")
    assert "With 1 seed there is no interval: train further seeds." in str(comparison)
    two = compare_scores(scored({"a": [0.1, 0.3], "b": [0.5, 0.4]}))
    assert "With 2 seeds a bootstrap has 4 samples" in two.caption
    assert next(iter(two)).verdict == "not separated"
    assert "samples" not in compare_scores(scored({"a": [0.1] * 4, "b": [0.2] * 4})).caption
    alone, line = compare_scores(scored({"a": [0.1, 0.2]})), "One method: there is no pair to compare."
    assert str(alone) == line
    assert line in alone.to_markdown()
    assert line in alone._repr_html_()


def test_more_pairs_widen_every_interval():
    values = {"a": [0.1, 0.2, 0.4, 0.3], "b": [0.5, 0.55, 0.6, 0.2]}
    (alone,) = compare_scores(scored(values))
    three = compare_scores(scored(values | {"c": [0.9, 0.8, 0.7, 0.6]}))
    assert [(each.first, each.second) for each in three] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert next(iter(three)).mean == pytest.approx(alone.mean)
    assert next(iter(three)).low < alone.low < alone.high < next(iter(three)).high
    assert "Bonferroni" in three.caption
    assert "3 pairs of methods" in three.caption
    with refused(SettingError, "confidence", got=95):
        compare_scores(scored(values), confidence=95)


def records(parent: Path, run: Run, key: str, values: dict[object, list[float]], **further: float) -> list[Record]:
    """Records of objectives over seeds, with one score."""
    return [
        write_record(parent / f"{index}_s{seed}", replace(run, objective=objective, seed=seed), {key: value} | further)
        for index, (objective, each) in enumerate(values.items())
        for seed, value in enumerate(each)
    ]


def test_records_are_compared_by_method_and_setting(tmp_path):
    run: Run = find_recipe(str(TINY))[1]
    values: dict[object, list[float]] = {
        VAE(): [0.1, 0.12, 0.1],
        BetaVAE(4.0): [0.8, 0.82, 0.79],
        BetaVAE(16.0): [0.5, 0.1, 0.9],
    }
    found = compare(records(tmp_path, run, "metric/mig", values, **{"metric/mig_ceiling": 1.0, "metric/mig_posX": 0.2}))
    assert [(each.score, each.first, each.second) for each in found] == [
        ("mig", "VAE", "BetaVAE beta=4"),
        ("mig", "VAE", "BetaVAE beta=16"),
        ("mig", "BetaVAE beta=4", "BetaVAE beta=16"),
    ]
    assert [each.verdict for each in found] == ["BetaVAE beta=4 is better", "not separated", "not separated"]
    frame = found.to_dataframe()
    assert frame["first - second"][0] == pytest.approx(np.mean([0.1, 0.12, 0.1]) - np.mean([0.8, 0.82, 0.79]))
    assert "BetaVAE beta=4 is better" in found.to_markdown()
    assert r"\toprule" in found.to_latex()
    assert "<td>BetaVAE beta=4 is better</td>" in found._repr_html_()


def test_a_classifier_is_compared_by_its_test_error(tmp_path):
    """Scores without a ceiling count where no score has one; the errors of the classes are parts of one."""
    runs = [
        write_record(
            tmp_path / f"{network}{seed}",
            replace(DIGITS, optimizer=Adam(learning_rate=rate), seed=seed, evaluations=(TestError(),)),
            {"metric/test_error": error + 100 * seed * rate, "metric/test_error_3": 1.0},
        )
        for network, rate, error in (("a", 1e-3, 5.0), ("b", 1e-4, 9.0))
        for seed in range(3)
    ]
    (found,) = compare(runs)
    assert (found.score, found.better) == ("test_error", "down")
    assert found.verdict == f"{found.first} is better"


def test_runs_that_cannot_be_compared_are_refused(tmp_path):
    run: Run = find_recipe(str(TINY))[1]
    first, second = records(tmp_path, run, "metric/mig", {VAE(): [0.1, 0.2]}, **{"metric/mig_ceiling": 1.0})
    with refused(DataError, "records", expected="two or more", got=1):
        compare([first])
    late = write_record(tmp_path / "late", replace(run, seed=7), {"metric/mig": 0.5}, finished=False)
    with refused(DataError, "records", expected="finished runs", hint="leave it out"):
        compare([first, second, late])
    other = write_record(tmp_path / "other", replace(run, data=MiniSprites(scales=1)), {"metric/mig": 0.5})
    with refused(DataError, "RUN", expected="runs on one data set"):
        compare([first, second, other])
    with refused(SettingError, "scores", expected="mig"):
        compare([first, second], scores=["sap"])


def test_a_score_that_is_no_number_is_refused_by_name():
    values = np.array([[np.nan], [0.2], [0.7], [0.8]])
    runs = ScoredRuns(values, ("mig",), ("up",), ("A", "A", "B", "B"), (0, 1, 0, 1))
    with refused(DataError, "mig of A, seed 0", expected="a finite score"):
        compare_scores(runs)


def test_settings_that_print_alike_are_two_methods(tmp_path):
    """Four significant digits are not enough for them, so their labels are written in full."""
    run: Run = find_recipe(str(TINY))[1]
    values: dict[object, list[float]] = {BetaVAE(4.0000001): [0.1, 0.12, 0.1], BetaVAE(4.0000002): [0.8, 0.82, 0.79]}
    (found,) = compare(records(tmp_path, run, "metric/mig", values, **{"metric/mig_ceiling": 1.0}))
    assert (found.first, found.second) == ("BetaVAE beta=4.0000001", "BetaVAE beta=4.0000002")
    assert found.num_first == found.num_second == 3


def test_a_seed_of_a_method_counts_once():
    with refused(DataError, "a, seed 1", expected="each seed of a method once"):
        compare_scores(scored({"a": [0.1, 0.2, 0.3], "b": [0.4, 0.5]}, seeds={"a": [0, 1, 1]}))


@pytest.mark.parametrize(
    ("first", "second"),
    [([0.3, 0.2, 0.1], [0.6, 0.5, 0.4]), ([1.0, 1.0], [1.0, 1.0]), ([0.1, 0.1, 0.1, 0.1, 0.1], [0.7, 0.7])],
)
def test_scores_that_do_not_vary_over_seeds_have_no_interval(first, second):
    (found,) = compare_scores(scored({"a": first, "b": second}))
    assert (found.low, found.high, found.verdict) == (None, None, "no spread: no interval")
    assert found.mean == pytest.approx(np.mean(first) - np.mean(second))


def test_records_and_scores_are_lists():
    for wrong in (["runs/a", "runs/b"], "runs", None, 3):
        with refused(SettingError, "records", expected="a list of records", got=None):
            compare(wrong)  # pyright: ignore[reportArgumentType]
    with refused(SettingError, "scores", hint="['mig']"):
        compare([], scores="mig")
