"""The runs of a command, opened: of a folder of runs those that can be read, and the reasons of the others."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from equilab.errors import DataError, EquilabError
from equilab.runs.record import Record
from equilab.runs.run_folders import find_runs


class OpenRuns(NamedTuple):
    """The records of runs, and an error for each run of a folder that cannot be read, with file and reason."""

    records: list[Record]
    broken: list[EquilabError]


def open_runs(
    folders: Sequence[Path],
    *,
    modules: Sequence[str] = (),
    read: Callable[[Record], object] = lambda record: record.step,
) -> OpenRuns:
    """The runs that are named, and those in the folders that are none themselves (see `find_runs`).

    folders: run folders, or folders of them. modules: of yours, whose dataclasses a run's settings may name. read:
    reads the parts of a record that are needed, so that damage is found here; default: the last rows.
    Raises the error of a run that is named itself and cannot be read, and that of the first run where none can be.
    """
    records, broken = list[Record](), list[EquilabError]()
    for folder in folders:
        for run in find_runs([folder]):
            try:
                record = Record.open(run, modules=modules)
                _read(record, read)
            except EquilabError as error:
                if run == folder:
                    raise
                broken.append(error)
            else:
                records.append(record)
    if broken and not records:
        raise broken[0]
    return OpenRuns(records, broken)


def _read(record: Record, read: Callable[[Record], object]) -> None:
    """Reads a record; a file that the system does not open is named by a DataError."""
    try:
        read(record)
    except OSError as error:
        where = str(error.filename or record.folder)
        raise DataError(where, expected="a file that can be read", got=error.strerror or str(error)) from error
