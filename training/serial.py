"""Settings to JSON and back: a tagged tree of known frozen dataclasses, never an arbitrary class.

A dataclass becomes {"type": "equilab.objectives.factor_vae.FactorVAE", "gamma": 35.0, ...}. Reading looks the tag up
in the table of known dataclasses: those of this project, and those of modules that the caller names. A file can
therefore choose among classes that are already imported, and nothing else: it cannot import or call anything.
"""

import inspect
import json
import typing
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any

from equilab.errors import DataError, SettingError

OWN_MODULES = (
    "equilab.data",
    "equilab.models",
    "equilab.objectives",
    "equilab.objectives.base",
    "equilab.optimizers",
    "training.run",
)


def _dataclasses_of(module: ModuleType) -> Iterable[type]:
    return (value for value in vars(module).values() if inspect.isclass(value) and is_dataclass(value))


def known_classes(modules: Iterable[str] = ()) -> dict[str, type]:
    """The dataclasses that a file may name, by "module.Class": the project's own, then those of `modules`.

    Importing `modules` runs their code: name only modules that you trust. Raises SettingError for one that is missing.
    """
    known: dict[str, type] = {}
    for name in (*OWN_MODULES, *modules):
        try:
            module = import_module(name)
        except ModuleNotFoundError as error:
            raise SettingError(f"modules: cannot import {name!r} ({error}); it must be on the Python path") from error
        known |= {f"{found.__module__}.{found.__qualname__}": found for found in _dataclasses_of(module)}
    return known


def to_tree(value: Any) -> Any:
    """The settings as dicts, lists, strings, numbers and None, each dataclass tagged with its type."""
    if is_dataclass(value) and not isinstance(value, type):
        tag = f"{type(value).__module__}.{type(value).__qualname__}"
        if any(field.name == "type" for field in fields(value)):
            raise SettingError(f"{tag}: a field cannot be called `type`, which names the class in run.json; rename it")
        return {"type": tag} | {field.name: to_tree(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        return [to_tree(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise SettingError(f"a setting of type {type(value).__name__} cannot be written to run.json: {value!r}")


def modules_of(tree: Any) -> list[str]:
    """The modules beside this project's own that hold the classes of a tree, sorted."""
    if isinstance(tree, list):
        return sorted({module for item in tree for module in modules_of(item)})
    if not isinstance(tree, dict):
        return []
    own = {tree["type"].rsplit(".", 1)[0]} if tree["type"] not in known_classes() else set()
    return sorted(own.union(*(modules_of(value) for value in tree.values())))


def _fits(value: Any, hint: Any) -> bool:
    """Whether a decoded value may stand in a field with this annotation."""
    origin = typing.get_origin(hint)
    if hint is Any:
        return True
    if origin in (typing.Union, UnionType):
        return any(_fits(value, option) for option in typing.get_args(hint))
    if origin is typing.Literal:
        return value in typing.get_args(hint)
    if origin in (tuple, list):
        return isinstance(value, origin)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint if isinstance(hint, type) else object)


def _field(value: Any, hint: Any, where: str) -> Any:
    """The decoded value of one field; JSON's lists become tuples where the field is one."""
    if isinstance(value, list) and typing.get_origin(hint) is tuple:
        value = tuple(tuple(item) if isinstance(item, list) else item for item in value)
    if not _fits(value, hint):
        raise DataError(f"{where}: expected {getattr(hint, '__name__', hint)}, got {value!r}")
    return value


def from_tree(tree: Any, known: dict[str, type], where: str = "run") -> Any:
    """The settings that `to_tree` wrote; raises DataError that names the place for anything else."""
    if isinstance(tree, list):
        return [from_tree(item, known, f"{where}[{index}]") for index, item in enumerate(tree)]
    if not isinstance(tree, dict):
        return tree
    tag = tree.get("type")
    if not isinstance(tag, str) or tag not in known:
        near = get_close_matches(str(tag), known, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise DataError(
            f"{where}.type: {tag!r} is not a known class of settings{hint} A class of your own is accepted when you "
            f"name its module: --modules my_package.my_module"
        )
    found = known[tag]
    hints = typing.get_type_hints(found)
    names = {field.name for field in fields(found) if field.init}
    settings = {}
    for name, value in tree.items():
        if name == "type":
            continue
        if name not in names:
            raise DataError(f"{where}.{name}: {tag} has no such field; it has {', '.join(sorted(names))}")
        place = f"{where}.{name}"
        settings[name] = _field(from_tree(value, known, place), hints[name], place)
    try:
        return found(**settings)
    except TypeError as error:  # a required field is missing
        raise DataError(f"{where}: {error}") from error


def read_json(path: Path) -> Any:
    """The content of a JSON file; DataError says what is wrong with a missing or broken one."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): expected the run.json of a run folder") from error
    except ValueError as error:
        raise DataError(f"{path}: not valid JSON ({error})") from error
