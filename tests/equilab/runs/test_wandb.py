"""The real W&B client: what a training sends to a server, and what an offline run keeps."""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from processes import ROOT, TINY, TINY_ROWS, finish
from wandb_process import WANDB, axes, client_environment, logged, numbers
from wandb_server import API_KEY, wandb_server
from wandb_state import CONSOLE, EVENTS, Received, StoredRun

from equilab.runs.commit import commit_of
from equilab.runs.record import Record

pytestmark = pytest.mark.slow
TIMEOUT = 240  # seconds


def train(
    folder: Path, *options: object, recipe: Path = TINY, server: Received | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """A tiny run in a process that finds no account but that of the server."""
    known = client_environment(folder.parent, server, **variables)
    return finish(recipe, "--folder", folder, "--steps", 60, *options, variables=known)


@dataclass(frozen=True)
class Online:
    """A training that reached a server."""

    record: Record
    run: StoredRun
    received: Received


@pytest.fixture(scope="module")
def online(tmp_path_factory: pytest.TempPathFactory) -> Online:
    folder = tmp_path_factory.mktemp("online") / "run"
    with wandb_server() as received:
        done = train(folder, "--log.wandb", "online", "--log.tags", "first", server=received)
        assert done.returncode == 0, done.stderr
        assert "W&B failed" not in done.stderr
    return Online(Record.open(folder), received.run, received)


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("offline") / "run"
    done = train(folder, "--log.wandb", "offline", recipe=TINY_ROWS)
    assert done.returncode == 0, done.stderr
    assert "W&B failed" not in done.stderr
    return folder


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_server_holds_every_row_and_knew_every_question(online):
    assert numbers(online.run.rows, online.record) == logged(online.record)
    assert len(online.run.rows) == 13  # a row every 5 updates, and the evaluation
    assert [row["_step"] for row in online.run.history] == list(range(13))  # the place in metrics.jsonl
    assert online.run.finished == [0]
    assert online.run.replaced == []
    assert online.received.unknown == []


def test_the_id_is_the_key_and_group_job_type_and_tags_say_what_it_is(online):
    about, record = online.run.about, online.record
    assert online.run.id == record.key
    assert about["displayName"] == "run"
    assert about["groupName"].startswith("FactorVAE MiniSprites ")
    assert about["jobType"] == "train"
    assert about["tags"] == ["FactorVAE", "MiniSprites", "ConvVAE", "first"]


def test_the_config_is_short(online):
    config = {key: item["value"] for key, item in online.run.config.items() if key != "_wandb"}
    assert config["method"] == "FactorVAE"
    assert (config["objective.gamma"], config["data"], config["data.shapes"], config["steps"]) == (
        10,
        "MiniSprites",
        3,
        60,
    )
    assert config["key"] == online.record.key
    assert config["commit"] == commit_of(ROOT)
    assert config["versions"].keys() == {"equilab", "python", "torch", "numpy", "scikit-learn"}
    assert config["device"]
    assert not any(isinstance(value, str) and value.startswith("equilab.") for value in config.values())  # class paths


def test_floors_and_ceilings_are_in_the_summary_and_headline_scores_have_names_to_sort_by(online):
    beside = {key for key in online.record.keys if key.endswith(("_floor_random", "_floor_untrained", "_ceiling"))}
    assert len(beside) == 6  # of two metrics
    assert {key: online.run.summary[key] for key in beside} == {key: online.record.last()[key] for key in beside}
    assert not beside & {key for row in online.run.rows for key in row}
    for name in ("mig", "factor_vae_score"):
        assert online.run.rows[-1][name] == online.run.rows[-1][f"metric/{name}"] == online.run.summary[name]


def test_every_key_has_the_updates_of_the_model_as_its_axis(online):
    keys = {key for row in online.run.rows for key in row} - {"step"}
    assert "latent/traversals" in keys  # pictures and tables, too
    assert "metric/scores" in keys
    assert axes(online.run) == dict.fromkeys(keys, "step")


def test_pictures_arrive_bit_by_bit_and_matrices_as_tables_and_pictures(online):
    images = {name: content for name, content in online.run.files.items() if "media/images" in name}
    expected = {digest(path.read_bytes()) for path in online.record.pictures}
    assert len(expected) == 3
    assert expected <= {digest(content) for content in images.values()}
    for metric in ("mig", "factor_vae_score"):
        assert f"metric/{metric}_matrix.table.json" in online.received.artifacts
        assert any(f"metric/{metric}_matrix_picture" in name for name in images)


def test_system_metrics_console_and_commit_are_sent_online(online):
    assert online.run.lines[EVENTS]
    assert any("mig of the codes" in line for line in online.run.lines[CONSOLE].values())
    assert online.run.about["commit"] == commit_of(ROOT)
    assert "diff.patch" not in online.run.files  # uncommitted changes are nobody's business


def test_each_of_them_can_be_switched_off(tmp_path):
    off = ("--log.system-metrics", "off", "--log.console", "off", "--log.commit", "off")
    with wandb_server() as received:
        done = train(tmp_path / "run", "--log.wandb", "online", *off, recipe=TINY_ROWS, server=received)
        assert done.returncode == 0, done.stderr
    assert EVENTS not in received.run.lines
    assert CONSOLE not in received.run.lines
    assert "commit" not in received.run.about
    assert "commit" not in received.run.config


def records(folder: Path) -> list[dict[str, Any]]:
    """What W&B's own reader finds in the offline run of a folder."""
    words = [WANDB, "leet", "inspect", "--json", folder / "wandb"]
    shown = subprocess.run(words, text=True, capture_output=True, timeout=60, check=True)
    return [json.loads(line) for line in shown.stdout.splitlines()]


def test_an_offline_run_holds_every_row_and_says_nothing_of_machine_and_commit(offline):
    found = records(offline)
    rows = [record["history"]["item"] for record in found if record["type"] == "history"]
    record = Record.open(offline)
    assert numbers(rows, record) == logged(record)
    assert not {"stats", "output", "output_raw"} & {each["type"] for each in found}
    (run,) = (each["run"] for each in found if each["type"] == "run")
    assert run["run_id"] == record.key
    assert "git" not in run
    assert "commit" not in json.dumps(run.get("config", {}))


def test_wandb_sync_delivers_an_offline_run(offline):
    with wandb_server() as received:
        latest = (offline / "wandb" / "latest-run").resolve()
        words, where = [WANDB, "sync", latest], offline.parent  # it leaves a log where it is called
        known = client_environment(offline.parent, received)
        synced = subprocess.run(words, env=known, cwd=where, text=True, capture_output=True, timeout=TIMEOUT)
        assert synced.returncode == 0, synced.stderr
    record = Record.open(offline)
    assert numbers(received.run.rows, record) == logged(record)
    assert received.run.id == record.key


def test_online_without_a_login_stays_offline_and_says_so(tmp_path):
    folder = tmp_path / "run"
    done = train(folder, "--log.wandb", "online", recipe=TINY_ROWS)
    assert done.returncode == 0, done.stderr
    assert "not logged in (wandb login), so this run is kept offline" in done.stderr
    assert [path.name for path in (folder / "wandb").glob("offline-run-*")]


def test_a_server_that_is_not_there_costs_no_training(tmp_path):
    nowhere = {"WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_API_KEY": API_KEY, "WANDB_INIT_TIMEOUT": "5"}
    done = train(tmp_path / "run", "--log.wandb", "online", recipe=TINY_ROWS, **nowhere)
    assert done.returncode == 0, done.stderr
    assert "W&B failed and is left out" in done.stderr
    assert f"equilab upload {tmp_path / 'run'}" in done.stderr
    assert Record.open(tmp_path / "run").is_finished
