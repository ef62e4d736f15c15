"""Interrupted and repeated runs with the real W&B client: the server has each row of metrics.jsonl once."""

import json
import signal
import subprocess
import sys
from copy import deepcopy

import pytest
from processes import DIE, ROOT, TINY_ROWS, at_step, finish
from small import SPRITES
from wandb_process import client_environment, logged, numbers, without_times
from wandb_server import wandb_server
from wandb_state import HISTORY, StoredRun

from equilab.runs.evaluations import Findings
from equilab.runs.folder import claim
from equilab.runs.record import Record
from equilab.runs.sinks.sinks import JsonLines

pytestmark = pytest.mark.slow
SENT_AFTER = 20  # seconds in which the client has sent its rows; it sends every 15


def dies(step: int, *, after: float = 0) -> str:
    """Python for a training process that is killed in the update after `step` others, so many seconds later."""
    return "import time\n" + at_step(step, f"time.sleep({after}); {DIE}")


@pytest.mark.parametrize("seconds", [3, SENT_AFTER], ids=["before-any-row-is-sent", "after-more-than-the-checkpoint"])
def test_a_run_that_was_killed_and_goes_on_has_each_row_once(tmp_path, seconds):
    folder = tmp_path / "run"
    with wandb_server() as received:
        known = client_environment(tmp_path, received)
        online = (TINY_ROWS, "--folder", folder, "--log.wandb", "online")
        assert finish(*online, before=dies(32, after=seconds), variables=known).returncode == -9
        before = len(received.run.rows)  # the newest checkpoint is of step 20, row 4
        assert before == (0 if seconds == 3 else 6)
        assert finish("--resume", folder, variables=known).returncode == 0
    record = Record.open(folder)
    assert without_times(numbers(received.run.rows, record)) == logged(record, times=False)
    assert numbers(received.run.rows[before:], record) == logged(record)[before:]
    assert received.run.replaced == []
    assert received.run.finished == [0]
    assert list(received.runs) == [record.key]


