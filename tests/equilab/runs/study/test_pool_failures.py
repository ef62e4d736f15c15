"""Failures of a study: kept until a new attempt has ended, attempted once each, and no end of the pool."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from pools import DIVERGING, LONG, long_runs, step, wait_until
from small import SPRITES

from equilab.runs.study import Study, run_study
from equilab.runs.study.child import Job, advance, work
from equilab.runs.study.planned import Planned, planned_runs
from equilab.runs.study.states import failure_file, failure_of, keep_failure, state_of
from equilab.runs.study.study_file import load_study

pytestmark = pytest.mark.slow


def again(planned: Planned) -> Job:
    """The job of a failed run that is to be trained again."""
    return Job(pickle.dumps(planned), planned.folder, LONG, dict(os.environ), failure_of(planned.folder))


def test_a_failure_is_kept_until_the_new_attempt_has_ended(tmp_path):
    """Killed or stopped on the way, the run has failed as before, and the same command goes on with it."""
    planned = long_runs(tmp_path)[0]
    planned.folder.mkdir()
    keep_failure(planned.folder, "MemoryError\n")
    before, reached = failure_of(planned.folder), 0
    for number in (signal.SIGKILL, signal.SIGTERM):
        process = multiprocessing.get_context("forkserver").Process(target=work, args=(again(planned),))
        process.start()
        wait_until(lambda least=reached + 8: step(planned) >= least)
        assert (state_of(planned), failure_of(planned.folder)) == ("running", before)
        os.kill(process.pid, number)
        process.join()
        assert (process.exitcode, state_of(planned)) == (-9 if number == signal.SIGKILL else 128 + number, "failed")
        reached = step(planned)
        assert failure_of(planned.folder) == before
    assert 16 <= reached < planned.run.steps


def test_a_run_is_trained_again_once_for_each_failure(tmp_path):
    """A failure that another pool has replaced is left alone."""
    study = Study([DIVERGING])
    run_study(study, tmp_path, processes=1)
    (planned,) = planned_runs(study, tmp_path)
    job = again(planned)._replace(file=None)
    assert advance(job._replace(failure=None)) == 0
    assert failure_of(planned.folder) == job.failure
    assert advance(job) == 1
    newer = failure_of(planned.folder)
    assert newer != job.failure
    assert advance(job) == 0
    assert failure_of(planned.folder) == newer


@pytest.mark.parametrize("taken", ["failure.txt", "output.txt", "run"])
def test_a_run_whose_folder_takes_nothing_stops_no_other(tmp_path, caplog, taken):
    """A folder stands in the place of a file, or a file in that of the folder: the superuser cannot write there."""
    study = Study([DIVERGING, SPRITES, replace(SPRITES, seed=1)])
    failing, *others = planned_runs(study, tmp_path)
    place = failing.folder if taken == "run" else failing.folder / taken
    if taken == "run":
        place.write_text("a file")
    else:
        place.mkdir(parents=True)
    ended = run_study(study, tmp_path, processes=1)
    assert [state_of(each) for each in others] == ["done", "done"]
    assert ended.status.counts == {"planned": 1, "running": 0, "done": 2, "failed": 0}
    said = "".join(each.getMessage() for each in caplog.records)
    if taken == "failure.txt":  # the process of the run writes both to its output: why the run failed, and why the disk
        assert f"left {failing.name}: it ended with status 1 and no failure.txt" in said
        assert "MiB are free" in said
        said = (failing.folder / "output.txt").read_text()
        assert "NonFiniteLoss" in said
    assert f"{place}" in said


def test_a_child_that_is_killed_twice_has_failed(tmp_path, caplog):
    file = tmp_path / "mortal.py"
    file.write_text(
        f"{LONG.read_text()}\nimport multiprocessing, os, signal\n"
        "if multiprocessing.parent_process() is not None:\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    study = load_study(file)
    first = planned_runs(study, tmp_path / "study")[0]
    (first.folder / "failure.txt").mkdir(parents=True)  # the pool can keep no failure of this run, and goes on
    ended = run_study(study, tmp_path / "study", processes=2, file=file)
    assert ended.status.runs[1].error == "killed by SIGKILL twice, perhaps for its memory"
    assert any(str(failure_file(first.folder)) in each.getMessage() for each in caplog.records)


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_ctrl_c_while_the_pool_starts_is_no_traceback(tmp_path):
    """On the terminal it reaches every process of the group, also the one that still imports what all runs need."""
    words = [sys.executable, "-m", "equilab", "study", "run", str(LONG), "--folder", str(tmp_path), "--processes", "1"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stderr is not None
    assert "study folder" in process.stderr.readline()
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err + out
    assert process.returncode == 130, err
    assert f"equilab study run {LONG} --folder {tmp_path} --processes 1" in out
