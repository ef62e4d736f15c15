"""The tidy table holds what the runs logged, the summary agrees with the formulas, and what is missing has a name."""

import csv
import math
import sys
from dataclasses import replace

import numpy as np
import pyarrow.parquet as parquet
import pytest
from PIL import Image
from scipy import stats
from small import DIGITS, SPRITES, write_record

from equilab.errors import DataError, SettingError
from equilab.models import Z2CNN
from equilab.objectives import VAE, BetaVAE
from equilab.runs import Disentanglement, TestError
from equilab.runs.checkpoint import save
from equilab.runs.evaluations import Columns
from equilab.runs.study import Chart, Study, collect_study, crossed
from equilab.runs.study.chart import chart_table, curves_of, draw_chart
from equilab.runs.study.planned import Planned, planned_runs
from equilab.runs.study.states import keep_failure, state_of
from equilab.runs.study.table_files import check_format, write_table
from tests.refused import refused

SCORED = replace(SPRITES, evaluations=(Disentanglement(metrics=("mig",)),))
BETAS = {"objective": (VAE(), BetaVAE(4.0), BetaVAE(16.0))}


def finish(planned: Planned, values: dict[str, float | None]) -> None:
    """A record of a finished run that logged these values last."""
    write_record(planned.folder, planned.run, {"train/loss": 3.0, **values})
    save(planned.folder / "checkpoints", planned.run.steps, {})


def mig(value: float | None) -> dict[str, float | None]:
    references = {"floor_random": 0.01, "floor_untrained": 0.02, "ceiling": 0.98}
    return {"metric/mig": value, "metric/mig_posX": 0.5} | {f"metric/mig_{k}": v for k, v in references.items()}


def records(columns) -> list[dict[str, object]]:
    return [dict(zip(columns.header, row, strict=True)) for row in columns.rows]


@pytest.fixture
def study(tmp_path) -> Study:
    """Three settings of three seeds: of the second one seed failed and one is planned, of the third all are planned."""
    study = Study(crossed(SCORED, BETAS, seeds=(0, 1, 2)))
    planned = {(each.settings["objective.beta"], each.run.seed): each for each in planned_runs(study, tmp_path)}
    for seed, value in enumerate((0.1, 0.2, 0.6)):
        finish(planned[None, seed], mig(value))
    finish(planned[4.0, 2], mig(0.4))
    planned[4.0, 0].folder.mkdir()
    keep_failure(planned[4.0, 0].folder, "ValueError: x\n")
    return study


def test_a_row_per_run_and_score_with_floors_and_ceiling(study, tmp_path):
    rows = records(collect_study(study, tmp_path).rows)
    assert [(row["objective"], row["objective.beta"], row["seed"], row["value"]) for row in rows] == [
        ("VAE", None, 0, 0.1),
        ("VAE", None, 1, 0.2),
        ("VAE", None, 2, 0.6),
        ("BetaVAE", 4.0, 2, 0.4),
    ]
    assert {row["score"] for row in rows} == {"metric/mig"}
    assert {(row["floor_random"], row["floor_untrained"], row["ceiling"]) for row in rows} == {(0.01, 0.02, 0.98)}
    assert {row["better"] for row in rows} == {"up"}
    assert all(row["run"].endswith(row["key"]) for row in rows)


def test_the_summary_is_the_mean_and_students_interval(study, tmp_path):
    first, second, third = records(collect_study(study, tmp_path).summary)
    low, high = stats.t.interval(0.95, 2, loc=0.3, scale=stats.sem([0.1, 0.2, 0.6]))
    assert (first["n"], first["planned"], first["mean"]) == (3, 3, pytest.approx(0.3))
    assert (first["low_t95"], first["high_t95"]) == (pytest.approx(low), pytest.approx(high))
    assert first["sd"] == pytest.approx(np.std([0.1, 0.2, 0.6], ddof=1))
    assert (first["floor_untrained"], first["missing"]) == (pytest.approx(0.02), "")
    assert (second["n"], second["mean"], second["low_t95"], second["sd"]) == (1, 0.4, None, None)
    assert second["missing"] == "seed=0: failed; seed=1: planned"
    assert (third["n"], third["mean"], third["ceiling"]) == (0, None, None)
    assert third["missing"] == "seed=0: planned; seed=1: planned; seed=2: planned"


def test_everything_that_is_missing_has_a_name(study, tmp_path):
    missing = collect_study(study, tmp_path).missing
    assert len(missing) == 5
    assert missing[0] == "metric/mig of objective=BetaVAE, objective.beta=4.0, seed=0: failed"


