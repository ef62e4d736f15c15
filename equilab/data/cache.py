"""A cache file that is complete and right, or not there: built beside by one process, checksummed, renamed."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from equilab.errors import DataError
from equilab.files import open_plain, refuse_link, written_beside


def cache_folder() -> Path:
    """The folder of cache files: the environment variable EQUILAB_CACHE, else the user's cache folder."""
    from platformdirs import user_cache_dir

    return Path(os.environ.get("EQUILAB_CACHE") or user_cache_dir("equilab")).expanduser()


def cached_file(path: Path, build: Callable[[], Iterator[bytes]], *, digest: str, num_bytes: int, title: str) -> Path:
    """`path`, which now holds the bytes that `build` yields, of this sha256 and length.

    A file that is already there is checked in full; a damaged one is built again, with a warning. While one process
    builds, others wait for it. A bar shows the progress on a terminal.

    Raises DataError when the file cannot be read or written (a full disk, a folder without permission) or what was
    built has another checksum.
    """
    from filelock import FileLock

    try:
        if _is_right(path, digest):  # without the lock, so that a folder that cannot be written serves too
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock")
        refuse_link(lock)
        with FileLock(lock):
            if _is_right(path, digest):  # another process built it while this one waited
                return path
            if path.exists():
                warnings.warn(f"{path}: damaged (wrong checksum), it is built again", RuntimeWarning, stacklevel=2)
            _build(path, build, digest=digest, num_bytes=num_bytes, title=title)
    except OSError as error:
        raise DataError(
            str(path),
            expected=f"a place for the cache of {title}, {num_bytes / 2**20:.0f} MiB",
            got=error.strerror or str(error),
            hint="make room, or set the environment variable EQUILAB_CACHE to a folder with room that can be written",
        ) from error
    return path


def _is_right(path: Path, digest: str) -> bool:
    """Whether there is a file with this sha256."""
    found = sha256()
    try:
        with open_plain(path) as file:
            while block := file.read(2**22):
                found.update(block)
    except FileNotFoundError:
        return False
    return found.hexdigest() == digest


def _build(path: Path, build: Callable[[], Iterator[bytes]], *, digest: str, num_bytes: int, title: str) -> None:
    """Writes a file beside `path`, checks it, flushes it to the disk, renames it; only the lock's holder does."""
    from rich.console import Console
    from rich.progress import Progress

    built = sha256()
    with (
        written_beside(path, under=f".{path.name}.partial") as file,
        Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress,
    ):
        task = progress.add_task(f"building {title}", total=num_bytes)
        for block in build():
            file.write(block)
            built.update(block)
            progress.advance(task, len(block))
        if built.hexdigest() != digest:
            raise DataError(
                str(path), expected=f"sha256 {digest} of what was built", got=built.hexdigest(), hint="please report it"
            )
