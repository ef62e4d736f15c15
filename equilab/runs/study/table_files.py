"""Tables as files: CSV, and Parquet with the extra `parquet`."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from equilab.errors import SettingError
from equilab.files import write_atomically
from equilab.runs.evaluations import Columns


def write_table(table: Columns, path: Path) -> None:
    """The table as a file of the kind that the name's end says; an empty cell (null in Parquet) where there is none.

    table: a column holds numbers or words; one with both is written as words. path: of the file, .csv or .parquet.
    Raises SettingError for another end, and for Parquet without the package pyarrow.
    """
    kinds: dict[str, Callable[[Columns], bytes]] = {".csv": _csv, ".parquet": _parquet}
    if path.suffix not in kinds:
        raise SettingError("path", expected="a name that ends in .csv or .parquet", got=path.name)
    write_atomically(path, kinds[path.suffix](table))


def check_format(name: Literal["csv", "parquet"]) -> None:
    """Raises SettingError for Parquet without the package that writes it, before anything is collected."""
    if name == "parquet":
        _load_pyarrow()


def _csv(table: Columns) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(["" if cell is None else cell for cell in row] for row in table.rows)
    return text.getvalue().encode()


def _parquet(table: Columns) -> bytes:
    pyarrow, parquet = _load_pyarrow()
    columns = [[row[index] for row in table.rows] for index in range(len(table.header))]
    arrays = [pyarrow.array(_of_one_type(column)) for column in columns]
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.table(arrays, names=list(table.header)), sink)
    return sink.getvalue().to_pybytes()


def _of_one_type(column: list[Any]) -> list[Any]:
    """The cells as they are where all are numbers of 64 bits or all are words, else as words."""
    kinds = {"number" if isinstance(cell, int | float) else type(cell).__name__ for cell in column if cell is not None}
    kinds |= {"large" for cell in column if isinstance(cell, int) and not -(2**63) <= cell < 2**63}
    return column if kinds <= {"number"} or kinds <= {"str"} else [None if c is None else str(c) for c in column]


def _load_pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise SettingError(
            "format",
            expected="csv, as Parquet needs the package pyarrow",
            got="parquet",
            hint='pip install "equilab[parquet]"',
        ) from error
    return pyarrow, pyarrow.parquet
