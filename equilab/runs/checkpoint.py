"""Checkpoints: written beside and renamed, checked when read, the newest good one wins."""

import io
import os
import shutil
import warnings
from hashlib import sha256
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from equilab.errors import DataError
from equilab.runs.folder import WriteError, write_atomically

_DIGEST = 16  # hexadecimal digits of the content's sha256 in the file's name


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoint files of a folder, newest first."""
    return sorted(folder.glob("step_*_*.pt"), reverse=True)


def _step_of(path: Path) -> int:
    return int(path.name.split("_")[1])


def save(folder: Path, step: int, payload: dict[str, Any]) -> Path:
    """The file that now holds the payload, named by its step and by the digest of its content.

    Kept beside it is the newest file of an earlier step; all others are removed, and what a killed process left half
    written. Raises WriteError when the disk does not take it; what was there before is then intact.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".step_*"):
        left.unlink()
    buffer = io.BytesIO()
    torch.save(payload, buffer)
    content = buffer.getvalue()
    path = folder / f"step_{step:09d}_{sha256(content).hexdigest()[:_DIGEST]}.pt"
    try:
        write_atomically(path, content)
    except OSError as error:
        intact = checkpoints(folder)
        raise WriteError(
            f"{path}: cannot write the checkpoint of step {step} ({error.strerror}; it needs "
            f"{len(content) / 2**20:.1f} MiB, {shutil.disk_usage(folder).free / 2**20:.1f} MiB are free); "
            + (f"{intact[0].name} is intact" if intact else "there is no earlier checkpoint")
            + ". Make room and go on with the run"
        ) from error
    earlier = [old for old in checkpoints(folder) if _step_of(old) < step]
    for old in checkpoints(folder):
        if old != path and old not in earlier[:1]:
            old.unlink()
    return path


def _read(path: Path) -> dict[str, Any]:
    """The payload of one file; ValueError when its content is not what was written, or more than plain tensors."""
    content = path.read_bytes()
    if sha256(content).hexdigest()[:_DIGEST] != path.stem.rsplit("_", 1)[1]:
        raise ValueError(f"damaged: {len(content)} bytes that do not match the digest in its name")
    try:
        return torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    except UnpicklingError as error:
        raise ValueError(f"refused: it holds more than tensors and numbers ({str(error).splitlines()[0]})") from error


def load_newest(folder: Path) -> dict[str, Any] | None:
    """The payload of the newest good checkpoint, tensors on the CPU; None when there is no checkpoint.

    A damaged or refused file is passed over with a warning. Raises DataError when all of them are damaged.
    """
    found = checkpoints(folder)
    for path in found:
        try:
            return _read(path)
        except (OSError, ValueError) as error:
            warnings.warn(f"{path}: {error}; trying the checkpoint before it", RuntimeWarning, stacklevel=2)
    if found:
        raise DataError(
            str(folder),
            expected="an intact checkpoint",
            got=f"{len(found)} damaged ones",
            hint="start the run again in another folder",
        )
    return None


def describe_newest(folder: Path) -> str:
    """The newest checkpoint in words, for messages."""
    found = checkpoints(folder)
    return os.fspath(found[0]) if found else "none yet"
