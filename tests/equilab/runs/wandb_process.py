"""Processes of the tests that use the real W&B client: their environment, and what the server then holds."""

import os
import sys
from pathlib import Path
from typing import Any

from wandb_server import API_KEY
from wandb_state import Received, StoredRun

from equilab.runs.record import Record

WANDB = Path(sys.executable).with_name("wandb")


def client_environment(folder: Path, server: Received | None = None, **variables: str) -> dict[str, str]:
    """The variables of a process that finds no account, or that of the server, and no settings of the machine's."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("WANDB_")}
    clean |= {"OMP_NUM_THREADS": "1", "COLUMNS": "120", "NETRC": str(folder / "no_netrc")}
    clean |= {"WANDB_CONFIG_DIR": str(folder / "config"), "WANDB_CACHE_DIR": str(folder / "cache")}
    if server is not None:
        clean |= {"WANDB_BASE_URL": server.address, "WANDB_API_KEY": API_KEY}
    return clean | variables


def numbers(rows: list[dict[str, Any]], record: Record) -> list[dict[str, float]]:
    """The numbers of each row by the keys of a run, without what W&B adds of its pictures and tables."""
    keys = {"step", *record.keys}
    return [{key: value for key, value in row.items() if key in keys} for row in rows]


def logged(record: Record, *, times: bool = True) -> list[dict[str, float]]:
    """The numbers of each row of metrics.jsonl, floors and ceilings apart, which W&B shows in the summary."""
    beside = ("_floor_random", "_floor_untrained", "_ceiling")
    kept = [{key: row[key] for key in row if not key.endswith(beside)} for row in numbers(record.rows, record)]
    return kept if times else without_times(kept)


def without_times(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows without what differs between two trainings of the same updates."""
    return [{key: value for key, value in row.items() if not key.startswith("time/")} for row in rows]


def axes(run: StoredRun) -> dict[str, str]:
    """The x-axis of each key that has one by its own name, as the server shows it."""
    defined = run.config["_wandb"]["value"]["m"]
    return {metric["1"]: defined[metric["5"] - 1]["1"] for metric in defined if "5" in metric}
