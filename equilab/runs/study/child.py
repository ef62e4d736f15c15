"""The process of one run: it trains, keeps the traceback of a failure, and stops when the pool's process ends."""

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import NamedTuple

from equilab.files import append_to
from equilab.runs.lock import BusyError
from equilab.runs.loop import train
from equilab.runs.study.planned import Planned
from equilab.runs.study.states import Failure, claimed, failure_file, failure_of, keep_failure, saved_state
from equilab.runs.study.study_file import load_study
from equilab.runs.writing import WriteError

logger = logging.getLogger("equilab.study")
OUTPUT = "output.txt"
"""The file of a run folder that holds all that its process wrote to stdout and stderr."""


class Job(NamedTuple):
    """What a process is to do. planned: the pickled `Planned`, whose classes the study file may define."""

    planned: bytes
    folder: Path  # of the run
    file: Path | None  # of the study, which is executed first; None: the study was made in Python
    variables: dict[str, str]  # environment of the pool, which may have changed since its first process was started
    failure: Failure | None = None  # of the run, which is trained although it failed so; None: only a planned run is


def work(job: Job) -> None:
    """Ends the process with the exit status of `advance`."""
    if sys.platform != "win32":
        os.setsid()  # Ctrl-C on the terminal reaches the pool alone, which then asks for a stop once
    os.environ.clear()
    os.environ.update(job.variables)
    threading.Thread(target=_stop_with_the_pool, daemon=True).start()
    with append_to(job.folder / OUTPUT) as output:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(output.fileno(), stream.fileno())
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    sys.exit(advance(job))


def advance(job: Job) -> int:
    """Train a run to its end, from where it stopped: 0 done or left to another process, 1 failed, 128 + n signal n.

    A run that is done or failed is left alone.
    """
    try:
        with claimed(job.folder):
            try:
                return _train(job)
            except BusyError:
                raise
            except Exception:
                return _keep(job.folder, traceback.format_exc())
    except BusyError:
        return 0
    except OSError as error:
        logger.error("%s: the run cannot be claimed: %s", job.folder, error)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _keep(folder: Path, text: str) -> int:
    """Keeps a failure in the run folder, or where the disk does not take it in the output; the exit status."""
    try:
        keep_failure(folder, text)
    except WriteError as error:
        logger.error("%s\n%s", text, error)
    return 1


def _train(job: Job) -> int:
    if job.file is not None:
        load_study(job.file)
    planned: Planned = pickle.loads(job.planned)
    state = saved_state(planned)
    if state == "done" or (state == "failed" and failure_of(job.folder) != job.failure):
        return 0
    stopped = train(planned.run, planned.folder, recipe=job.file).signal
    if state == "failed" and stopped is None:
        failure_file(job.folder).unlink(missing_ok=True)
    return 0 if stopped is None else 128 + stopped


def _stop_with_the_pool() -> None:
    """Waits for the end of the pool's process, even by SIGKILL, then requests a stop: the run is saved and left."""
    pool = multiprocessing.parent_process()
    assert pool is not None
    pool.join()
    os.kill(os.getpid(), signal.SIGTERM)
