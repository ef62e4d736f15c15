"""The command: what each word prints and writes, its exit statuses, and mistakes in words."""

import csv
import shutil
from pathlib import Path

import pytest
from small import write_record

from equilab.errors import DataError, SettingError
from equilab.runs.commands.study import main
from equilab.runs.study import run_study
from equilab.runs.study.planned import planned_runs
from equilab.runs.study.study_file import find_study, load_study, study_names
from tests.refused import refused

FEW = Path(__file__).parent / "files" / "few.py"


def test_the_low_data_study_is_the_published_one():
    study = load_study(find_study("low_data"))
    assert len(study.runs) == 45
    found = {(run.data.num_train, run.steps) for run in study.runs}
    assert found == {(100, 1_000), (300, 1_000), (1_000, 1_000), (3_000, 2_344), (12_000, 9_375)}
    assert {(run.precision, run.log.wandb) for run in study.runs} == {("float32", "off")}
    assert all(run.data.seed == run.seed for run in study.runs)
    assert [run.seed for run in study.runs] == [0] * 15 + [1] * 15 + [2] * 15
    assert len((find_study("low_data")).read_text().splitlines()) <= 40


def test_every_study_of_the_project_can_be_planned(tmp_path):
    assert "low_data" in study_names()
    for name in study_names():
        assert planned_runs(load_study(find_study(name)), tmp_path)


def test_a_study_that_does_not_exist_gets_the_nearest_name(capsys):
    with refused(SettingError, "FILE", got="low_date", hint="low_data"):
        find_study("low_date")
    assert main(["status", "low_date"]) == 2
    assert "did you mean low_data?" in capsys.readouterr().err


def test_a_file_without_a_study_is_refused(tmp_path):
    path = tmp_path / "without.py"
    path.write_text("study = 3\n")
    with refused(DataError, str(path), expected="called `study`", got="int"):
        load_study(path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "COMMAND: expected plan, run, status, rerun, collect, got none"),
        (["start"], "got start"),
        (["rerun", "done", str(FEW)], "rerun: expected rerun failed FILE, got rerun done"),
        (["status", str(FEW), "--shard", "3/2"], "shard: expected i/n"),
        (["status", str(FEW), "--shard", "0/0"], "shard: expected i/n with 1 <= i <= n, got 0/0"),
        (["run", str(FEW), "--processes", "-1"], "processes: expected an integer of at least 1, got -1"),
        (["run", str(FEW), "--processes", "0"], "processes: expected an integer of at least 1, got 0"),
        (["rerun", "failed", str(FEW), "--threads", "0"], "threads: expected an integer of at least 1, got 0"),
        (["plan", str(FEW), "--seconds", "-1"], "seconds: expected a finite number of seconds, 0 or more, got -1.0"),
        (["plan", str(FEW), "--seconds", "nan"], "seconds: expected a finite number of seconds, 0 or more, got nan"),
        (["plan", str(FEW), "--processes", "0"], "processes: expected an integer of at least 1, got 0"),
        (["collect", str(FEW), "--folder", "nothing"], "expected a finished run with scores, got 0 of 4 runs finished"),
    ],
)
def test_mistakes_are_explained(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("a file")
    with refused(DataError, str(tmp_path / "file"), expected="a folder"):
        run_study(load_study(FEW), tmp_path / "file")


def test_help_says_what_the_words_are(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("plan", "run", "status", "rerun failed", "collect"))
    for word in ("plan", "run", "status", "collect"):
        with pytest.raises(SystemExit) as ended:
            main([word, "--help"])
        assert ended.value.code == 0
        assert "--folder" in capsys.readouterr().out


def test_a_chart_without_a_score_yet_and_one_of_negative_scores_are_named(tmp_path, capsys):
    file = tmp_path / "charted.py"
    file.write_text(FEW.read_text().replace("OwnClassification()", "Classification()"))
    study = load_study(file)
    for each in planned_runs(study, tmp_path):
        write_record(each.folder, each.run, {"train/loss": 3.0})
    words = ["collect", str(file), "--folder", str(tmp_path), "--scores", "train/loss"]
    assert main(words) == 0
    assert "no chart: no finished run has metric/test_error\n" in capsys.readouterr().out
    assert not list(tmp_path.glob("chart.*"))
    for each, value in zip(planned_runs(study, tmp_path), (2.0, -1.0, 1.0, 1.0), strict=True):
        shutil.rmtree(each.folder)
        write_record(each.folder, each.run, {"train/loss": 3.0, "metric/test_error": value})
    assert main(words) == 0
    assert "no chart.png: metric/test_error has negative values" in capsys.readouterr().err
    assert "(n = 2)" in (tmp_path / "chart.md").read_text()


@pytest.mark.slow
def test_a_study_from_its_plan_to_its_tables(tmp_path, capsys, monkeypatch):
    """In the default folder, a shard at a time, one run failing by what its folder holds."""
    monkeypatch.chdir(tmp_path)
    words = [str(FEW), "--processes", "2"]
    assert main(["plan", *words, "--seconds", "0.1"]) == 0
    shown = capsys.readouterr().out
    assert "4 runs, 0 done, 4 to train" in shown
    assert not (tmp_path / "runs").exists()

    planned = planned_runs(load_study(FEW), tmp_path / "runs" / "few")
    planned[3].folder.mkdir(parents=True)
    (planned[3].folder / "run.json").write_text("{")
    assert main(["run", *words, "--shard", "1/2"]) == 0
    assert capsys.readouterr().out == "2 runs: 0 planned, 0 running, 2 done, 0 failed\n"
    assert main(["run", *words]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("4 runs: 0 planned, 0 running, 3 done, 1 failed\n")
    assert "run.json: expected valid JSON" in shown
    assert f"equilab study rerun failed {FEW}" in shown
    assert main(["status", str(FEW)]) == 0
    assert "DataError" in capsys.readouterr().out

    assert main(["collect", str(FEW)]) == 0
    shown = capsys.readouterr()
    assert "missing:\n  metric/" in shown.out
    assert "seed=1: failed" in shown.out
    assert {path.name for path in (tmp_path / "runs" / "few").iterdir() if path.is_file()} == {
        ".study.lock",
        "chart.md",
        "chart.png",
        "results.csv",
        "study.json",
        "summary.csv",
    }

    (planned[3].folder / "run.json").unlink()
    assert main(["rerun", "failed", *words]) == 0
    assert main(["plan", *words]) == 0
    assert "4 runs, all of them done" in capsys.readouterr().out
    assert main(["collect", str(FEW), "--format", "parquet", "--out", "tables"]) == 0
    assert "missing" not in capsys.readouterr().out
    assert {path.name for path in Path("tables").iterdir()} == {
        "chart.md",
        "chart.png",
        "results.parquet",
        "summary.parquet",
    }
    with open(tmp_path / "runs" / "few" / "summary.csv", newline="") as file:
        assert [row["n"] for row in csv.DictReader(file)][:1] == ["2"]
