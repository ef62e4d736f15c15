"""The real W&B client: an offline run read back by its official reader, and runs that reach a server."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import DIE, ROOT, TINY, TINY_P4CNN, at_step, command, environment, finish
from wandb_server import API_KEY, Received, wandb_server

from equilab.runs.record import Record

pytestmark = pytest.mark.slow
WANDB = Path(sys.executable).with_name("wandb")
TIMEOUT = 120  # seconds


def train(folder: Path, mode: str, recipe: Path = TINY, **variables: str) -> subprocess.CompletedProcess[str]:
    """A tiny run with W&B in this mode, in a process that finds no account but the one in `variables`."""
    clean = {key: value for key, value in environment().items() if not key.startswith("WANDB_")}
    clean |= {"NETRC": str(folder.parent / "no_netrc"), "WANDB_CONFIG_DIR": str(folder.parent / "config")} | variables
    words = command(recipe, "--folder", folder, "--log.wandb", mode, "--steps", 60)
    return subprocess.run(words, cwd=ROOT, env=clean, text=True, capture_output=True, timeout=TIMEOUT, check=False)


@pytest.fixture(scope="module")
def offline_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("offline") / "run"
    done = train(folder, "offline")
    assert done.returncode == 0, done.stderr
    assert "W&B failed" not in done.stderr
    return folder


def records(folder: Path, part: Path | None = None) -> list[dict[str, Any]]:
    """What W&B's own reader finds in the offline run of a folder, or in one part of it."""
    shown = subprocess.run(
        [WANDB, "leet", "inspect", "--json", part or folder / "wandb"],
        text=True,
        capture_output=True,
        timeout=60,
        check=True,
    )
    return [json.loads(line) for line in shown.stdout.splitlines()]


def history(folder: Path, part: Path | None = None) -> list[dict[str, Any]]:
    """The rows of the offline run, or of one part of it, in order, without W&B's own fields."""
    items = (record["history"]["item"] for record in records(folder, part) if record["type"] == "history")
    return [{key: value for key, value in item.items() if not key.startswith("_")} for item in items]


def numbers(rows: list[dict[str, Any]], record: Record) -> Iterator[dict[str, float]]:
    """The numbers of each row by the keys of a run, without what W&B adds of its pictures and tables."""
    keys = {"step", *record.keys}
    return ({key: value for key, value in row.items() if key in keys} for row in rows)


def logged(record: Record) -> list[dict[str, float]]:
    """The numbers of each row of metrics.jsonl."""
    return list(numbers(record.rows, record))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_offline_run_holds_every_row_of_metrics_jsonl(offline_run):
    record = Record.open(offline_run)
    expected = logged(record)
    assert list(numbers(history(offline_run), record)) == expected
    assert len(expected) == 13  # a row every 5 updates, and the evaluation


def test_an_offline_run_holds_the_equivariance_errors(tmp_path):
    done = train(tmp_path / "run", "offline", TINY_P4CNN)
    assert done.returncode == 0, done.stderr
    record = Record.open(tmp_path / "run")
    found = [row for row in numbers(history(tmp_path / "run"), record) if "equivariance/worst" in row]
    assert found == [row for row in logged(record) if "equivariance/worst" in row]
    assert [row["step"] for row in found] == [8, 16, 24, 32, 40, 48, 56, 60]
    assert all(0 < row["equivariance/worst"] < 1e-4 for row in found)


def test_an_offline_run_holds_the_settings(offline_run):
    (run,) = (record["run"] for record in records(offline_run) if record["type"] == "run")
    tree = json.loads((offline_run / "run.json").read_text())["run"]
    config = {key: value for key, value in run["config"]["update"].items() if key != "_wandb"}
    assert config == tree
    assert run["display_name"] == offline_run.name


def test_every_key_has_the_step_as_its_axis(offline_run):
    axes = [record["metric"] for record in records(offline_run) if record["type"] == "metric"]
    assert [axis.get("name") for axis in axes] == ["step", None]
    assert (axes[1]["glob_name"], axes[1]["step_metric"]) == ("*", "step")


def test_an_offline_run_holds_the_pictures_bit_by_bit(offline_run):
    found = {
        row[f"{key}.sha256"]: (offline_run / "wandb" / "latest-run" / "files" / row[f"{key}.path"])
        for row in history(offline_run)
        for key in ("latent/reconstructions", "latent/traversals", "latent/traversal_gif")
        if f"{key}.sha256" in row
    }
    pictures = Record.open(offline_run).pictures
    assert len(pictures) == 3
    assert set(found) == {digest(path) for path in pictures}
    assert all(digest(path) == expected for expected, path in found.items())


def test_an_offline_run_holds_the_tables(offline_run):
    tables = {key.removesuffix(".nrows") for row in history(offline_run) for key in row if key.endswith(".nrows")}
    assert {"metric/scores", "metric/mig_matrix"} <= tables


