"""Rows for a W&B server, of a training that runs and of one that is read back: the same numbers, tables, pictures."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from equilab.errors import DataError
from equilab.runs.evaluations import Columns
from equilab.runs.record import Record
from equilab.runs.serial import read_json


@dataclass(frozen=True)
class Row:
    """One row of metrics.jsonl with the content of its files.

    step: updates made. values: numbers; NaN where they were not finite. tables: columns. pictures: files.
    """

    step: int
    values: dict[str, float]
    tables: dict[str, Columns]
    pictures: dict[str, Path]


def rows_of(record: Record, start: int = 0) -> Iterator[tuple[int, Row]]:
    """The rows of a record with their place in metrics.jsonl, from a place on.

    Raises DataError for a row whose table or picture is gone.
    """
    for place, row in enumerate(record.rows[start:], start):
        found = Row(int(row["step"]), {}, {}, {})
        for key, value in row.items():
            if key == "step":
                continue
            if not isinstance(value, dict):
                found.values[key] = math.nan if value is None else value
            elif "table" in value:
                tree = read_json(record.folder / value["table"])
                found.tables[key] = Columns(tree["columns"], tree["rows"])
            else:
                path = record.folder / value["picture"]
                if not path.is_file():
                    raise DataError(str(path), expected="the picture of a row", got="no file", hint="restore it")
                found.pictures[key] = path
        yield place, found
