"""The states of all runs of a study: counts, and a row for each that runs, failed or was stopped."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from equilab.errors import DataError
from equilab.runs.study.planned import Planned, planned_runs
from equilab.runs.study.shard import Shard
from equilab.runs.study.states import STATES, State, last_line, open_record, state_of
from equilab.runs.study.study import Study
from equilab.tables import Table


class RunStatus(NamedTuple):
    """One run: its folder's name, state, updates made and in all, and the last line of its error if it failed."""

    name: str
    state: State
    step: int
    steps: int
    error: str


@dataclass(frozen=True)
class Status:
    """The states of a study's runs. Prints as counts, below the runs that are neither done nor untouched."""

    runs: Sequence[RunStatus]

    @property
    def counts(self) -> dict[State, int]:
        """The number of runs in each state."""
        found = Counter(run.state for run in self.runs)
        return {state: found[state] for state in STATES}

    def table(self) -> Table:
        """The runs that are running, failed, or planned and stopped on the way."""
        shown = [
            run for run in self.runs if run.state in ("running", "failed") or (run.state == "planned" and run.step)
        ]
        rows = [(run.name, run.state, f"{run.step} of {run.steps}", run.error) for run in shown]
        return Table(("run", "state", "updates", "error"), rows)

    def __str__(self) -> str:
        counts = ", ".join(f"{number} {state}" for state, number in self.counts.items())
        table = self.table()
        return f"{len(self.runs)} runs: {counts}" + (f"\n\n{table}" if table.rows else "")


def study_status(study: Study, folder: Path, *, shard: Shard | None = None) -> Status:
    """The state of each run of a study.

    folder: of the study. shard: the runs to look at; None: all.
    """
    return Status([status_of(planned) for planned in planned_runs(study, folder, shard)])


def status_of(planned: Planned) -> RunStatus:
    """The state of one run, how far it is, and its error."""
    state = state_of(planned)
    error = last_line(planned.folder) if state == "failed" else ""
    step = planned.run.steps if state == "done" else _step(planned)
    return RunStatus(planned.name, state, step, planned.run.steps, error)


def _step(planned: Planned) -> int:
    """The updates that were logged; 0 for a run that did not begin, or whose record cannot be read."""
    try:
        return open_record(planned).step
    except (DataError, OSError):
        return 0
