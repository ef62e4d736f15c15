"""The run folder: its name and its run.json."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from equilab.data import ArrayFile
from equilab.errors import DataError, EquilabError, SettingError
from equilab.files import write_atomically
from equilab.runs.environment import environment
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
from equilab.runs.writing import writing

EXPORTED = "settings.json"
"""The settings of a run that was exported: another name than run.json, so that an export is taken for no run."""


@dataclass(frozen=True)
class Saved:
    """What run.json holds.

    run: the settings. key: the run's key when it was started, which a longer training keeps. environment: versions and
    machine that it was started with. recipe: path of the file of one's own that it was started from; None: of none.
    """

    run: Run
    key: str
    environment: dict[str, Any]
    recipe: str | None = None


def free_name(parent: Path, recipe: str, seed: int) -> Path:
    """A folder that does not exist yet: parent / date_recipe_sSEED, with -2, -3 ... behind it where taken."""
    stem = f"{date.today().isoformat()}_{recipe}_s{seed}"
    names = (stem if count == 1 else f"{stem}-{count}" for count in range(1, 10_000))
    return next(parent / name for name in names if not (parent / name).exists())


def refuse_file(folder: Path) -> None:
    """DataError for a path at which, or above which, a file stands in place of a folder."""
    there = next((each for each in (folder, *folder.parents) if os.path.lexists(each)), Path())
    if not there.is_dir():
        raise DataError(str(folder), expected="a folder, or a path where one can be made", got=f"the file {there}")


def refuse_taken(folder: Path) -> None:
    """DataError when the folder already holds a run, or is no folder."""
    refuse_file(folder)
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
    if isinstance(steps := then.get("steps"), int) and now["steps"] > steps:
        now["steps"] = steps
    if found := differences(then, now):
        raise DataError(str(folder), expected=f"the settings of its {of}", got=", ".join(found), hint=hint)


def refuse_other_run(folder: Path, run: Run) -> Saved | None:
    """The run that a folder holds, None for none; DataError, naming the settings, for another run.

    folder: to train in. run: the settings now, of which the number of updates may have grown.
    """
    if not (folder / "run.json").exists():
        return None
    saved = read_run(folder, modules_of(to_tree(run)))
    refuse_other_settings(saved.run.deciding(), run, folder, of="run.json", hint="choose another folder")
    return saved


def claim(folder: Path, run: Run, recipe: Path | None = None) -> None:
    """Writes run.json: of a new run, or of one that goes on with more updates or other settings that decide nothing.

    folder: of the run. run: its settings. recipe: file of one's own that a new run comes from. Raises DataError, naming
    the settings, where the folder holds another run.
    """
    saved = refuse_other_run(folder, run)
    if saved is None:
        _write(folder, _tree(Saved(run, run.key(), environment(), None if recipe is None else str(recipe))))
    elif saved.run != run:
        _write(folder, _tree(replace(saved, run=run)) | {"checkpointed": was_saved(folder)})


def was_saved(folder: Path) -> bool:
    """Whether the run of a folder has written a checkpoint, as its run.json says; DataError for one that is no run."""
    path = folder / "run.json"
    return path.exists() and _read(path).get("checkpointed") is True


def mark_saved(folder: Path) -> None:
    """Notes in run.json that the run has written a checkpoint: one that is lost later is noticed then."""
    tree = _read(folder / "run.json")
    if tree.get("checkpointed") is not True:
        _write(folder, tree | {"checkpointed": True})


def longer_run(run: Run, steps: int) -> Run:
    """The run with more updates, or as many; `train` writes it to run.json once it was tried, and the key stays.

    Raises SettingError for fewer updates.
    """
    if steps < run.steps:
        raise SettingError("steps", expected=f"at least the {run.steps} of the run", got=steps)
    return replace(run, steps=steps)


def _tree(saved: Saved) -> dict[str, Any]:
    tree = {"format": FORMAT, "key": saved.key, "run": to_tree(saved.run), "environment": saved.environment}
    return tree | ({"recipe": saved.recipe} if saved.recipe else {})


def _write(folder: Path, tree: dict[str, Any]) -> None:
    path, content = folder / "run.json", json.dumps(tree, indent=2).encode()
    with writing(path, len(content)):
        write_atomically(path, content)


def _refuse_other_folder(folder: Path) -> None:
    """DataError for a folder that is an export, or that holds runs, in place of a run."""
    if (folder / EXPORTED).is_file():
        hint = f"equilab train {folder / EXPORTED} trains it once more; eq.load gives the model"
        raise DataError(str(folder), expected="a run folder", got="an export", hint=hint)
    if below := sorted(path.parent.name for path in folder.glob("*/run.json")):
        names = ", ".join(below[:3]) + (" ..." if len(below) > 3 else "")
        got = f"a folder of runs ({names})"
        raise DataError(str(folder), expected="a run folder", got=got, hint="name one of them")


def _read(path: Path) -> dict[str, Any]:
    """The content of a run.json of a format that is read, with a tree of settings; DataError for anything else."""
    if not path.exists():
        _refuse_other_folder(path.parent)
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
    for name, kind, words in (("key", str, "a text"), ("environment", dict, "an object")):
        if not isinstance(tree.get(name), kind):
            raise DataError(f"{path}: {name}", expected=words, got=json.dumps(tree.get(name)))
    return tree


def read_run(path: Path, modules: Iterable[str] = ()) -> Saved:
    """The run that a run.json (or the folder that holds one) describes.

    Only known dataclasses are built: the project's own, and those of `modules`, which the caller names.
    Raises DataError.
    """
    path, modules = (path if path.suffix == ".json" else path / "run.json"), tuple(modules)
    tree = _read(path)
    known = known_classes(modules)
    try:
        run = from_tree(tree["run"], known, format=tree["format"])
    except EquilabError as error:
        if tree.get("recipe") and not modules and error.argument.endswith(".type"):
            error.hint = f"{error.hint}; this run was started from {tree['recipe']}: --modules {tree['recipe']}"
        raise error.within(str(path)) from error
    except (TypeError, RecursionError) as error:  # an abstract class, or lists in lists in lists
        raise DataError(str(path), expected="the settings of a run", got=str(error)) from error
    if not isinstance(run, Run):
        raise DataError(str(path), expected="a Run", got=type(run).__name__)
    if isinstance(run.data, ArrayFile):
        run = replace(run, data=run.data.near(path.parent))  # the folder may have moved, with its data
    return Saved(run, tree["key"], tree["environment"], tree.get("recipe"))


def recipe_of(path: Path) -> Path | None:
    """The file of one's own that the run of a run.json, or of its folder, was started from; it is not read.

    Raises DataError for a run.json that cannot be read.
    """
    found = _read(path if path.suffix == ".json" else path / "run.json").get("recipe")
    return Path(found) if isinstance(found, str) else None
