"""The rows of metrics.jsonl as they are read back, and what a checkpoint says of them."""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from equilab.errors import DataError
from equilab.files import open_plain, read_plain

_MOST_BYTES = 2**31  # of metrics.jsonl
_MOST_STEPS = 2**63
_TAIL = 2**17  # bytes
_LOST = "restore the file, or train again in another folder"


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The complete rows of a metrics.jsonl, in order; a last line that a crash cut short is left out.

    No file: no rows. Raises DataError for a line that is no row (an object with an integer `step`; a finite number,
    null, or the file of a table or picture under every other key), and for a file of more than 2 GiB.
    """
    try:
        lines = read_plain(path, most=_MOST_BYTES).split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    return [_row(line, f"{path}, line {number}") for number, line in enumerate(lines, 1)]


def read_last_rows(path: Path) -> list[dict[str, Any]]:
    """The complete rows in the last 128 KiB of a metrics.jsonl, all rows where none is complete there.

    It takes a hundredth of the time of `read_rows` for a long training. Raises DataError as that does.
    """
    try:
        with open_plain(path) as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _TAIL))
            lines = file.read(_TAIL).split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    if size > _TAIL:
        lines = lines[1:]  # the first one is cut
    return [_row(line, f"{path}, near its end") for line in lines] if lines else read_rows(path)


def _row(line: bytes, place: str) -> dict[str, Any]:
    expected, hint = "an object with an integer `step` in every line", "restore the file"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(place, expected=expected, got=str(error), hint=hint) from error
    step = row.get("step") if isinstance(row, dict) else None
    if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step < _MOST_STEPS:
        raise DataError(place, expected=expected, got=line[:80].decode(errors="replace"), hint=hint)
    for key, value in row.items():
        if not (value is None or _is_number(value) or _is_file(value)):
            expected = "a number, null, a table or a picture under every key"
            raise DataError(place, expected=expected, got=f"{key}: {json.dumps(value)[:80]}", hint=hint)
    return row


def _is_number(value: object) -> bool:
    """Whether a value is a finite number; one that was not finite is logged as null."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _is_file(value: object) -> bool:
    """Whether a value names the file of a table or picture."""
    if not isinstance(value, dict) or [*value] not in (["table"], ["picture"]):
        return False
    return all(isinstance(name, str) for name in value.values())


def hash_of_rows(path: Path, num_bytes: int) -> "hashlib._Hash":
    """The sha256 of the first bytes of a metrics.jsonl, to go on with; DataError for a shorter file, or none."""
    found, left = hashlib.sha256(), num_bytes
    if num_bytes:
        try:
            with open_plain(path) as file:
                size = os.fstat(file.fileno()).st_size
                while left and (block := file.read(min(left, 2**22))):
                    found.update(block)
                    left -= len(block)
        except FileNotFoundError:
            size = 0
        if left:
            expected = f"at least {num_bytes} bytes, its length at the checkpoint"
            raise DataError(str(path), expected=expected, got=size, hint=f"rows are lost: {_LOST}")
    return found


def refuse_changed_rows(path: Path, num_bytes: int, digest: str) -> None:
    """DataError unless the first bytes of a metrics.jsonl are those that were there at the checkpoint.

    path: of the file. num_bytes: its length at the checkpoint. digest: sha256 of its content then.
    """
    if hash_of_rows(path, num_bytes).hexdigest() != digest:
        raise DataError(
            str(path), expected=f"the {num_bytes} bytes of rows of the checkpoint", got="changed rows", hint=_LOST
        )


def refuse_rows_without_checkpoint(folder: Path, every: int, *, was_saved: bool) -> None:
    """DataError for a run folder without checkpoints that has rows, and has had a checkpoint.

    folder: of the run. every: updates between two checkpoints: rows beyond them come after the first one. was_saved:
    whether run.json says that there was one.
    """
    rows = read_rows(folder / "metrics.jsonl")
    if rows and (was_saved or rows[-1]["step"] > every):
        raise DataError(
            str(folder / "checkpoints"),
            expected=f"checkpoints, as there are rows up to step {rows[-1]['step']}",
            got="none",
            hint="put them back, or remove metrics.jsonl to begin again at step 0",
        )
