"""Files as they are opened safely: plain ones only, read up to a bound, written beside under a new name and renamed."""

import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from equilab.errors import DataError, SettingError

__all__ = [
    "append_to",
    "as_path",
    "make_folder",
    "open_plain",
    "read_plain",
    "refuse_link",
    "write_atomically",
    "written_beside",
]

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # Windows has neither of these
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a FIFO without a writer is opened, and then refused, instead of waited for
_BINARY = getattr(os, "O_BINARY", 0)  # Windows needs it


def open_plain(path: Path) -> BinaryIO:
    """The file, open for reading bytes; a link is followed to its end.

    Raises DataError for a FIFO, a socket or a device, without waiting for it; OSError as `open` does.
    """
    return os.fdopen(_plain(path, os.open(path, os.O_RDONLY | _NO_WAIT | _BINARY)), "rb")


def _plain(path: Path, descriptor: int) -> int:
    """The descriptor of a plain file; any other is closed and refused."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    raise DataError(str(path), expected="a plain file", got="a pipe, a socket or a device")


def read_plain(path: Path, *, most: int) -> bytes:
    """The content of a plain file of at most `most` bytes.

    Raises DataError for a larger file, before it is read, and for what is no plain file; OSError as `open` does.
    """
    with open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise DataError(str(path), expected=f"a file of at most {most:,} bytes", got=f"{size:,}")
        return file.read(size)


def refuse_link(path: Path) -> None:
    """DataError for a symbolic link in place of a file or folder that is written: what it points to is not ours."""
    if path.is_symlink():
        raise DataError(
            str(path), expected="a file or folder of its own", got="a symbolic link", hint="remove the link"
        )


def make_folder(path: Path) -> Path:
    """The folder, made where it was missing, its parents included; DataError for a link in its place."""
    refuse_link(path)
    path.mkdir(parents=True, exist_ok=True)
    return path


def append_to(path: Path) -> BinaryIO:
    """The file, made where it was missing, open for appending bytes.

    Raises DataError for a symbolic link, and for what is no plain file; OSError as `open` does.
    """
    refuse_link(path)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK | _NO_WAIT | _BINARY
    return os.fdopen(_plain(path, os.open(path, flags, 0o666)), "ab")


@contextmanager
def written_beside(path: Path, *, under: str = "") -> Iterator[BinaryIO]:
    """A new file beside `path`, which takes its place when the block ends, and is removed when the block fails.

    After a crash at any moment `path` is as it was or complete. The new file is created exclusively, and is on the disk
    before it is renamed; a link in its place or at `path` is replaced, not followed. under: the new file's name, where
    one process writes at a time, so that it removes what a killed one left; default: a name that nobody can guess.
    """
    temporary = path.with_name(under or f".{path.name}.{secrets.token_hex(8)}")
    if under:
        temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | _BINARY, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def as_path(argument: str, value: object) -> Path:
    """A path that a person gave; SettingError, naming the argument, for anything but a text or a path."""
    if not isinstance(value, str | os.PathLike) or not (text := os.fspath(value)) or not isinstance(text, str):
        got = repr(value) if isinstance(value, str | bytes) else type(value).__name__
        raise SettingError(argument, expected="a path, as a text or a pathlib.Path", got=got)
    if "\0" in text:
        raise SettingError(argument, expected="a path without zero bytes", got=repr(text))
    return Path(text)


def write_atomically(path: Path, content: bytes) -> None:
    """The file with this content, or, after a crash at any moment, as it was; see `written_beside`."""
    with written_beside(path) as file:
        file.write(content)


def _sync_folder(folder: Path) -> None:
    """The names of a folder, on the disk; Windows opens no folders, and writes them by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
