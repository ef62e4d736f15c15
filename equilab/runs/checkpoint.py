"""Checkpoints: written beside and renamed, checked when read, the newest good one wins."""

import io
import os
import re
import warnings
import zipfile
from hashlib import sha256
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from equilab.errors import DataError
from equilab.files import make_folder, read_plain, write_atomically
from equilab.runs.writing import WriteError, room

_DIGEST = 16  # hexadecimal digits of the content's sha256 in the file's name
_NAME = re.compile(rf"step_(\d{{9,}})_([0-9a-f]{{{_DIGEST}}})\.pt")
_MOST_BYTES = 2**35  # of a checkpoint
_PARTS = {"settings": dict, "log_position": tuple, "step": int, "evaluated_at": int, "evaluated": list, "players": dict}


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoint files of a folder, newest first; files of other names are none."""
    found = (path for path in folder.glob("step_*.pt") if _NAME.fullmatch(path.name))
    return sorted(found, key=lambda path: (step_of(path), path.name), reverse=True)


def step_of(path: Path) -> int:
    """The updates made at a checkpoint, by the name of its file."""
    return int(path.name.split("_")[1])


def save(folder: Path, step: int, payload: dict[str, Any]) -> Path:
    """The file that now holds the payload, named by its step and by the digest of its content.

    Kept beside it is the newest file of an earlier step; all others are removed, and what a killed process left half
    written. Raises WriteError when the disk does not take it; what was there before is then intact.
    """
    buffer = io.BytesIO()
    torch.save(payload, buffer)
    content = buffer.getvalue()
    path = folder / f"step_{step:09d}_{sha256(content).hexdigest()[:_DIGEST]}.pt"
    try:
        make_folder(folder)
        for left in folder.glob(".step_*"):
            left.unlink()
        write_atomically(path, content)
    except OSError as error:
        intact = checkpoints(folder)
        raise WriteError(
            f"{path}: cannot write the checkpoint of step {step} ({error.strerror}; {room(folder, len(content))}); "
            + (f"{intact[0].name} is intact" if intact else "there is no earlier checkpoint")
            + ". Make room and go on with the run"
        ) from error
    earlier = [old for old in checkpoints(folder) if step_of(old) < step]
    for old in checkpoints(folder):
        if old != path and old not in earlier[:1]:
            old.unlink()
    return path


def _read(path: Path) -> dict[str, Any]:
    """The payload of one file; ValueError when its content is not what was written, or more than plain tensors."""
    content = read_plain(path, most=_MOST_BYTES)
    if sha256(content).hexdigest()[:_DIGEST] != path.stem.rsplit("_", 1)[1]:
        raise ValueError(f"damaged: {len(content)} bytes that do not match the digest in its name")
    try:
        _refuse_packed(content)
        payload = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    except UnpicklingError as error:
        raise ValueError(f"refused: it holds more than tensors and numbers ({str(error).splitlines()[0]})") from error
    except Exception as error:  # whatever torch and zipfile raise for bytes that nobody's torch.save has written
        reason = (str(error).splitlines() or [""])[0]
        raise ValueError(f"refused: it is no file of torch.save ({type(error).__name__}: {reason})") from error
    if not isinstance(payload, dict):
        raise ValueError(f"refused: it holds a {type(payload).__name__}")
    return payload


def _refuse_packed(content: bytes) -> None:
    """ValueError for members that claim to be larger than the file: torch.save packs nothing."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        claimed = sum(member.file_size for member in archive.infolist())
    if claimed > len(content):
        raise ValueError(f"{claimed:,} bytes unpacked, expected at most the {len(content):,} of the file")


def load_newest(folder: Path) -> dict[str, Any] | None:
    """The payload of the newest good checkpoint, tensors on the CPU; None when there is no checkpoint.

    A damaged or refused file is passed over with a warning. Raises DataError when all of them are damaged.
    """
    found = checkpoints(folder)
    for path in found:
        try:
            return _read(path)
        except (OSError, ValueError) as error:
            then = "; trying the checkpoint before it" if path != found[-1] else ""
            warnings.warn(f"{path}: {error}{then}", RuntimeWarning, stacklevel=2)
    if found:
        raise DataError(
            str(folder),
            expected="an intact checkpoint",
            got=f"{len(found)} damaged",
            hint="start the run again in another folder",
        )
    return None


def load_state(folder: Path) -> dict[str, Any] | None:
    """The payload of the newest good checkpoint of a training; None without one.

    Raises DataError for a payload that is not one of a training, though its digest is right.
    """
    payload = load_newest(folder)
    if payload is None:
        return None
    wrong = [name for name, kind in _PARTS.items() if not isinstance(payload.get(name), kind)]
    if wrong or not all(isinstance(each, dict) and {*each} == {"module", "optimizer"} for each in _players(payload)):
        raise DataError(
            str(folder),
            expected="the checkpoint of a training",
            got=f"one without {', '.join(wrong) or 'modules and optimisers'}",
            hint="start the run again in another folder",
        )
    return payload


def _players(payload: dict[str, Any]) -> list[Any]:
    return [*payload["players"].values()] if isinstance(payload.get("players"), dict) else []


def describe_newest(folder: Path) -> str:
    """The newest checkpoint in words, for messages."""
    found = checkpoints(folder)
    return os.fspath(found[0]) if found else "none yet"
