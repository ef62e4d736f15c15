"""The lock of a run folder, which keeps a second process out."""

import errno
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from equilab.errors import DataError
from equilab.files import read_plain, refuse_link, write_atomically
from equilab.runs.folder import refuse_file
from equilab.runs.writing import WriteError, writing

WRITTEN = (".lock", "metrics.jsonl", "checkpoints", "pictures", "tables", "wandb")
"""What a training writes in its folder beside files that it replaces: none may be a link."""


PATIENCE = 1.0
"""Seconds that a process waits for a lock; a look at a lock (`is_held`) holds it for less."""


class BusyError(DataError):
    """Another process trains in this folder."""


class Held:
    """A run folder that this process holds by the lock file in it.

    folder: of the run, whose lock is held.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._lock = os.stat(folder / ".lock")

    def check(self) -> None:
        """Raises WriteError when the folder, its run.json or its lock was removed or replaced since."""
        lost = [name for name in ("run.json", ".lock") if not (self.folder / name).is_file()]
        if not lost and not os.path.samestat(self._lock, os.stat(self.folder / ".lock")):
            lost = [".lock"]
        if lost:
            raise WriteError(
                f"{self.folder}: {' and '.join(lost)} removed or replaced by somebody else while this process trained. "
                "The updates since the last checkpoint are not saved. Put the folder back, make sure that no other "
                "process trains in it, and go on with the run"
            )


@contextmanager
def locked(folder: Path) -> Iterator[Held]:
    """The folder, held for this process; made where it was missing. A killed process frees its lock.

    Raises BusyError when another process trains in it, DataError for a file in place of the folder and for links in
    place of files that are written, and WriteError for a disk that takes nothing.
    """
    refuse_file(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name in WRITTEN:
        refuse_link(folder / name)
    lock = FileLock(folder / ".lock")
    owner = folder / ".owner"
    with writing(folder / ".lock"):
        try:
            lock.acquire(timeout=PATIENCE, poll_interval=0.05)
        except Timeout:
            raise BusyError(
                str(folder),
                expected="a folder in which no other process trains",
                got=_words_of(owner),
                hint="wait for it, or choose another --folder",
            ) from None
    try:
        words = f"process {os.getpid()} on {platform.node()}".encode()
        with writing(owner, len(words)):
            write_atomically(owner, words)
        yield Held(folder)
    finally:
        lock.release()


def _words_of(owner: Path) -> str:
    """Who holds a folder."""
    try:
        return read_plain(owner, most=1000).decode(errors="replace")
    except (OSError, DataError):
        return "another process"


def is_locked(folder: Path) -> bool:
    """Whether a process, perhaps this one, trains in the folder at this moment (see `is_held`)."""
    return is_held(folder / ".lock")


def is_held(path: Path) -> bool:
    """Whether a process, perhaps this one, holds a lock file; False for a file that this process may not write.

    Thus a study on a read-only disk, or of another user, has the states that its files say.
    """
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return False
        raise
