"""The state of a run of a study, read from its folder: planned, running, done or failed."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from filelock import FileLock, Timeout

from equilab.errors import DataError
from equilab.files import open_plain, refuse_link, write_atomically
from equilab.runs.lock import PATIENCE, BusyError, is_held, is_locked
from equilab.runs.record import Record
from equilab.runs.serial import modules_of, to_tree
from equilab.runs.study.planned import Planned
from equilab.runs.writing import writing

State: TypeAlias = Literal["planned", "running", "done", "failed"]
STATES: tuple[State, ...] = ("planned", "running", "done", "failed")
_LONGEST = 200  # letters of a failure that a table shows
_LAST_BYTES = 2**16  # that are read of a failure.txt


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold a run of a study for this process, from before its set-up on; BusyError when another one has it."""
    folder.mkdir(parents=True, exist_ok=True)  # it may be a link, to another disk
    refuse_link(folder / ".claim")
    lock = FileLock(folder / ".claim")
    try:
        lock.acquire(timeout=PATIENCE, poll_interval=0.05)
    except Timeout:
        raise BusyError(str(folder), expected="a run that no other process trains", got="another process") from None
    try:
        yield
    finally:
        lock.release()


def state_of(planned: Planned) -> State:
    """The state of a run, its locks included; a run that was begun and stopped is planned."""
    running = is_held(planned.folder / ".claim") or is_locked(planned.folder)
    return "running" if running else saved_state(planned)


def saved_state(planned: Planned) -> State:
    """The state of a run as its files have it, whether or not a process trains it."""
    if _is_finished(planned):
        return "done"
    return "failed" if failure_file(planned.folder).is_file() else "planned"


def _is_finished(planned: Planned) -> bool:
    """Whether the run has its last row and its last checkpoint, which follows the row where nothing is evaluated."""
    try:
        record = open_record(planned)
        is_saved = bool(record.run.evaluations) or record.saved_step >= record.run.steps
        return record.run.key() == planned.run.key() and record.is_finished and is_saved
    except (DataError, OSError):  # there is none yet, or it is damaged, which the training refuses with this error
        return False


def open_record(planned: Planned) -> Record:
    """The record of a run that was begun. Raises DataError, for one that was not, too."""
    begun = (planned.folder / "run.json").exists()
    return Record.open(planned.folder, modules=modules_of(to_tree(planned.run)) if begun else ())


def failure_file(folder: Path) -> Path:
    """The file of a run folder that holds the traceback of a failure."""
    return folder / "failure.txt"


class Failure(NamedTuple):
    """One failure of a run: the file that keeps it, which another failure replaces by another file."""

    file: int  # its number on the disk
    time: int  # of its last change, ns


def failure_of(folder: Path) -> Failure | None:
    """The failure that a run folder keeps; None: it keeps none."""
    try:
        found = failure_file(folder).stat()
    except FileNotFoundError:
        return None
    return Failure(found.st_ino, found.st_mtime_ns)


def keep_failure(folder: Path, text: str) -> None:
    """Writes what stopped a run; its last line is what `status` shows. WriteError for a disk that takes nothing."""
    content = text.encode(errors="replace")
    with writing(failure_file(folder), len(content)):
        write_atomically(failure_file(folder), content)


def last_line(folder: Path) -> str:
    """The last line of a run's failure, such as "NonFiniteLoss: step 3: ..."; empty where there is none to be read.

    The class of an error is without its module, a long line is cut.
    """
    try:
        with open_plain(failure_file(folder)) as file:
            file.seek(max(os.fstat(file.fileno()).st_size - _LAST_BYTES, 0))
            lines = file.read(_LAST_BYTES).decode(errors="replace").split("\n")
    except (OSError, DataError):
        return ""
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return re.sub(r"^(\w+\.)+(?=\w+:)", "", last)[:_LONGEST]
