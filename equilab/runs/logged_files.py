"""The tables and pictures that the rows of a run name: looked up in the run folder alone, checked when read."""

import os
from pathlib import Path

from equilab.errors import DataError
from equilab.runs.evaluations import Columns
from equilab.runs.serial import read_json


def inside(folder: Path, name: str) -> Path:
    """The path of a file that a row names; DataError for one outside of the run folder.

    folder: of the run. name: path within it. A link is followed before the place is compared.
    """
    path = folder / name
    try:
        is_inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a name that is too long, a circle of links, a zero byte
        is_inside = False
    if not is_inside:
        raise DataError(str(folder / "metrics.jsonl"), expected="files of the run folder", got=name[:300])
    return path


def stored(folder: Path, name: str) -> Path:
    """The path of a file that a row names; DataError for one that is not there, or outside of the run folder."""
    path = inside(folder, name)
    if not os.path.isfile(path):  # False, too, for a name that no file can have
        expected = "the files that metrics.jsonl names"
        raise DataError(str(folder), expected=expected, got=f"no file {name[:300]}", hint="restore it")
    return path


def read_table(folder: Path, name: str) -> Columns:
    """The table in a file that a row names.

    Raises DataError for a file that is not there, and for one that holds no table: names of columns, and rows with a
    word, a number or nothing for each.
    """
    path = stored(folder, name)
    tree = read_json(path)
    header, rows = (tree.get("columns"), tree.get("rows")) if isinstance(tree, dict) else (None, None)
    if not isinstance(header, list) or not all(isinstance(each, str) for each in header):
        raise DataError(str(path), expected="a table with names of `columns`", got=_short(header), hint="restore it")
    if not isinstance(rows, list):
        raise DataError(str(path), expected="a table with `rows`", got=_short(rows), hint="restore it")
    for row in rows:
        if not isinstance(row, list) or len(row) != len(header) or not all(map(_is_cell, row)):
            expected = f"rows of {len(header)} words and numbers"
            raise DataError(str(path), expected=expected, got=_short(row), hint="restore it")
    return Columns(header, rows)


def _is_cell(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _short(value: object) -> str:
    return repr(value)[:80]
