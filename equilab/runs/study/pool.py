"""A pool of processes that trains the runs of a study, each run in a process of its own."""

import logging
import multiprocessing
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from equilab.errors import check_count
from equilab.runs.compute import find_device
from equilab.runs.stop import StopRequest
from equilab.runs.study.child import OUTPUT, Job, work
from equilab.runs.study.planned import Planned, Shard, planned_runs, settle_precision
from equilab.runs.study.states import failure_file, keep_failure, last_line, saved_state, state_of
from equilab.runs.study.status import Status, status_of
from equilab.runs.study.study import Study

logger = logging.getLogger("equilab.study")

_CONTEXT = (
    multiprocessing.get_context("forkserver")  # imports once what every run needs
    if "forkserver" in multiprocessing.get_all_start_methods()
    else multiprocessing.get_context("spawn")
)
_LIBRARY_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # read when a library is loaded
_LOOK = 0.2  # seconds between two looks at whether a stop was requested


class Ended(NamedTuple):
    """The state of each run when a pool ended, and the signal that stopped it; None: nothing was left to start."""

    status: Status
    signal: signal.Signals | None


@dataclass
class Pool:
    """The processes that run, what waits for one, and the runs whose process was killed."""

    queue: deque[Planned]
    processes: int  # at one time
    threads: int  # CPU threads of each
    file: Path | None
    group: str
    running: dict[BaseProcess, Planned] = field(default_factory=dict)
    killed: set[Path] = field(default_factory=set)

    def work(self, stop: StopRequest) -> None:
        """Trains until the queue is empty, or a stop is requested; then all processes have ended."""
        stopping = False
        try:
            while self.running or (self.queue and not stop.signal):
                while self.queue and not stop.signal and len(self.running) < self.processes:
                    self._start(self.queue.popleft())
                if stop.signal and not stopping:
                    stopping = True
                    self._terminate()
                ended = wait([process.sentinel for process in self.running], timeout=_LOOK)
                for process in [process for process in self.running if process.sentinel in ended]:
                    process.join()
                    self._end(process, self.running.pop(process), stopping)
        finally:  # after a second Ctrl-C, too
            self._terminate()

    def _start(self, planned: Planned) -> None:
        """Starts the process of a run that is neither done, failed, nor trained by another pool."""
        if state_of(planned) != "planned":
            return
        if planned.run.compute.threads == 0:
            compute = replace(planned.run.compute, threads=self.threads)
            planned = planned._replace(run=replace(planned.run, compute=compute))
        variables = os.environ | dict.fromkeys(_LIBRARY_THREADS, str(planned.run.compute.threads))
        variables.setdefault("WANDB_RUN_GROUP", self.group)
        job = Job(pickle.dumps(planned), planned.folder, self.file, variables)
        process = _CONTEXT.Process(target=work, args=(job,), name=planned.name)
        with _environment(variables | {"PYTHONPATH": os.pathsep.join(sys.path)}):
            process.start()
        self.running[process] = planned
        logger.info("started %s", planned.name)

    def _end(self, process: BaseProcess, planned: Planned, stopping: bool) -> None:
        """Says how a run ended. A process that a signal killed is started once more, after all others."""
        code = process.exitcode or 0
        if code < 0 and not stopping:
            name = signal.Signals(-code).name
            if planned.folder in self.killed:
                keep_failure(planned.folder, f"killed by {name} twice, perhaps for its memory\n")
            else:
                self.killed.add(planned.folder)
                self.queue.append(planned)
                logger.warning("killed by %s, to be started again: %s", name, planned.name)
                return
        state = saved_state(planned)
        if state == "failed":
            logger.warning("failed %s: %s", planned.name, last_line(planned.folder))
        elif code > 0 and code < 128:
            logger.warning("ended with status %d, see %s", code, planned.folder / OUTPUT)
        else:
            logger.info("%s %s", "done" if state == "done" else "left", planned.name)

    def _terminate(self) -> None:
        """Asks every process to save and stop."""
        for process in self.running:
            process.terminate()


def run_study(
    study: Study,
    folder: Path,
    *,
    processes: int = 0,
    threads: int = 1,
    shard: Shard | None = None,
    file: Path | None = None,
) -> Ended:
    """Train every planned run of a study, each in a process of its own that goes on from the newest checkpoint.

    Runs that are done, that failed, or that another process trains are left alone: several pools share one folder, and
    nothing is trained twice. A run that fails keeps its traceback in failure.txt, and stops no other. SIGTERM or SIGINT
    lets every process save and leave; when the pool is killed, its processes do so by themselves.

    folder: of the study; one folder below it per run. processes: at one time; 0: one per core and `threads`, and one
    alone on a GPU. threads: CPU threads of each run that does not set its own (`compute.threads`). shard: the runs to
    train; None: all. file: that made the study, which each process executes to have its classes; None: they can be
    imported.
    Raises SettingError for counts out of range.
    """
    check_count("processes", processes, least=0)
    check_count("threads", threads)
    settle_precision(study.runs, folder)
    planned = (shard or Shard()).of(planned_runs(study, folder))
    return _work(planned, folder, processes or default_processes(study, threads), threads, file)


def rerun_failed(
    study: Study,
    folder: Path,
    *,
    processes: int = 0,
    threads: int = 1,
    shard: Shard | None = None,
    file: Path | None = None,
) -> Ended:
    """Train the failed runs of a study again, from their newest checkpoints, and no others. See `run_study`."""
    check_count("processes", processes, least=0)
    check_count("threads", threads)
    planned = (shard or Shard()).of(planned_runs(study, folder))
    failed = [each for each in planned if state_of(each) == "failed"]
    for each in failed:
        failure_file(each.folder).unlink(missing_ok=True)
    return _work(failed, folder, processes or default_processes(study, threads), threads, file)


def _work(planned: list[Planned], folder: Path, processes: int, threads: int, file: Path | None) -> Ended:
    """The end of a pool over these runs."""
    _CONTEXT.set_forkserver_preload(["equilab.runs.study.child", "torch._dynamo"])  # seconds for each run otherwise
    file = None if file is None else file.absolute()
    pool = Pool(deque(planned), processes, threads, file, folder.absolute().name)
    with StopRequest() as stop:
        pool.work(stop)
    return Ended(Status([status_of(each) for each in planned]), stop.signal)


def default_processes(study: Study, threads: int) -> int:
    """The processes that fit: one per core and its threads; one where runs use a GPU."""
    if any(find_device(run.compute.device).type != "cpu" for run in study.runs):
        return 1
    return max(1, num_cores() // threads)


def num_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The environment in which a first process is started, which imports the packages that all of them share."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
