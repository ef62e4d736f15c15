"""The run folder: its name, its run.json, and the lock that keeps a second process out."""

import json
import os
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

import equilab
from equilab.errors import DataError, EquilabError, SettingError
from equilab.runs.commit import commit_of
from equilab.runs.run import Run
from equilab.runs.serial import (
    FORMAT,
    by_name,
    differences,
    from_tree,
    known_classes,
    modules_of,
    read_json,
    to_tree,
)


class WriteError(RuntimeError):
    """The run folder's disk did not take something; the message says what is intact and what to do."""


class BusyError(DataError):
    """Another process trains in this folder."""


@dataclass(frozen=True)
class Saved:
    """What run.json holds.

    run: the settings. key: the run's key when it was started, which a longer training keeps. environment: versions and
    machine that it was started with.
    """

    run: Run
    key: str
    environment: dict[str, Any]


def environment() -> dict[str, Any]:
    """Versions and hardware that a result may depend on, and the commit of the working directory.

    Bit-identity holds where versions and hardware agree.
    """
    packages = {name: version(name) for name in ("torch", "numpy", "scikit-learn")}
    return {
        "python": platform.python_version(),
        "equilab": equilab.__version__,
        **packages,
        "machine": platform.machine(),
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "commit": commit_of(Path.cwd()),
    }


def _processor() -> str:
    """The processor's name, as precisely as the system tells it."""
    table = Path("/proc/cpuinfo")
    if table.exists():
        lines = table.read_text(encoding="utf-8").splitlines()
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return platform.processor()


def write_atomically(path: Path, content: bytes) -> None:
    """The file with this content, or, after a crash at any moment, as it was: temporary file, fsync, rename."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def free_name(parent: Path, recipe: str, seed: int) -> Path:
    """A folder that does not exist yet: parent / date_recipe_sSEED, with -2, -3 ... behind it where taken."""
    stem = f"{date.today().isoformat()}_{recipe}_s{seed}"
    names = (stem if count == 1 else f"{stem}-{count}" for count in range(1, 10_000))
    return next(parent / name for name in names if not (parent / name).exists())


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; BusyError when another one trains in it. A killed process frees its lock."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    owner = folder / ".owner"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        who = owner.read_text(encoding="utf-8") if owner.exists() else "another process"
        raise BusyError(
            str(folder),
            expected="a folder in which no other process trains",
            got=who,
            hint="wait for it, or choose another --folder",
        ) from None
    try:
        owner.write_text(f"process {os.getpid()} on {platform.node()}", encoding="utf-8")
        yield
    finally:
        lock.release()


def is_locked(folder: Path) -> bool:
    """Whether a process, perhaps this one, trains in the folder at this moment."""
    if not (folder / ".lock").exists():
        return False
    try:
        with FileLock(folder / ".lock", timeout=0):
            return False
    except Timeout:
        return True


def refuse_taken(folder: Path) -> None:
    """DataError when the folder already holds a run."""
    if (folder / "run.json").exists():
        raise DataError(
            str(folder),
            expected="a folder without a run",
            got="run.json",
            hint=f"go on with it (--resume {folder}) or choose another --folder",
        )


def refuse_other_settings(before: dict[str, Any], run: Run, folder: Path, *, of: str, hint: str) -> None:
    """DataError, naming the settings, unless a run is the one before, or the same with more updates.

    before: the settings that decided the result, as `Run.deciding` gives them. run: the settings now. folder: of the
    run. of: what holds the settings before. hint: what to do.
    """
    now, then = by_name(run.deciding()), by_name(before)
    if now["steps"] > then["steps"]:
        now["steps"] = then["steps"]
    if found := differences(then, now):
        raise DataError(str(folder), expected=f"the settings of its {of}", got=", ".join(found), hint=hint)


def claim(folder: Path, run: Run) -> None:
    """Writes run.json: of a new run, or of one that goes on with more updates or other settings that decide nothing.

    Raises DataError, naming the settings, where the folder holds another run.
    """
    path = folder / "run.json"
    if not path.exists():
        _write(path, Saved(run, run.key(), environment()))
        return
    saved = read_run(folder, modules_of(to_tree(run)))
    refuse_other_settings(saved.run.deciding(), run, folder, of="run.json", hint="choose another folder")
    if saved.run != run:
        _write(path, replace(saved, run=run))


def extend_run(folder: Path, saved: Saved, steps: int) -> Saved:
    """The run of a folder with more updates, as run.json now says; its key stays.

    Raises SettingError for fewer updates, BusyError while another process trains in the folder.
    """
    if steps < saved.run.steps:
        raise SettingError("steps", expected=f"at least the {saved.run.steps} of the run", got=steps)
    longer = replace(saved, run=replace(saved.run, steps=steps))
    if longer != saved:
        with locked(folder):
            _write(folder / "run.json", longer)
    return longer


def _write(path: Path, saved: Saved) -> None:
    tree = {"format": FORMAT, "key": saved.key, "run": to_tree(saved.run), "environment": saved.environment}
    write_atomically(path, json.dumps(tree, indent=2).encode())


def _read(path: Path) -> dict[str, Any]:
    """The content of a run.json of a format that is read, with a tree of settings; DataError for anything else."""
    tree = read_json(path)
    found = tree.get("format") if isinstance(tree, dict) else None
    wanted = f"a run.json of format {FORMAT}"
    if found == 1 and found is not True:
        raise DataError(str(path), expected=wanted, got="format 1, of an earlier 0.1.0", hint="train again")
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise DataError(str(path), expected=wanted, got=repr(found))
    if found > FORMAT:
        raise DataError(str(path), expected=wanted, got=f"format {found}", hint="update equilab, which wrote it")
    if not isinstance(tree.get("run"), dict):
        raise DataError(str(path), expected="a Run", got=repr(tree.get("run")))
    return tree


def read_run(path: Path, modules: Iterable[str] = ()) -> Saved:
    """The run that a run.json (or the folder that holds one) describes.

    Only known dataclasses are built: the project's own, and those of `modules`, which the caller names.
    Raises DataError.
    """
    path = path if path.suffix == ".json" else path / "run.json"
    tree = _read(path)
    known = known_classes(modules)
    try:
        run = from_tree(tree["run"], known, format=tree["format"])
    except EquilabError as error:
        raise error.within(str(path)) from error
    if not isinstance(run, Run):
        raise DataError(str(path), expected="a Run", got=type(run).__name__)
    return Saved(run, str(tree.get("key", "")), tree.get("environment") or {})
