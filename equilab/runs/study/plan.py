"""The plan of a study: its runs, the hours and the disk that those not done yet will take, from timed probes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from equilab.errors import EquilabError, SettingError
from equilab.runs.compute import kept_generators
from equilab.runs.loop import set_up
from equilab.runs.run import Run
from equilab.runs.study.kinds import kind_of
from equilab.runs.study.planned import Planned, label, planned_runs
from equilab.runs.study.probe import Cost, probe
from equilab.runs.study.shard import Shard
from equilab.runs.study.states import state_of
from equilab.runs.study.study import Study
from equilab.runs.study.train_study import checked_processes
from equilab.tables import Table

Measured = TypeVar("Measured")


class Kind(NamedTuple):
    """Runs that cost the same but for their number of updates: a name, the runs that are not done, and their cost."""

    name: str
    runs: Sequence[Run]
    cost: Cost

    @property
    def seconds(self) -> float:
        """The time of all its runs, one after the other, s."""
        return sum(self.cost.seconds(run) for run in self.runs)

    @property
    def num_bytes(self) -> int:
        """The files of all its runs, bytes."""
        return sum(self.cost.num_bytes(run) for run in self.runs)


@dataclass(frozen=True)
class Plan:
    """What a study will take. Prints as a row per kind of run, the totals, and what they are measured from.

    kinds: of the runs that are not done. done: number of runs that are. processes, threads: as `run_study` would use.
    """

    kinds: Sequence[Kind]
    done: int
    processes: int
    threads: int

    @property
    def num_runs(self) -> int:
        """The runs that are not done."""
        return sum(len(kind.runs) for kind in self.kinds)

    @property
    def seconds(self) -> float:
        """The time of all runs in processes beside each other, s: no less than the longest of them."""
        longest = max((kind.cost.seconds(run) for kind in self.kinds for run in kind.runs), default=0.0)
        return max(longest, sum(kind.seconds for kind in self.kinds) / self.processes)

    @property
    def num_bytes(self) -> int:
        """The files of all runs, bytes."""
        return sum(kind.num_bytes for kind in self.kinds)

    def table(self) -> Table:
        """A row per kind of run; + marks an evaluation that was cut short, which takes longer than it says."""
        columns = ("kind", "runs", "updates", "ms per update", "evaluations, s", "hours", "MiB")
        return Table(columns, [_row(kind) for kind in self.kinds])

    def __str__(self) -> str:
        if not self.kinds:
            return f"{self.done} runs, all of them done"
        hours = sum(kind.seconds for kind in self.kinds) / 3600
        cut = " + evaluation cut short: it takes longer than it says." if any(k.cost.cut for k in self.kinds) else ""
        timed = sum(kind.cost.updates for kind in self.kinds)
        return (
            f"{self.table()}\n\n{self.done + self.num_runs} runs, {self.done} done, {self.num_runs} to train: "
            f"{hours:.3g} hours one after the other, {self.seconds / 3600:.3g} in {self.processes} processes of "
            f"{self.threads} threads, {self.num_bytes / 2**20:.3g} MiB without the files of W&B\n"
            f"Measured from {timed} updates and one call of each evaluation of {len(self.kinds)} kinds of run, one "
            f"at a time on this machine as busy as it is.{cut}"
        )


def plan_study(
    study: Study,
    folder: Path,
    *,
    processes: int | None = None,
    threads: int = 1,
    seconds: float = 3.0,
    shard: Shard | None = None,
) -> Plan:
    """What the runs of a study that are not done will take, from a probe of each kind of run on this machine.

    Runs are of one kind if they differ only in steps, repeated settings and numbers with a fraction, such as weights
    and rates. Nothing is written. A run that could not be trained is found here: raises what its set-up raises.

    folder: of the study. processes, threads, shard: as in `run_study`. seconds: that the timed updates of a kind may
    take, and each call of an evaluation, 0 or more: an update is timed three times at least.
    Raises SettingError for numbers out of range.
    """
    processes = checked_processes(study, processes, threads)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise SettingError("seconds", expected="a finite number of seconds, 0 or more", got=seconds)
    states = [(each, state_of(each)) for each in planned_runs(study, folder, shard)]
    left = [each for each, state in states if state != "done"]
    kinds = dict[str, list[Planned]]()
    for each in left:
        kinds.setdefault(kind_of(each.run, study.repeated), []).append(each)
    for each in left[:1]:
        _named(each, set_up)  # what the first set-up of a process imports is not counted
    probed = [_probed(kind, threads, seconds) for kind in kinds.values()]
    return Plan(probed, len(states) - len(left), processes, threads)


def _probed(kind: Sequence[Planned], threads: int, seconds: float) -> Kind:
    """The kind of these runs, its first run measured."""
    first, *others = kind
    shared = {path: value for path, value in first.settings.items() if all(o.settings[path] == value for o in others)}
    run = first.run
    if run.compute.threads == 0:
        run = replace(run, compute=replace(run.compute, threads=threads))
    cost = _named(first._replace(run=run), lambda run: probe(run, seconds=seconds))
    return Kind(label(run, shared), [each.run for each in kind], cost)


def _named(planned: Planned, measure: Callable[[Run], Measured]) -> Measured:
    """What `measure` gives for a run, generators left as they are; what it raises names the run."""
    try:
        with kept_generators():
            return measure(planned.run)
    except EquilabError as error:
        raise error.within(planned.name) from error


def _row(kind: Kind) -> tuple[str, ...]:
    """A kind in words."""
    steps = sorted({run.steps for run in kind.runs})
    evaluations = sum(each.seconds for each in kind.cost.last)
    return (
        kind.name,
        str(len(kind.runs)),
        " to ".join(f"{each:,}" for each in dict.fromkeys((steps[0], steps[-1]))),
        f"{1000 * kind.cost.update:.3g}",
        f"{evaluations:.3g}{' +' * kind.cost.cut}",
        f"{kind.seconds / 3600:.3g}",
        f"{kind.num_bytes / 2**20:.3g}",
    )