def equilab(*words: object, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own."""
    line = [sys.executable, "-m", "equilab", *map(str, words)]
    return subprocess.run(line, cwd=ROOT, env=variables, text=True, capture_output=True, timeout=240)


def test_an_offline_run_that_was_killed_is_uploaded_from_its_record(tmp_path):
    folder = tmp_path / "run"
    alone = client_environment(tmp_path)
    killed = finish(TINY_ROWS, "--folder", folder, "--log.wandb", "offline", before=dies(32), variables=alone)
    assert killed.returncode == -9
    with wandb_server() as received:
        known = client_environment(tmp_path, received)
        first = equilab("upload", folder, variables=known)
        assert first.returncode == 0, first.stderr
        assert f"{folder}: 6 rows, 6 of them new: {received.address}/tester/equilab/runs/" in first.stdout
        record = Record.open(folder)
        assert numbers(received.run.rows, record) == logged(record)
        assert (received.run.id, received.run.finished) == (record.key, [1])  # not finished

        again = equilab("upload", folder, variables=known)
        assert "6 rows, 0 of them new" in again.stdout
        assert numbers(received.run.rows, record) == logged(record)

        online = client_environment(tmp_path, received, WANDB_MODE="online")
        assert finish("--resume", folder, variables=online).returncode == 0  # into the run that the upload made
        record = Record.open(folder)
        assert without_times(numbers(received.run.rows, record)) == logged(record, times=False)
        assert received.run.replaced == []

        elsewhere = equilab("upload", folder, "--id", "mine", "--project", "other", variables=known)
        assert elsewhere.returncode == 0, elsewhere.stderr
        copy = received.runs["mine"]
        assert numbers(copy.rows, record) == logged(record)
        assert (copy.about["project"], copy.about["displayName"]) == ("other", "run")
        assert copy.finished == [0]
        pictures = sorted(path.read_bytes() for path in record.pictures)
        assert sorted(data for name, data in copy.files.items() if "media/images/latent" in name) == pictures
        assert received.unknown == []


def test_a_run_that_a_signal_stopped_is_finished_by_its_resume_alone(tmp_path):
    with wandb_server() as received:
        known = client_environment(tmp_path, received)
        stop = at_step(12, "os.kill(os.getpid(), signal.SIGTERM)")
        words = (TINY_ROWS, "--folder", tmp_path / "run", "--log.wandb", "online")
        assert finish(*words, before=stop, variables=known).returncode == 128 + signal.SIGTERM
        assert received.run.finished == [128 + signal.SIGTERM]
        assert finish("--resume", tmp_path / "run", variables=known).returncode == 0
        assert received.run.finished == [128 + signal.SIGTERM, 0]


def test_a_server_that_holds_a_row_of_another_step_is_refused_and_a_new_run_takes_the_record(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    claim(folder, SPRITES)
    lines = JsonLines(folder)
    for step in (1, 2, 3):
        lines.log(step, Findings({"train/loss": float(step)}))
    lines.close()
    with wandb_server() as received:
        known = client_environment(tmp_path, received)
        assert equilab("upload", folder, variables=known).returncode == 0
        path = folder / "metrics.jsonl"
        path.write_text(path.read_text().replace('"step": 3', '"step": 4') + '{"step": 5, "train/loss": 5.0}\n')
        before = deepcopy(received.run)
        refused = equilab("upload", folder, variables=known)
        assert refused.returncode == 2
        assert received.run == before
        assert "expected row 2 at step 4, got 3" in refused.stderr
        whole = path.read_text()
        path.write_text(whole.splitlines(keepends=True)[0])
        fewer = equilab("upload", folder, variables=known)
        assert fewer.returncode == 2
        assert "expected at most the 1 rows of the record, got 3 rows" in fewer.stderr
        assert received.run == before
        path.write_text(whole)
        never = equilab("upload", folder, variables=known | {"WANDB_RESUME": "never"})
        assert (never.returncode, "already exists" in never.stderr) == (2, True)
        assert [row["step"] for row in received.run.rows] == [1, 2, 3]
        assert equilab("upload", folder, "--id", "new", variables=known).returncode == 0
        assert [row["step"] for row in received.runs["new"].rows] == [1, 2, 4, 5]


def test_a_run_of_somebody_else_is_neither_ended_nor_changed(tmp_path):
    """Whether it is finished or still trains; also one that was made by hand, without a key."""
    folder = tmp_path / "run"
    folder.mkdir()
    claim(folder, SPRITES)
    theirs = {HISTORY: {0: json.dumps({"step": 5, "_step": 0})}}
    with wandb_server() as received:
        known = client_environment(tmp_path, received)
        for name, config, finished in (
            ("a", {"key": {"value": "k"}}, []),
            ("b", {"key": {"value": "k"}}, [0]),
            ("c", {}, []),
        ):
            received.runs[name] = StoredRun(name, {"groupName": "mine"}, config, theirs, {}, finished)
        before = deepcopy(received.runs)
        for name in before:
            refused = equilab("upload", folder, "--id", name, variables=known)
            assert refused.returncode == 2
            assert f"W&B run {name}: expected a run of key {SPRITES.key()}, or a new id" in refused.stderr
        assert received.runs == before
        assert received.unknown == []
    assert not (folder / "wandb" / "identity.json").exists()


PROGRAM = """
import os, sys
from pathlib import Path
from dataclasses import replace
import wandb
from equilab.runs.commands.upload import main as upload
from equilab.runs.loop import train
sys.path.insert(0, "tests/equilab/runs")
from recipes.tiny_rows import run

folder = Path(sys.argv[1])
short = replace(run, steps=10, evaluations=(), log=replace(run.log, wandb="online"))
mine = wandb.init(project="mine", id="mine", dir=folder, settings=wandb.Settings(console="off", x_disable_stats=True))
mine.log({"own": 1})
train(short, folder / "first")
train(replace(short, seed=1), folder / "second")
train(replace(short, log=replace(short.log, wandb="offline")), folder / "offline")
assert upload([str(folder / "second"), "--id", short.key()]) == 2   # which holds the first
train(short, folder / "repeated")
assert not {"WANDB_DATA_DIR", "WANDB_ERROR_REPORTING"} & set(os.environ)
os.environ["WANDB_RUN_ID"] = "mine"
train(short, folder / "inside")
assert wandb.run is mine
mine.log({"own": 2})
mine.finish()
"""


def test_runs_of_one_process_stay_apart_and_a_run_of_the_users_goes_on(tmp_path):
    with wandb_server() as received:
        known = client_environment(tmp_path, received)
        words = [sys.executable, "-c", PROGRAM, str(tmp_path)]
        done = subprocess.run(words, cwd=ROOT, env=known, text=True, capture_output=True, timeout=240)
        assert done.returncode == 0, done.stderr
    keys = {name: Record.open(tmp_path / name).key for name in ("first", "second", "offline", "repeated")}
    assert keys["first"] == keys["offline"] == keys["repeated"] != keys["second"]
    assert list(received.runs) == ["mine", keys["first"], keys["second"], f"{keys['first']}-2"]
    assert [row["own"] for row in received.runs["mine"].rows] == [1, 2]
    for name, id in (("first", keys["first"]), ("second", keys["second"]), ("repeated", f"{keys['first']}-2")):
        record = Record.open(tmp_path / name)
        assert numbers(received.runs[id].rows, record) == logged(record)
        assert all((tmp_path / name).glob("wandb/run-*"))
    assert received.runs[keys["first"]].about["displayName"] == "first"  # though the second was offered to it
    groups = [received.runs[id].about["groupName"] for id in list(received.runs)[1:]]
    assert len(set(groups)) == 1  # seeds of one method
    assert "WANDB_RUN_ID: expected a run that is not active in this process, got mine" in done.stderr
    assert Record.open(tmp_path / "inside").is_finished
    assert f"expected a run of key {keys['second']}" in done.stderr


GOES_AWAY = """
import sys
from pathlib import Path
from dataclasses import replace
import equilab.runs.sinks.wandb_sink as wandb_sink
from equilab.runs.evaluations import Findings
from equilab.runs.folder import claim
from equilab.runs.sinks.sinks import open_sinks
sys.path.insert(0, "tests/equilab/runs")
from recipes.tiny_rows import run

wandb_sink.FINISH_SECONDS, folder = 5, Path(sys.argv[1])
run = replace(run, log=replace(run.log, wandb="online"))
claim(folder, run)
with open_sinks(run, folder, None) as sinks:
    sinks.log(1, Findings({"train/loss": 1.0}))
    print("logged", flush=True)
    sys.stdin.readline()
    sinks.log(2, Findings({"train/loss": 2.0}))
"""


def test_a_server_that_goes_away_costs_no_training_and_gets_the_rows_later(tmp_path):
    with wandb_server() as received:
        known = client_environment(tmp_path, received)
        words = [sys.executable, "-c", GOES_AWAY, str(tmp_path)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(words, env=known, cwd=ROOT, text=True, stdin=pipe, stdout=pipe, stderr=pipe)
        assert process.stdout is not None
        assert process.stdout.readline() == "logged\n"
    _, err = process.communicate("\n", timeout=240)  # the server is gone
    assert process.returncode == 0, err
    assert "WandbSink failed and is left out from here on" in err
    record = Record.open(tmp_path)
    assert [row["step"] for row in record.rows] == [1, 2]
    with wandb_server(received):  # at another address
        done = equilab("upload", tmp_path, variables=client_environment(tmp_path, received))
        assert done.returncode == 0, done.stderr
    assert numbers(received.run.rows, record) == logged(record)
