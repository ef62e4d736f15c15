"""Studies for tests of pools: two runs that can be stopped on the way, one that fails, and waiting for a step."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from processes import rows
from small import SPRITES

from equilab.runs.study.planned import Planned, planned_runs
from equilab.runs.study.study_file import load_study

LONG = Path(__file__).parent / "files" / "long.py"
DIVERGING = replace(SPRITES, optimizer=replace(SPRITES.optimizer, learning_rate=1e30))
TIMEOUT = 120  # seconds


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)


def long_runs(folder: Path) -> list[Planned]:
    return planned_runs(load_study(LONG), folder)


def step(planned: Planned) -> int:
    return max((row["step"] for row in rows(planned.folder)), default=0)