def test_a_value_that_is_not_finite_is_in_no_mean(tmp_path):
    study = Study(crossed(SCORED, {}, seeds=(0, 1)))
    first, second = planned_runs(study, tmp_path)
    finish(first, mig(0.25))
    finish(second, mig(None))
    found = collect_study(study, tmp_path)
    assert math.isnan(records(found.rows)[1]["value"])
    (row,) = records(found.summary)
    assert (row["n"], row["mean"], row["missing"]) == (1, 0.25, "seed=1: not finite")


def test_a_score_that_a_finished_run_lacks_is_missing(tmp_path):
    study = Study(crossed(SCORED, {}, seeds=(0, 1)))
    first, second = planned_runs(study, tmp_path)
    finish(first, mig(0.25))
    finish(second, {})
    (row,) = records(collect_study(study, tmp_path).summary)
    assert (row["n"], row["missing"]) == (1, "seed=1: not logged")


def test_a_run_whose_rows_are_damaged_is_missing_with_the_reason(tmp_path):
    """A line that is none, so far from the end that the run counts as done."""
    study = Study(crossed(SCORED, {}, seeds=(0, 1)))
    first, second = planned_runs(study, tmp_path)
    finish(first, mig(0.25))
    finish(second, mig(0.5))
    path = second.folder / "metrics.jsonl"
    path.write_text("no row\n" + '{"step": 1}\n' * 20_000 + path.read_text())
    assert state_of(second) == "done"
    found = collect_study(study, tmp_path)
    (row,) = records(found.summary)
    assert (row["n"], row["mean"]) == (1, 0.25)
    (line,) = found.missing
    assert line.startswith(f"metric/mig of seed=1: {path}, line 1: expected an object")


def test_runs_that_cannot_have_a_score_do_not_miss_it(tmp_path):
    study = Study([SCORED, replace(DIGITS, evaluations=(TestError(),))])
    first, second = planned_runs(study, tmp_path)
    finish(first, mig(0.25))
    finish(second, {"metric/test_error": 9.0, "metric/test_error_3": 2.0})
    found = collect_study(study, tmp_path)
    assert [(row["score"], row["n"]) for row in records(found.summary)] == [("metric/mig", 1), ("metric/test_error", 1)]
    assert found.missing == ()


def test_patterns_choose_scores_and_their_parts(study, tmp_path):
    found = collect_study(study, tmp_path, scores=("metric/mig_pos*", "train/loss"))
    assert {row["score"] for row in records(found.rows)} == {"metric/mig_posX", "train/loss"}
    assert {row["mean"] for row in records(found.summary) if row["n"]} == {0.5, 3.0}


def test_nothing_to_collect_is_an_error(study, tmp_path):
    with refused(DataError, str(tmp_path), expected="a finished run with metric/sap", got="4 of 9 runs finished"):
        collect_study(study, tmp_path, scores=("metric/sap",))
    with refused(DataError, str(tmp_path / "other"), expected="a finished run", got="0 of 9 runs finished"):
        collect_study(study, tmp_path / "other")


