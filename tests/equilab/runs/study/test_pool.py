"""Pools of real processes: nothing runs twice, a failure stops no other run, and every kill is survived."""

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from pools import DIVERGING, LONG, long_runs, step, wait_until
from processes import ROOT, assert_identical, environment, rows
from small import SPRITES, files

from equilab.errors import SettingError
from equilab.runs.record import Record
from equilab.runs.study import Shard, Study, crossed, run_study, study_status
from equilab.runs.study.planned import Planned, planned_runs
from equilab.runs.study.states import failure_file, last_line, state_of
from equilab.runs.study.study_file import load_study
from tests.refused import refused

pytestmark = pytest.mark.slow
FEW = Path(__file__).parent / "files" / "few.py"


def pool(folder: Path, *words: str) -> subprocess.Popen[str]:
    """`equilab study run` of the long runs as a process of its own."""
    command = [sys.executable, "-m", "equilab", "study", "run", str(LONG), "--folder", str(folder), *words]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Planned]:
    """The long runs, trained by a pool that nobody disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    ended = run_study(load_study(LONG), folder, processes=2, file=LONG)
    assert ended.status.counts == {"planned": 0, "running": 0, "done": 2, "failed": 0}
    return long_runs(folder)


def assert_as_undisturbed(folder: Path, undisturbed: list[Planned]) -> None:
    """Every run is done, each row is logged once, and the weights are those of runs that were never stopped."""
    for each, other in zip(long_runs(folder), undisturbed, strict=True):
        assert state_of(each) == "done"
        assert [row["step"] for row in rows(each.folder)] == list(range(1, each.run.steps + 1))
        assert_identical(each.folder, other.folder)


def test_runs_of_own_classes_are_trained_once_by_shards_of_the_study(tmp_path):
    study = load_study(FEW)
    names = [each.name for each in planned_runs(study, tmp_path)]
    first = run_study(study, tmp_path, processes=2, shard=Shard(1, 2), file=FEW)
    assert [run.name for run in first.status.runs] == names[:2]
    assert study_status(study, tmp_path).counts == {"planned": 2, "running": 0, "done": 2, "failed": 0}
    before = {name: files(tmp_path / name) for name in names[:2]}
    ended = run_study(study, tmp_path, processes=2, file=FEW)
    assert ended.signal is None
    assert ended.status.counts["done"] == 4
    assert {name: files(tmp_path / name) for name in names[:2]} == before
    for each in planned_runs(study, tmp_path):
        assert [row["step"] for row in rows(each.folder)] == [1, 2, 3, 4, 4]  # the last one is the evaluation's


def test_a_run_that_fails_stops_no_other_and_is_trained_again_when_asked(tmp_path):
    study = Study([DIVERGING, SPRITES, replace(SPRITES, seed=1)])
    ended = run_study(study, tmp_path, processes=1)
    failed, *others = planned_runs(study, tmp_path)
    assert [state_of(each) for each in others] == ["done", "done"]
    assert ended.status.counts == {"planned": 0, "running": 0, "done": 2, "failed": 1}
    error = ended.status.runs[0].error
    assert re.search(r"NonFiniteLoss: step \d: the loss is not finite", error)
    assert failure_file(failed.folder).read_text().startswith("Traceback")
    assert error == last_line(failed.folder)

    before = files(failed.folder)
    run_study(study, tmp_path, processes=1)
    assert files(failed.folder) == before

    claimed_by_another = {each.name: files(each.folder) for each in others}
    again = run_study(study, tmp_path, which="failed", processes=1)
    assert [(run.name, run.state) for run in again.status.runs] == [(failed.name, "failed")]
    assert {each.name: files(each.folder) for each in others} == claimed_by_another

    failure_file(failed.folder).write_text("MemoryError\n")  # a failure whose cause is gone
    done = others[1]
    (done.folder / "metrics.jsonl").unlink()
    for checkpoint in (done.folder / "checkpoints").iterdir():
        checkpoint.unlink()
    failure_file(done.folder).write_text("MemoryError\n")
    again = run_study(study, tmp_path, which="failed", processes=1)
    assert {run.name: run.state for run in again.status.runs} == {failed.name: "failed", done.name: "done"}
    assert not failure_file(done.folder).exists()


def test_a_killed_child_is_started_again_and_ends_as_if_nothing_had_happened(tmp_path, undisturbed):
    first = long_runs(tmp_path)[0]

    def kill() -> None:
        wait_until(lambda: step(first) >= 8)
        os.kill(int((first.folder / ".owner").read_text().split()[1]), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    ended = run_study(load_study(LONG), tmp_path, processes=2, file=LONG)
    killer.join()
    assert ended.status.counts["done"] == 2
    assert_as_undisturbed(tmp_path, undisturbed)


def test_a_killed_and_an_interrupted_pool_leave_runs_that_go_on(tmp_path, undisturbed):
    """SIGKILL: the processes of the runs notice, save and stop by themselves; SIGINT: the pool asks them to."""
    process = pool(tmp_path, "--processes", "2")
    wait_until(lambda: all(step(each) >= 4 for each in long_runs(tmp_path)))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_until(lambda: all(state_of(each) != "running" for each in long_runs(tmp_path)))
    steps = [step(each) for each in long_runs(tmp_path)]
    assert all(0 < found < each.run.steps for found, each in zip(steps, long_runs(tmp_path), strict=True))

    process = pool(tmp_path, "--processes", "2")
    wait_until(lambda: all(step(each) > found for each, found in zip(long_runs(tmp_path), steps, strict=True)))
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C on a terminal: to all processes that belong to it
    said, _ = process.communicate()
    assert process.returncode == 128 + signal.SIGINT, said
    assert "Traceback" not in said
    assert f"equilab study run {LONG} --folder {tmp_path}" in said
    assert {state_of(each) for each in long_runs(tmp_path)} == {"planned"}

    run_study(load_study(LONG), tmp_path, processes=2, file=LONG)
    assert_as_undisturbed(tmp_path, undisturbed)


def test_two_pools_share_a_study_and_take_over_what_the_other_loses(tmp_path, undisturbed):
    """The first pool trains the first run until it is killed, the second one the second run, then the first."""
    process = pool(tmp_path, "--processes", "1")
    first, second = long_runs(tmp_path)
    wait_until(lambda: state_of(first) == "running")

    def kill() -> None:
        wait_until(lambda: step(second) >= 4)
        process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    ended = run_study(load_study(LONG), tmp_path, processes=1, file=LONG)
    killer.join()
    said, _ = process.communicate()
    assert f"started {first.name}" in said
    assert f"started {second.name}" not in said
    assert ended.status.counts["done"] == 2
    assert_as_undisturbed(tmp_path, undisturbed)


@pytest.mark.parametrize(
    ("name", "value"), [("processes", -1), ("processes", 0), ("processes", 1.5), ("threads", 0), ("which", "done")]
)
def test_counts_out_of_range_are_refused_before_anything_is_written(tmp_path, name, value):
    study = Study(crossed(SPRITES, {}, seeds=(0,)))
    for options in ({}, {"which": "failed"}):
        with refused(SettingError, name, got=value):
            run_study(study, tmp_path / "study", **options | {name: value})
    assert not (tmp_path / "study").exists()


def test_a_process_has_the_variables_of_the_pool_and_its_own_threads(tmp_path, monkeypatch):
    """Also those that were set after the first process, from which all are forked, was started."""
    file = tmp_path / "reporting.py"
    file.write_text(
        f"{LONG.read_text()}\nimport os, sys\n"
        "print({name: os.environ.get(name) for name in ('OMP_NUM_THREADS', 'SET_LATE')})\n"
        "study = Study([base.__class__(**{**vars(base), 'steps': 1, 'compute': Compute()})])\n"
    )
    monkeypatch.setenv("SET_LATE", "yes")
    study = load_study(file)
    before = dict(os.environ)
    assert run_study(study, tmp_path / "my_study", threads=2, processes=1, file=file).status.counts["done"] == 1
    assert dict(os.environ) == before
    (planned,) = planned_runs(study, tmp_path / "my_study")
    said = (planned.folder / "output.txt").read_text()
    assert "{'OMP_NUM_THREADS': '2', 'SET_LATE': 'yes'}" in said
    trained = Record.open(planned.folder).run
    assert (trained.compute.threads, trained.log.group) == (2, "my_study")
