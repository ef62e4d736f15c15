"""Real training processes for the tests: start one, wait for a step, kill it, compare what two runs left."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "training" / "recipes" / "tiny.py"
TINY_DIGITS = TINY.with_name("tiny_digits.py")
TIMEOUT = 120  # seconds; a run takes about ten


def command(*arguments: object, before: str = "") -> list[str]:
    """The command line of a training; `before` is Python that its process runs first."""
    words = [str(argument) for argument in arguments]
    if not before:
        return [sys.executable, "-m", "training.train", *words]
    return [sys.executable, "-c", f"{before}\nimport sys; from training.train import main; sys.exit(main({words!r}))"]


def start(*arguments: object) -> subprocess.Popen[str]:
    """A training process that runs beside the test."""
    return subprocess.Popen(
        command(*arguments), cwd=ROOT, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(*arguments: object, before: str = "") -> subprocess.CompletedProcess[str]:
    """A training process that has ended."""
    return subprocess.run(
        command(*arguments, before=before), cwd=ROOT, env=environment(), text=True, capture_output=True, timeout=TIMEOUT
    )


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "120"}


def rows(folder: Path) -> list[dict[str, Any]]:
    """The complete rows of metrics.jsonl without the times, which differ between any two runs."""
    path = folder / "metrics.jsonl"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [{key: value for key, value in json.loads(line).items() if "time/" not in key} for line in lines]


def wait_for_step(process: subprocess.Popen[str], folder: Path, step: int) -> None:
    """Return as soon as the log of the running process shows this step."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        if any(row["step"] >= step for row in rows(folder)):
            return
        if process.poll() is not None:
            raise AssertionError(f"the training ended before step {step}: {process.communicate()}")
        time.sleep(0.002)
    raise AssertionError(f"no step {step} after {TIMEOUT} s")


def newest_checkpoint(folder: Path) -> Path:
    return sorted((folder / "checkpoints").glob("*.pt"))[-1]


def same(first: Any, second: Any) -> bool:
    """Whether two trees of dicts, lists and tensors agree bit by bit."""
    if isinstance(first, torch.Tensor):
        return first.dtype == second.dtype and torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def assert_identical(folder: Path, other: Path) -> None:
    """Both runs logged the same rows and ended with the same weights, optimisers and generators."""
    assert rows(folder) == rows(other)
    first, second = (torch.load(newest_checkpoint(run), weights_only=True) for run in (folder, other))
    for payload in (first, second):
        payload.pop("log_position")  # bytes, which the digits of the times change
    assert same(first, second)
