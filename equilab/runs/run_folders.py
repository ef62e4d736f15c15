"""Run folders, named one by one or by a folder that holds them."""

from collections.abc import Sequence
from pathlib import Path

_DEPTH = 3  # levels below a folder at which its runs are looked for, such as STUDY/METHOD/RUN


def find_runs(folders: Sequence[Path]) -> list[Path]:
    """The run folders that are named, and those in the folders that are none themselves, sorted by name.

    A folder without runs, or one that is not there, is kept as it is: opening it says what is wrong. A run that is
    named twice is there twice.
    """
    return [run for folder in folders for run in (_runs_in(folder, _DEPTH) or [folder])]


def _runs_in(folder: Path, depth: int) -> list[Path]:
    """The folder itself if it is a run, else the runs below it, at most so many levels down."""
    if (folder / "run.json").exists():
        return [folder]
    if not depth or not folder.is_dir():
        return []
    inner = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    return [run for path in inner for run in _runs_in(path, depth - 1)]
