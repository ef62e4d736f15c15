"""Files and folders that the system does not open or write."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

NOBODY = 65534  # a user without rights


@contextmanager
def ordinary_user() -> Iterator[None]:
    """The block runs as a user whom permissions bind: they do not bind the superuser."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def with_mode(path: Path, mode: int) -> Iterator[None]:
    """The path has other permissions in the block."""
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


@contextmanager
def open_to_all() -> Iterator[Path]:
    """A temporary folder that every user may read; those of pytest are private."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextmanager
def largest_file(num_bytes: int) -> Iterator[None]:
    """No file of this process grows past this, as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