def test_an_offline_run_keeps_everything_in_its_folder_and_reports_nothing(offline_run):
    assert (offline_run / "wandb" / "latest-run").exists()
    program = (
        "import os, sys; from pathlib import Path\n"
        "from equilab.runs.sinks.wandb_sink import WandbSink\n"
        "sink = WandbSink(Path(sys.argv[1]), config={}, name='n', mode='offline', project='p')\n"
        "print(os.environ['WANDB_ERROR_REPORTING'], os.environ['WANDB_DATA_DIR'])\n"
        "sink.close(0)"
    )
    folder = offline_run.parent / "bare"
    folder.mkdir()
    clean = {key: value for key, value in os.environ.items() if not key.startswith("WANDB_")}
    shown = subprocess.run(
        [sys.executable, "-c", program, folder], env=clean, cwd=ROOT, text=True, capture_output=True, check=True
    )
    assert shown.stdout.split() == ["false", str(folder / "wandb")]


def assert_delivered(received: Received, folder: Path) -> None:
    """The server holds every row, the settings, every picture and the tables' artifacts, and knew every question."""
    record = Record.open(folder)
    assert list(numbers(received.rows, record)) == logged(record)
    assert received.config["steps"]["value"] == record.run.steps
    uploaded = {
        hashlib.sha256(content).hexdigest() for name, content in received.files.items() if "media/images" in name
    }
    assert uploaded == {digest(path) for path in record.pictures}
    assert "artifact/metric/mig_matrix.table.json" in received.files
    assert received.finished == [0]
    assert received.unknown == []


def test_an_online_run_reaches_the_server(tmp_path):
    with wandb_server() as received:
        folder = tmp_path / "online"
        done = train(folder, "online", WANDB_BASE_URL=received.address, WANDB_API_KEY=API_KEY)
        assert done.returncode == 0, done.stderr
        assert "W&B failed" not in done.stderr
    assert_delivered(received, folder)


def test_wandb_sync_delivers_an_offline_run(offline_run):
    with wandb_server() as received:
        keys = os.environ | {"WANDB_BASE_URL": received.address, "WANDB_API_KEY": API_KEY}
        latest = (offline_run / "wandb" / "latest-run").resolve()
        words, where = [WANDB, "sync", latest], offline_run.parent  # it leaves a log where it is called
        synced = subprocess.run(words, env=keys, cwd=where, text=True, capture_output=True, timeout=TIMEOUT)
        assert synced.returncode == 0, synced.stderr
    assert_delivered(received, offline_run)


def test_online_without_a_login_stays_offline_and_says_so(tmp_path):
    folder = tmp_path / "run"
    done = train(folder, "online")
    assert done.returncode == 0, done.stderr
    assert "not logged in (wandb login), so this run is kept offline" in done.stderr
    record = Record.open(folder)
    assert list(numbers(history(folder), record)) == logged(record)


def test_a_server_that_is_not_there_costs_no_training(tmp_path):
    done = train(
        tmp_path / "run", "online", WANDB_BASE_URL="http://127.0.0.1:9", WANDB_API_KEY=API_KEY, WANDB_INIT_TIMEOUT="5"
    )
    assert done.returncode == 0, done.stderr
    assert "W&B failed and is left out" in done.stderr
    assert Record.open(tmp_path / "run").is_finished


def test_a_server_that_goes_away_costs_no_training(tmp_path):
    program = (
        "import sys, equilab.runs.sinks.wandb_sink as wandb_sink; from pathlib import Path\n"
        "from equilab.runs.evaluations import Findings; from equilab.runs.sinks.sinks import JsonLines, Sinks\n"
        "wandb_sink.FINISH_SECONDS, folder = 5, Path(sys.argv[1])\n"
        "sink = wandb_sink.WandbSink(folder, config={}, name='n', mode='online', project='p')\n"
        "with Sinks(JsonLines(folder), [sink]) as sinks:\n"
        "    sinks.log(1, Findings({'train/loss': 1.0}))\n"
        "    print('logged', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    sinks.log(2, Findings({'train/loss': 2.0}))\n"
    )
    with wandb_server() as received:
        known = os.environ | {"WANDB_BASE_URL": received.address, "WANDB_API_KEY": API_KEY}
        words = [sys.executable, "-c", program, str(tmp_path)]
        process = subprocess.Popen(
            words, env=known, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "logged\n"
    _, err = process.communicate("\n", timeout=TIMEOUT)  # the server is gone
    assert process.returncode == 0, err
    assert [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [1, 2]


def test_a_resumed_run_has_one_part_per_process_and_every_row_is_in_one(tmp_path):
    stop = at_step(32, DIE.replace("SIGKILL", "SIGTERM"))
    folder = tmp_path / "run"
    first = finish(TINY, "--folder", folder, "--log.wandb", "offline", "--steps", 60, before=stop)
    assert first.returncode == 128 + 15, first.stderr
    assert finish("--resume", folder).returncode == 0
    parts = sorted((folder / "wandb").glob("offline-run-*"))
    assert len(parts) == 2
    assert len({part.name.rsplit("-", 1)[1] for part in parts}) == 1  # one run for the server
    record = Record.open(folder)
    found = [row for part in parts for row in numbers(history(folder, part), record)]
    assert found == logged(record)
