"""The cost of a run, from a few of its updates, one call of each evaluation, and the files that they write."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from equilab.runs.checkpoint import save
from equilab.runs.evaluations import Evaluation, Findings
from equilab.runs.keys import scalars
from equilab.runs.loop import Training, Updated, evaluate, set_up, update
from equilab.runs.run import Run
from equilab.runs.serial import to_tree
from equilab.runs.sinks.sinks import JsonLines

_WARM_UP = 2  # updates that are not timed: the first ones allocate memory
_LEAST, _MOST = 3, 200  # updates that are timed
_KEPT = 2  # checkpoints of a run


class Timing(NamedTuple):
    """One call of an evaluation: seconds, bytes of its files, and whether it was cut short, so that both are more."""

    seconds: float
    num_bytes: int
    cut: bool


@dataclass(frozen=True)
class Cost:
    """What a probe measured: seconds, and bytes on the disk, of the parts of a run.

    start: of the set-up with its trial, s. update: of one update, s. updates: how many were timed. row: of a row of
    metrics.jsonl, bytes. checkpoint: bytes. between, last: of each evaluation of the run, on the way and at the end.
    """

    start: float
    update: float
    updates: int
    row: int
    checkpoint: int
    between: tuple[Timing, ...]
    last: tuple[Timing, ...]

    def seconds(self, run: Run) -> float:
        """The time of a run of this kind alone on this machine, s: set-up, updates and evaluations."""
        calls = zip(run.evaluations, self.between, self.last, strict=True)
        evaluations = sum(num_between(each, run) * between.seconds + last.seconds for each, between, last in calls)
        return self.start + run.steps * self.update + evaluations

    def num_bytes(self, run: Run) -> int:
        """The files of a run of this kind, bytes: rows, checkpoints, tables and pictures, without those of W&B."""
        calls = zip(run.evaluations, self.between, self.last, strict=True)
        evaluations = sum(num_between(each, run) * between.num_bytes + last.num_bytes for each, between, last in calls)
        checkpoints = min(_KEPT, 1 + (run.steps - 1) // run.log.checkpoint_every)
        rows = -(-run.steps // run.log.every)
        return rows * self.row + checkpoints * self.checkpoint + len(json.dumps(to_tree(run))) + evaluations

    @property
    def cut(self) -> bool:
        """Whether an evaluation was cut short."""
        return any(each.cut for each in (*self.between, *self.last))


def num_between(evaluation: Evaluation, run: Run) -> int:
    """The calls of an evaluation before the last one, which follows the last update."""
    return (run.steps - 1) // evaluation.every if evaluation.every else 0


def probe(run: Run, *, seconds: float) -> Cost:
    """The cost of runs like this one, measured on this machine; nothing is left behind.

    run: its settings. seconds: that the updates may take, and each call of an evaluation. A call that takes longer is
    cut short and extrapolated over its images; what it would do after its last image is then not counted.
    Raises what `set_up` raises.
    """
    start = perf_counter()
    training = set_up(run)
    started = perf_counter() - start
    with TemporaryDirectory() as name:
        updated, update_seconds, updates = _timed_updates(training, seconds)
        row = {"time/steps_per_second": 1 / update_seconds, "time/memory": 1e4 / 3}
        row_bytes = _written(Findings(scalars(*updated) | row), training, Path(name) / "row")
        path = save(Path(name) / "checkpoints", training.state.step, training.state.payload())
        checkpoint_bytes = path.stat().st_size
        between = tuple(
            _timed_evaluation(each, training, seconds, Path(name) / f"between{index}")
            if num_between(each, run)
            else Timing(0.0, 0, False)
            for index, each in enumerate(run.evaluations)
        )
        training.state.step = run.steps  # the last call also scores the untrained model
        last = tuple(
            _timed_evaluation(each, training, seconds, Path(name) / f"last{index}")
            for index, each in enumerate(run.evaluations)
        )
    return Cost(started, update_seconds, updates, row_bytes, checkpoint_bytes, between, last)


def _timed_updates(training: Training, seconds: float) -> tuple[Updated, float, int]:
    """The last of some updates, the mean time of one, s, and how many were timed."""
    updated = update(training)
    for _ in range(_WARM_UP - 1):
        update(training)
    start, count = perf_counter(), 0
    while count < _LEAST or (count < _MOST and perf_counter() - start < seconds):
        updated, count = update(training), count + 1
    return updated, (perf_counter() - start) / count, count


class _Cut(Exception):
    """An evaluation took too long: the part of its images that were done."""

    def __init__(self, part: float):
        super().__init__(part)
        self.part = part


def _limit(seconds: float) -> Callable[[int, int], None]:
    """A callback (done, total) for an evaluation, which raises _Cut after so many seconds."""
    start = perf_counter()

    def report(done: int, total: int) -> None:
        if done < total and perf_counter() - start > seconds:
            raise _Cut(done / total)

    return report


def _timed_evaluation(evaluation: Evaluation, training: Training, seconds: float, folder: Path) -> Timing:
    start = perf_counter()
    try:
        found = evaluate([evaluation], training, _limit(seconds))
    except _Cut as cut:
        return Timing((perf_counter() - start) / max(cut.part, 1e-6), 0, True)
    num_bytes = _written(found, training, folder)
    return Timing(perf_counter() - start, num_bytes, False)


def _written(findings: Findings, training: Training, folder: Path) -> int:
    """The bytes of the files that findings become."""
    folder.mkdir()
    record = JsonLines(folder)
    record.log(training.state.step, findings)
    record.close()
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