def test_csv_holds_every_number_and_empty_cells(study, tmp_path):
    found = collect_study(study, tmp_path)
    write_table(found.rows, tmp_path / "results.csv")
    with open(tmp_path / "results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["value"]) for row in rows] == [row["value"] for row in records(found.rows)]
    assert rows[0]["objective.beta"] == ""
    assert rows[3]["objective.beta"] == "4.0"


def test_parquet_holds_every_number_with_its_type(study, tmp_path):
    found = collect_study(study, tmp_path)
    for table in (found.rows, found.summary):
        write_table(table, tmp_path / "table.parquet")
        assert parquet.read_table(tmp_path / "table.parquet").to_pylist() == records(table)


def test_parquet_without_its_package_is_refused_with_the_line_that_installs_it(monkeypatch, study, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with refused(SettingError, "format", expected="pyarrow", hint='pip install "equilab[parquet]"'):
        check_format("parquet")
    check_format("csv")
    with refused(SettingError, "path", expected=".csv or .parquet", got="table.txt"):
        write_table(collect_study(study, tmp_path).rows, tmp_path / "table.txt")


@pytest.fixture
def charted(tmp_path) -> Study:
    """Two networks on two sizes, two seeds each, one of which is missing; the data's seed follows the run's."""
    base = replace(DIGITS, evaluations=(TestError(),))
    runs = crossed(base, {"model": (Z2CNN(4), Z2CNN(5)), "data.num_train": (10, 100)}, seeds=(0, 1))
    runs = [replace(run, data=replace(run.data, seed=run.seed)) for run in runs]
    chart = Chart("metric/test_error", x="data.num_train", curves="model.num_channels")
    study = Study(runs, repeated=("seed", "data.seed"), chart=chart)
    for each in planned_runs(study, tmp_path)[:-1]:
        finish(
            each, {"metric/test_error": 10.0 * each.run.model.num_channels / each.run.data.num_train + each.run.seed}
        )
    return study


def test_settings_that_follow_the_seed_are_repetitions_too(charted, tmp_path):
    rows = records(collect_study(charted, tmp_path).summary)
    assert [row["n"] for row in rows] == [2, 2, 2, 1]
    assert rows[3]["missing"] == "seed=1, data.seed=1: planned"


def test_the_chart_shows_every_run_at_its_place(charted, tmp_path):
    found = collect_study(charted, tmp_path)
    curves = curves_of(charted.chart, found)
    assert curves == {"4": {10.0: [4.0, 5.0], 100.0: [0.4, 1.4]}, "5": {10.0: [5.0, 6.0], 100.0: [0.5]}}
    table = chart_table(charted.chart, curves)
    assert table.columns == ("metric/test_error", "num_train 10", "num_train 100")
    assert table.rows[1] == ("5", "5.5 +- 0.7071 (n = 2)", "0.5 (n = 1)")
    draw_chart(charted.chart, curves, tmp_path / "chart.png", unit="%")
    with Image.open(tmp_path / "chart.png") as picture:
        pixels = np.asarray(picture.convert("RGB"), int)
    for color in ((0, 114, 178), (213, 94, 0)):
        assert (np.abs(pixels[:, :600] - color).max(2) < 40).sum() > 100  # a curve, left of its name


def test_the_score_of_the_chart_is_collected_whichever_scores_are_chosen(charted, tmp_path):
    found = collect_study(charted, tmp_path, scores=("train/loss",))
    assert {row["score"] for row in records(found.rows)} == {"train/loss", "metric/test_error"}
    assert curves_of(charted.chart, found) == curves_of(charted.chart, collect_study(charted, tmp_path))
    with refused(DataError, str(tmp_path), expected="a finished run with metric/sap"):
        collect_study(charted, tmp_path, scores=("metric/sap",))
    of_loss = replace(charted, chart=replace(charted.chart, score="train/loss"))
    found = collect_study(of_loss, tmp_path)
    assert curves_of(of_loss.chart, found)["4"] == {10.0: [3.0, 3.0], 100.0: [3.0, 3.0]}
    assert {row["score"] for row in records(found.rows)} == {"train/loss", "metric/test_error"}


def test_a_score_that_no_finished_run_has_makes_no_curve(charted, tmp_path):
    assert curves_of(replace(charted.chart, score="metric/mig"), collect_study(charted, tmp_path)) == {}


def test_scores_are_a_list(charted, tmp_path):
    with refused(SettingError, "scores", expected="('metric/mig',)", got="metric/mig"):
        collect_study(charted, tmp_path, scores="metric/mig")


def test_a_score_of_an_evaluation_that_the_run_has_no_longer_is_collected_by_name_only(tmp_path):
    study = Study([replace(SCORED, evaluations=())])
    (planned,) = planned_runs(study, tmp_path)
    finish(planned, mig(0.25))
    with refused(DataError, str(tmp_path), expected="a finished run with scores"):
        collect_study(study, tmp_path)
    (row,) = records(collect_study(study, tmp_path, scores=("metric/mig",)).rows)
    assert (row["value"], row["ceiling"], row["unit"]) == (0.25, 0.98, "")


def test_runs_without_scores_name_what_they_logged(tmp_path):
    study = Study([SPRITES])
    (planned,) = planned_runs(study, tmp_path)
    finish(planned, {})
    with refused(DataError, str(tmp_path), got="1 of 1 runs finished", hint="train/loss"):
        collect_study(study, tmp_path)


def test_integers_of_more_than_64_bits_are_words_in_parquet(tmp_path):
    write_table(Columns(["seed", "n"], [[2**70, 1], [1, 2]]), tmp_path / "a.parquet")
    assert parquet.read_table(tmp_path / "a.parquet").to_pydict() == {"seed": [str(2**70), "1"], "n": [1, 2]}
