"""What the disk of a run folder does not take, as one error that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage


class WriteError(RuntimeError):
    """The run folder's disk did not take something; the message says what is intact and what to do."""


@contextmanager
def writing(path: Path, num_bytes: int = 0) -> Iterator[None]:
    """WriteError, naming the file, its size and the room that there is, when the disk does not take it.

    path: of the file or folder. num_bytes: its size; 0: not known.
    """
    try:
        yield
    except OSError as error:
        raise WriteError(
            f"{path}: cannot be written ({error.strerror or error}; {room(path.parent, num_bytes)}); the "
            "checkpoints are intact. Make room, or make the folder writable, and go on with the run"
        ) from error


def room(folder: Path, num_bytes: int) -> str:
    """The bytes that a file needs, 0 for unknown, beside those that are free in its folder, in words."""
    needed = f"it needs {num_bytes / 2**20:.1f} MiB, " if num_bytes else ""
    place = next((each for each in (folder, *folder.absolute().parents) if each.is_dir()), Path())
    return f"{needed}{disk_usage(place).free / 2**20:.1f} MiB are free"
