"""Rows for a W&B server, of a training that runs and of one that is read back: the same numbers, tables, pictures."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from equilab.runs.evaluations import Columns
from equilab.runs.logged_files import read_table, stored
from equilab.runs.record import Record


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

    Raises DataError for a row whose table or picture is gone, or lies outside of the run folder.
    """
    for place, row in enumerate(record.rows[start:], start):
        found = Row(int(row["step"]), {}, {}, {})
        for key, value in row.items():
            if key == "step":
                continue
            if not isinstance(value, dict):
                found.values[key] = math.nan if value is None else value
            elif "table" in value:
                found.tables[key] = read_table(record.folder, value["table"])
            else:
                found.pictures[key] = stored(record.folder, value["picture"])
        yield place, found
