"""Training a study: its planned runs, or those that failed, in a pool of processes."""

import os
import signal
import sys
from collections import deque
from pathlib import Path
from typing import Literal, NamedTuple

from equilab.errors import SettingError, check_count
from equilab.runs.compute import find_device
from equilab.runs.folder import refuse_file
from equilab.runs.stop import StopRequest
from equilab.runs.study.planned import planned_runs, settle_precision
from equilab.runs.study.pool import Pool
from equilab.runs.study.shard import Shard
from equilab.runs.study.states import Failure, failure_of, state_of
from equilab.runs.study.status import Status, status_of
from equilab.runs.study.study import Study


class Ended(NamedTuple):
    """The state of each run when a pool ended, and the signal that stopped it; None: none did."""

    status: Status
    signal: signal.Signals | None


def run_study(
    study: Study,
    folder: Path,
    *,
    which: Literal["planned", "failed"] = "planned",
    processes: int | None = None,
    threads: int = 1,
    shard: Shard | None = None,
    file: Path | None = None,
) -> Ended:
    """Train every planned run of a study, each in a process of its own that goes on from the newest checkpoint.

    Runs that are done, that failed, or that another process trains are left alone: several pools share one folder, and
    nothing is trained twice. The call ends when every run is done or failed; a run that another pool has stopped or
    lost is taken over. A run that fails keeps its traceback in failure.txt, and stops no other. SIGTERM or SIGINT lets
    every process save and leave; when the pool is killed, its processes do so by themselves.

    folder: of the study; one folder below it per run. which: the runs to train, planned ones, or those that have
    failed and no others; a failure is kept until the run is done or has failed again. processes: at one
    time; None: one per core and `threads`, and one alone on a GPU. threads: CPU threads of each run that does not set
    its own (`compute.threads`). shard: the runs to train; None: all. file: that made the study, which each process
    executes to have its classes; None: they can be imported.
    Raises SettingError for counts out of range, DataError for a file in place of the folder.
    """
    processes = checked_processes(study, processes, threads)
    refuse_file(folder)
    if which not in ("planned", "failed"):
        raise SettingError("which", expected="planned or failed", got=repr(which))
    if which == "planned":
        settle_precision(study.runs, folder)
    planned = planned_runs(study, folder, shard)
    failures = dict[Path, Failure]()
    if which == "failed":
        planned = [each for each in planned if state_of(each) == "failed"]
        failures = {each.folder: failure for each in planned if (failure := failure_of(each.folder)) is not None}
    file = None if file is None else file.absolute()
    pool = Pool(deque(planned), processes, threads, file, folder.absolute().name, failures)
    with StopRequest() as stop:
        pool.work(stop)
    return Ended(Status([status_of(each) for each in planned]), stop.signal)


def checked_processes(study: Study, processes: int | None, threads: int) -> int:
    """The processes that a pool uses at one time; SettingError for counts below 1."""
    check_count("threads", threads)
    if processes is None:
        return default_processes(study, threads)
    check_count("processes", processes)
    return processes


def default_processes(study: Study, threads: int) -> int:
    """The processes that fit: one per core and its threads; one where runs use a GPU."""
    if any(find_device(run.compute.device).type != "cpu" for run in study.runs):
        return 1
    return max(1, num_cores() // threads)


def num_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
