"""States are what the folders hold: locks, records and failures, also of damaged runs and other settings."""

import json
import os
from contextlib import ExitStack
from dataclasses import replace

import pytest
from permissions import open_to_all, ordinary_user, with_mode
from small import SPRITES

from equilab.runs.checkpoint import checkpoints, save
from equilab.runs.folder import claim
from equilab.runs.lock import BusyError, locked
from equilab.runs.loop import train
from equilab.runs.study import Study, collect_study, study_status
from equilab.runs.study.planned import Planned, planned_runs
from equilab.runs.study.states import claimed, keep_failure, last_line, saved_state, state_of
from tests.refused import refused


@pytest.fixture
def planned(tmp_path) -> Planned:
    return planned_runs(Study([SPRITES]), tmp_path)[0]


def log(planned: Planned, step: int) -> None:
    """A record of the run up to a step, with a checkpoint of this step."""
    planned.folder.mkdir(exist_ok=True)
    claim(planned.folder, planned.run)
    (planned.folder / "metrics.jsonl").write_text(json.dumps({"step": step, "train/loss": 1.0}) + "\n")
    save(planned.folder / "checkpoints", step, {})


def test_a_run_is_planned_until_its_last_row_is_logged(planned):
    assert state_of(planned) == "planned"
    log(planned, SPRITES.steps - 1)
    assert state_of(planned) == "planned"
    log(planned, SPRITES.steps)
    assert state_of(planned) == "done"


def test_a_run_that_is_not_evaluated_is_done_once_its_last_checkpoint_is_saved(planned):
    """A process that ends between the last row and that checkpoint, killed or by a full disk, leaves no model."""
    run = replace(SPRITES, log=replace(SPRITES.log, checkpoint_every=3))
    train(run, planned.folder)
    assert state_of(planned) == "done"
    rows = (planned.folder / "metrics.jsonl").read_bytes()
    last, _ = checkpoints(planned.folder / "checkpoints")
    last.unlink()
    assert (state_of(planned), study_status(Study([run]), planned.folder.parent).counts["done"]) == ("planned", 0)
    train(run, planned.folder)
    assert state_of(planned) == "done"
    assert len((planned.folder / "metrics.jsonl").read_bytes().splitlines()) == len(rows.splitlines()) == SPRITES.steps


@pytest.mark.parametrize("lock", [claimed, locked])
def test_a_run_that_a_process_holds_is_running_whatever_its_files_say(planned, lock):
    for prepare in (lambda: None, lambda: keep_failure(planned.folder, "x"), lambda: log(planned, SPRITES.steps)):
        planned.folder.mkdir(exist_ok=True)
        prepare()
        with lock(planned.folder):
            assert state_of(planned) == "running"
        assert state_of(planned) == saved_state(planned)


def test_a_claim_is_held_by_one_process_at_a_time(planned):
    with claimed(planned.folder), refused(BusyError, str(planned.folder)), claimed(planned.folder):
        pass
    with claimed(planned.folder):
        pass


def test_a_failure_counts_until_the_run_is_done(planned):
    log(planned, 1)
    keep_failure(planned.folder, "Traceback\n  File x\nNonFiniteLoss: step 2: nan\n\n")
    assert state_of(planned) == "failed"
    assert last_line(planned.folder) == "NonFiniteLoss: step 2: nan"
    keep_failure(planned.folder, "é" * 2**20 + "\nNonFiniteLoss: step 3: nan\n")
    assert last_line(planned.folder) == "NonFiniteLoss: step 3: nan"
    keep_failure(planned.folder, "x" * 2**20)
    assert last_line(planned.folder) == "x" * 200
    keep_failure(planned.folder, "Traceback\nequilab.errors.SettingError: model: expected a.b: c\n")
    assert last_line(planned.folder) == "SettingError: model: expected a.b: c"
    log(planned, SPRITES.steps)
    assert state_of(planned) == "done"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: None], ids=["a pipe", "a folder", "nothing"])
def test_what_is_no_file_of_a_failure_has_no_last_line(tmp_path, make):
    make(tmp_path / "failure.txt")
    assert last_line(tmp_path) == ""


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"format": 99})])
def test_a_damaged_run_is_planned_so_that_its_training_says_what_is_wrong(planned, content):
    log(planned, SPRITES.steps)
    (planned.folder / "run.json").write_text(content)
    assert state_of(planned) == "planned"


def test_a_run_whose_rows_are_a_folder_stops_no_status_of_its_study(planned, tmp_path):
    log(planned, SPRITES.steps)
    (planned.folder / "metrics.jsonl").unlink()
    (planned.folder / "metrics.jsonl").mkdir()
    assert study_status(Study([SPRITES]), tmp_path).counts["planned"] == 1


def test_a_run_of_other_settings_is_not_done(planned):
    longer = replace(SPRITES, steps=SPRITES.steps + 1)
    planned.folder.mkdir()
    claim(planned.folder, longer)
    (planned.folder / "metrics.jsonl").write_text(json.dumps({"step": longer.steps}) + "\n")
    assert state_of(planned) == "planned"


def test_the_status_counts_the_runs_and_shows_those_in_between(tmp_path):
    study = Study([replace(SPRITES, seed=seed) for seed in range(5)])
    done, failed, stopped, running, _ = planned_runs(study, tmp_path)
    log(done, SPRITES.steps)
    log(failed, 2)
    keep_failure(failed.folder, "Traceback\nValueError: wrong")
    log(stopped, 3)
    with claimed(running.folder):
        status = study_status(study, tmp_path)
    assert status.counts == {"planned": 2, "running": 1, "done": 1, "failed": 1}
    assert status.table().rows == [
        (failed.name, "failed", "2 of 4", "ValueError: wrong"),
        (stopped.name, "planned", "3 of 4", ""),
        (running.name, "running", "0 of 4", ""),
    ]
    assert str(status).startswith("5 runs: 2 planned, 1 running, 1 done, 1 failed\n")


def test_a_study_that_may_only_be_read_has_the_states_of_its_files():
    """Each run has the locks of the training that ended; a disk that was mounted read-only refuses them alike."""
    study = Study([replace(SPRITES, seed=seed) for seed in range(3)])
    with open_to_all() as folder:
        runs = planned_runs(study, folder)
        for each, step in zip(runs, (SPRITES.steps, 2, 3), strict=True):
            log(each, step)
            for name in (".claim", ".lock"):
                (each.folder / name).touch()
        keep_failure(runs[1].folder, "MemoryError")
        before = collect_study(study, folder, scores=("train/loss",))
        closed = [path for path in folder.rglob("*") if path.is_file()]
        with ExitStack() as stack:
            for path in closed:
                stack.enter_context(with_mode(path, 0o444))
            for each in runs:
                stack.enter_context(with_mode(each.folder, 0o555))
            stack.enter_context(ordinary_user())
            assert study_status(study, folder).counts == {"planned": 1, "running": 0, "done": 1, "failed": 1}
            assert collect_study(study, folder, scores=("train/loss",)) == before
