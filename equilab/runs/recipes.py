"""Recipes: the `run` objects of the files in configs/, of a file of your own, or of an earlier run's run.json."""

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import equilab
from equilab.errors import DataError, SettingError
from equilab.models import VariationalAutoencoder
from equilab.objectives import Objective
from equilab.objectives.objective import argument_types
from equilab.runs.folder import read_run, recipe_of
from equilab.runs.own_files import load_file, make_importable
from equilab.runs.parts import find_part, part_classes, same_name
from equilab.runs.run import Run

PACKAGE = Path(equilab.__file__).resolve().parent  # an editable install reaches it by a link
FOLDER = next(each for each in (PACKAGE / "configs", PACKAGE.parent / "configs") if each.is_dir())
"""The recipes: in the package as it was installed, else beside it in a checkout."""


def recipe_names() -> list[str]:
    """The recipes of this project, by name."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def method_names() -> list[str]:
    """The project's objectives of a VAE by name: each stands for the recipe `dsprites` with this objective."""
    own = {name: kind for name, kind in part_classes(Objective).items() if kind.__module__.startswith("equilab.")}
    return [name for name, kind in own.items() if issubclass(VariationalAutoencoder, argument_types(kind).model)]


def _from_file(path: Path) -> Run:
    """The object called `run` of a Python file, which is executed as any module is."""
    run = getattr(load_file(path), "run", None)
    if not isinstance(run, Run):
        raise DataError(str(path), expected="an equilab.runs.run.Run called `run` in this file", got=type(run).__name__)
    return run


def recipe_file(name: str) -> Path | None:
    """The file of one's own that a recipe's name stands for, absolute; None for a recipe of this project.

    name: as of `find_recipe`; that of a run, or of its run.json, stands for the file that the run was started from.
    """
    path = Path(name)
    if same_name(name, recipe_names()) or path.suffix == ".py":
        return path.absolute() if path.suffix == ".py" and path.is_file() else None
    return recipe_of(path) if path.suffix == ".json" or (path / "run.json").is_file() else None


def find_recipe(name: str, modules: Iterable[str] = ()) -> tuple[str, Run]:
    """A short name for the run folder, and the run, of a recipe or a method, a .py file, a .json file or a run folder.

    Names are read in any case, with or without underscores. The folder of a .py file of one's own is importable from
    then on.

    Raises SettingError, with the recipes there are, when nothing of that name exists.
    """
    path = Path(name)
    if recipe := same_name(name, recipe_names()):
        return recipe, _from_file(FOLDER / f"{recipe}.py")
    if path.suffix == ".py" and not path.is_file():
        raise DataError(name, expected="a .py file that defines `run`", got="no file of that name")
    if path.suffix == ".py":
        make_importable(path.parent)
        return path.stem, _from_file(path)
    if path.suffix == ".json" or (path / "run.json").is_file():
        run = read_run(path, modules).run
        return f"again_{type(run.objective).__name__.lower()}", run
    if method := same_name(name, method_names()):
        standard = _from_file(FOLDER / "dsprites.py")
        return method, replace(standard, objective=find_part(Objective, method, argument="RECIPE"))
    near = get_close_matches(name, [*recipe_names(), *method_names()], n=1, cutoff=0.5)
    raise SettingError(
        "RECIPE",
        expected=f"a recipe ({', '.join(recipe_names())}), a method ({', '.join(method_names())}), a .py file that "
        "defines `run`, the run.json of a run, or the settings.json of an export",
        got=repr(name),
        hint=f"did you mean {near[0]}?" if near else "",
    )
