"""A pool of processes that trains the runs of a study, each run in a process of its own."""

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import forkserver
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import sleep

from equilab.errors import DataError
from equilab.files import append_to
from equilab.runs.stop import StopRequest
from equilab.runs.study.child import OUTPUT, Job, work
from equilab.runs.study.planned import Planned
from equilab.runs.study.states import Failure, failure_of, keep_failure, last_line, state_of
from equilab.runs.writing import WriteError, room

logger = logging.getLogger("equilab.study")

_CONTEXT = (
    multiprocessing.get_context("forkserver")  # imports once what every run needs
    if "forkserver" in multiprocessing.get_all_start_methods()
    else multiprocessing.get_context("spawn")
)
_LIBRARY_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # read when a library is loaded
_LOOK = 0.2  # seconds between two looks at whether a stop was requested


@dataclass
class Pool:
    """The runs that wait for a process, that have one, that other pools train, and whose process was killed."""

    queue: deque[Planned]
    processes: int  # at one time
    threads: int  # CPU threads of each
    file: Path | None
    group: str  # of W&B, of runs that have none of their own
    failures: Mapping[Path, Failure] = field(default_factory=dict)  # of failed runs that are trained again, by folder
    running: dict[BaseProcess, Planned] = field(default_factory=dict)
    elsewhere: list[Planned] = field(default_factory=list)
    killed: set[Path] = field(default_factory=set)

    def work(self, stop: StopRequest) -> None:
        """Trains until every run is done or failed, or a stop is requested; then all processes have ended."""
        stopping = False
        _CONTEXT.set_forkserver_preload(["equilab.runs.study.child", "torch._dynamo"])  # seconds for each run otherwise
        try:
            while self.running or ((self.queue or self.elsewhere) and not stop.signal):
                while self.queue and not stop.signal and len(self.running) < self.processes:
                    with _reported(planned := self.queue.popleft()):
                        self._start(planned)
                if stop.signal and not stopping:
                    stopping = True
                    self._terminate()
                for process in self._ended():
                    with _reported(planned := self.running.pop(process)):
                        self._end(process, planned, stopping)
                if not self.queue and not stop.signal:
                    self._take_over()
        finally:  # after a second Ctrl-C, too
            self._terminate()

    def _start(self, planned: Planned) -> None:
        """Starts the process of a run that is planned or to be trained again, and that no other pool trains."""
        state, failure = state_of(planned), self.failures.get(planned.folder)
        if state == "running":
            self.elsewhere.append(planned)
        if state != "planned" and not (state == "failed" and failure_of(planned.folder) == failure):
            return
        planned.folder.mkdir(parents=True, exist_ok=True)
        with append_to(planned.folder / OUTPUT):
            pass  # a folder that takes no files is found here, where its name and the reason are reported
        run = planned.run
        compute = replace(run.compute, threads=run.compute.threads or self.threads)
        log = replace(run.log, group=self.group if run.log.group is None else run.log.group)
        planned = planned._replace(run=replace(run, compute=compute, log=log))
        variables = os.environ | dict.fromkeys(_LIBRARY_THREADS, str(planned.run.compute.threads))
        job = Job(pickle.dumps(planned), planned.folder, self.file, variables, failure)
        process = _CONTEXT.Process(target=work, args=(job,), name=planned.name)
        with _environment(variables | {"PYTHONPATH": os.pathsep.join(sys.path)}):
            _start_server()
            process.start()
        self.running[process] = planned
        logger.info("started %s", planned.name)

    def _ended(self) -> list[BaseProcess]:
        """The processes that have ended, after a short wait."""
        if not self.running:
            sleep(_LOOK if self.elsewhere else 0)
            return []
        ended = wait([process.sentinel for process in self.running], timeout=_LOOK)
        return [process for process in self.running if process.sentinel in ended]

    def _take_over(self) -> None:
        """Puts the runs that another pool has stopped or lost into the queue, and forgets those that it has ended."""
        waiting, self.elsewhere = self.elsewhere, []
        for planned in waiting:
            with _reported(planned):
                state = state_of(planned)
                if state in ("planned", "running"):
                    (self.queue if state == "planned" else self.elsewhere).append(planned)

    def _end(self, process: BaseProcess, planned: Planned, stopping: bool) -> None:
        """Says how a run ended. A process that a signal killed is started once more, after all others."""
        process.join()
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
        state = state_of(planned)
        if state == "running":
            self.elsewhere.append(planned)
        elif state == "failed" and code < 128:  # one that a signal stopped keeps the failure of before
            logger.warning("failed %s: %s", planned.name, last_line(planned.folder))
        elif 0 < code < 128:
            words = "left %s: it ended with status %d and no failure.txt (%s), see %s"
            logger.warning(words, planned.name, code, room(planned.folder, 0), planned.folder / OUTPUT)
        else:
            logger.info("%s %s", "done" if state == "done" else "left", planned.name)

    def _terminate(self) -> None:
        """Asks every process to save and stop."""
        for process in self.running:
            process.terminate()


@contextmanager
def _reported(planned: Planned) -> Iterator[None]:
    """Leaves a run whose folder the system does not read or write, with file and reason; the others go on."""
    try:
        yield
    except (OSError, WriteError, DataError) as error:
        logger.error("left %s: %s: %s", planned.name, type(error).__name__, error)


def _start_server() -> None:
    """Starts the process that the runs are forked from, unless it runs: Ctrl-C on the terminal never reaches it.

    It ignores the signal from its first moment on, though it then imports for seconds what every run needs.
    """
    if _CONTEXT.get_start_method() != "forkserver" or threading.current_thread() is not threading.main_thread():
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # which a new process inherits
    try:
        forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, before)


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
