"""Real training processes for the tests: start one, wait for a step, kill it, compare what two runs left.

They are forked from one process per test session that has imported everything: that takes longer than a tiny run.
"""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[3]
TINY = ROOT / "tests" / "equilab" / "runs" / "recipes" / "tiny.py"
TINY_DIGITS = TINY.with_name("tiny_digits.py")
TINY_P4CNN = TINY.with_name("tiny_p4cnn.py")
TINY_ROWS = TINY.with_name("tiny_rows.py")
TIMEOUT = 120  # seconds; a run takes about ten

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    [
        "equilab.runs.commands.train",
        "equilab.runs.loop",
        "equilab.runs.pictures",
        "torch._dynamo",
        "sklearn.linear_model",
    ]
)


DIE = "os.kill(os.getpid(), signal.SIGKILL)"
"""Python that ends its own process at once."""


def at_step(step: int, action: str) -> str:
    """Python for a training process that does this in the update after `step` others, before its weights change."""
    return (
        "import os, signal, equilab.runs.loop as loop; real = loop.refuse_non_finite\n"
        "def act(losses, state):\n"
        "    real(losses, state)\n"
        f"    if state.step == {step}:\n        {action}\n"
        "loop.refuse_non_finite = act"
    )


class TrainingProcess:
    """`equilab train ARGUMENTS` in a process of its own.

    before: Python that it runs first. variables: its environment; default: that of the tests.
    """

    def __init__(self, *arguments: object, before: str = "", variables: dict[str, str] | None = None):
        words = [str(argument) for argument in arguments]
        self._said = Path(tempfile.mkdtemp(prefix="training"))
        self._process = _SERVER.Process(target=_train, args=(words, before, variables or environment(), self._said))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, -n for signal n; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self) -> tuple[str, str]:
        """What it wrote to stdout and stderr, after its end."""
        self._process.join(TIMEOUT)
        if overdue := self.returncode is None:
            self.kill()
        out, err = ((self._said / name).read_text() for name in ("stdout", "stderr"))
        shutil.rmtree(self._said)
        if overdue:
            raise TimeoutError(f"the training did not end in {TIMEOUT} s: {err}")
        return out, err


def _train(words: list[str], before: str, variables: dict[str, str], said: Path) -> None:
    """What the process of a training does; it ends with the exit status of the command."""
    for stream, name in ((sys.stdout, "stdout"), (sys.stderr, "stderr")):
        with open(said / name, "w") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.chdir(ROOT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    os.environ.clear()
    os.environ.update(variables)
    exec(before, {})
    from equilab.runs.commands.train import main

    sys.exit(main(words))


def start(*arguments: object) -> TrainingProcess:
    """A training process that runs beside the test."""
    return TrainingProcess(*arguments)


def finish(
    *arguments: object, before: str = "", variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A training process that has ended."""
    process = TrainingProcess(*arguments, before=before, variables=variables)
    out, err = process.communicate()
    assert process.returncode is not None
    return subprocess.CompletedProcess([str(word) for word in arguments], process.returncode, out, err)


def command(*arguments: object) -> list[str]:
    """The command line of a training."""
    return [sys.executable, "-m", "training.train", *map(str, arguments)]


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "120"}


def rows(folder: Path) -> list[dict[str, Any]]:
    """The complete rows of metrics.jsonl without the times, which differ between any two runs."""
    path = folder / "metrics.jsonl"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [{key: value for key, value in json.loads(line).items() if "time/" not in key} for line in lines]


def wait_for_step(process: TrainingProcess, folder: Path, step: int) -> None:
    """Return as soon as the log of the running process shows this step."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        if any(row["step"] >= step for row in rows(folder)):
            return
        if process.returncode is not None:
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
