"""The runs that a command is about: each that is named, and those in folders, of which broken ones are left out."""

import sys
from collections.abc import Sequence
from pathlib import Path

from equilab.errors import EquilabError
from equilab.runs.record import Record
from equilab.runs.run_folders import find_runs


def open_runs(folders: Sequence[Path], modules: Sequence[str] = ()) -> list[Record]:
    """The records of run folders, and of the runs below other folders, in their order.

    A run below a folder that cannot be read, or whose rows cannot, is named on stderr with the reason and left out; so
    is a folder below it that the system does not open.

    folders: of runs, or above runs. modules: of yours, whose dataclasses a run.json may name; they are imported.
    Raises DataError or OSError for a run that is named itself and cannot be read, and DataError for a folder without
    runs.
    """
    found: list[Record] = []
    for folder in folders:
        runs = find_runs([folder])
        for run in runs:
            try:
                record = Record.open(run, modules=modules)
                _ = record.columns
            except (EquilabError, OSError) as error:
                if run == folder:
                    raise
                print(f"warning: {run} is left out: {error}", file=sys.stderr)
            else:
                found.append(record)
    return found
