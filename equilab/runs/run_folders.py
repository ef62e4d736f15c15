"""Run folders, named one by one or by a folder that holds them."""

from collections.abc import Sequence
from pathlib import Path

_DEPTH = 3  # levels below a folder at which its runs are looked for, such as STUDY/METHOD/RUN


def find_runs(folders: Sequence[Path]) -> list[Path]:
    """The run folders that are named, and those in the folders that are none themselves, sorted by name.

    A folder without runs, one that is not there, and one that the system does not open is kept as it is: opening it
    says what is wrong. A run that is named twice is there twice.
    """
    return [run for folder in folders for run in (_runs_in(folder, _DEPTH) or [folder])]


def short_names(folders: Sequence[Path]) -> list[str]:
    """The last parts of each path, as many as tell the folders apart: s0, or vae/s0 beside beta_vae/s0.

    >>> short_names([Path("/runs/vae/s0"), Path("/runs/beta_vae/s0")]), short_names([Path("/runs/vae/s0")])
    (['vae/s0', 'beta_vae/s0'], ['s0'])
    """
    parts = [folder.resolve().parts for folder in folders]
    names = [each[-1] for each in parts]
    for count in range(2, max(map(len, parts), default=0)):
        if len(set(names)) == len(set(parts)):
            break
        names = ["/".join(each[-count:]) for each in parts]
    return names


def _runs_in(folder: Path, depth: int) -> list[Path]:
    """The folder itself if it is a run or the system does not open it, else the runs below it, so many levels down."""
    try:
        if (folder / "run.json").exists():
            return [folder]
        found = folder.iterdir() if depth and folder.is_dir() else ()
        inner = sorted(path for path in found if path.is_dir() and not path.is_symlink())
    except OSError:
        return [folder]
    return [run for path in inner for run in _runs_in(path, depth - 1)]
