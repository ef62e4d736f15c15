"""Settings to JSON and back: a tagged tree of known frozen dataclasses, never an arbitrary class.

A dataclass becomes {"type": "equilab.objectives.factor_vae.FactorVAE", "gamma": 35.0, ...}. Reading looks the tag up
in the table of known dataclasses: those of this project, and those of modules that the caller names. A file can
therefore choose among classes that are already imported, and nothing else: it cannot import or call anything.
"""

import inspect
import json
import typing
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any

from equilab.errors import DataError, SettingError
from equilab.files import read_plain
from equilab.runs.own_files import loaded_file

OWN_MODULES = (
    "equilab.data",
    "equilab.latents",
    "equilab.models",
    "equilab.objectives",
    "equilab.optimizers",
    "equilab.schedules",
    "equilab.runs.compute",
    "equilab.runs.evaluations",
    "equilab.runs.run",
)
FORMAT = 3
"""The format of run.json: 1 up to the first state of 0.1.0, whose files are not read; 3 adds settings of W&B."""
ADDED: dict[str, tuple[int, Any]] = {
    "Logging.group": (3, None),
    "Logging.tags": (3, []),
    "Logging.system_metrics": (3, "auto"),
    "Logging.console": (3, "auto"),
    "Logging.commit": (3, "auto"),
}
"""Fields that came later than format 2: by "Class.field" the format that added it, and the value that files of earlier
formats, which lack it, meant, as `to_tree` writes it. A field that is missing without being listed here is an error,
never today's default."""


def _dataclasses_of(module: ModuleType) -> Iterable[type]:
    return (value for value in vars(module).values() if inspect.isclass(value) and is_dataclass(value))


def known_classes(modules: Iterable[str] = ()) -> dict[str, type]:
    """The dataclasses that a file may name, by "module.Class": the project's own, then those of `modules`.

    modules: names on the Python path, or .py files, whose folders are importable from then on. Importing them runs
    their code: name only modules that you trust. Raises SettingError for one that is missing, DataError for a file that
    cannot be loaded.
    """
    known: dict[str, type] = {}
    for name in (*OWN_MODULES, *modules):
        try:
            module = loaded_file(Path(name)) if name.endswith(".py") else import_module(name)
        except ModuleNotFoundError as error:
            hint = "or their files: --modules path/to/my_module.py"
            got = f"{name!r} ({error})"
            raise SettingError("modules", expected="modules on the Python path", got=got, hint=hint) from error
        known |= {f"{found.__module__}.{found.__qualname__}": found for found in _dataclasses_of(module)}
    return known


def to_tree(value: Any, *, compared: bool = False) -> Any:
    """The settings as dicts, lists, strings, numbers and None, each dataclass tagged with its type.

    value: settings. compared: whether fields that take no part in comparisons are left out; default False.
    """
    if is_dataclass(value) and not isinstance(value, type):
        tag = f"{type(value).__module__}.{type(value).__qualname__}"
        if any(field.name == "type" for field in fields(value)):
            raise SettingError(tag, expected="fields of other names than `type`", got="type", hint="rename it")
        kept = [field.name for field in fields(value) if field.compare or not compared]
        return {"type": tag} | {name: to_tree(getattr(value, name), compared=compared) for name in kept}
    if isinstance(value, list | tuple):
        return [to_tree(item, compared=compared) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise SettingError(
        "a setting", expected="a dataclass, number, string, list or None", got=f"{type(value).__name__} {value!r}"
    )


def by_name(tree: Any) -> Any:
    """A tree with each class by its own name, without fields that have the value which earlier formats meant."""
    if isinstance(tree, list):
        return [by_name(item) for item in tree]
    if not isinstance(tree, dict):
        return int(tree) if isinstance(tree, float) and tree.is_integer() else tree  # 4.0 and 4 are one number
    name = str(tree.get("type", "")).rsplit(".", 1)[-1]
    found = {field: by_name(value) for field, value in tree.items() if field != "type"}
    for field in list(found):
        if f"{name}.{field}" in ADDED and by_name(ADDED[f"{name}.{field}"][1]) == found[field]:
            del found[field]
    return found | ({"type": name} if name else {})


def differences(first: Any, second: Any, path: str = "") -> list[str]:
    """The dotted paths at which two trees differ, with both values."""
    if isinstance(first, dict) and isinstance(second, dict) and first.get("type") == second.get("type"):
        names = [*first, *(name for name in second if name not in first)]
        return [
            each
            for name in names
            for each in differences(first.get(name), second.get(name), f"{path}.{name}".strip("."))
        ]
    return [] if first == second else [f"{path} {_short(first)}, now {_short(second)}"]


def _short(tree: Any) -> str:
    """A tree in a few words: a class by its name, everything else as JSON."""
    return str(tree["type"]).rsplit(".", 1)[-1] if isinstance(tree, dict) and "type" in tree else json.dumps(tree)


def modules_of(tree: Any) -> list[str]:
    """The modules beside this project's own that hold the classes of a tree, sorted."""
    own = known_classes()
    return sorted({tag.rsplit(".", 1)[0] for tag in _tags(tree) if tag not in own})


def _tags(tree: Any) -> Iterator[str]:
    """The class of every object of a tree."""
    if isinstance(tree, dict):
        yield tree["type"]
        tree = [*tree.values()]
    for item in tree if isinstance(tree, list) else ():
        yield from _tags(item)


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
        raise DataError(where, expected=getattr(hint, "__name__", hint), got=repr(value))
    return value


def from_tree(tree: Any, known: dict[str, type], where: str = "run", *, format: int = FORMAT) -> Any:
    """The settings that `to_tree` wrote, under a format of run.json; DataError that names the place for anything else.

    tree: JSON's types. known: the classes that it may name. where: its place, for messages. format: of the file.
    """
    if isinstance(tree, list):
        return [from_tree(item, known, f"{where}[{index}]", format=format) for index, item in enumerate(tree)]
    if not isinstance(tree, dict):
        return tree
    tag = tree.get("type")
    if not isinstance(tag, str) or tag not in known:
        near = get_close_matches(str(tag), known, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise DataError(
            f"{where}.type",
            expected="a known class of settings",
            got=repr(tag),
            hint=f"{hint}a class of your own is accepted when you name its module: --modules my_package.my_module",
        )
    found = known[tag]
    hints = typing.get_type_hints(found)
    own = [field.name for field in fields(found) if field.init]
    if unknown := [name for name in tree if name != "type" and name not in own]:
        expected = f"a field of {tag}: {', '.join(sorted(own))}"
        raise DataError(f"{where}.{unknown[0]}", expected=expected, got="a field that it lacks")
    settings = {}
    for name in own:
        place = f"{where}.{name}"
        if name in tree:
            value = from_tree(tree[name], known, place, format=format)
        elif format < ADDED.get(f"{found.__name__}.{name}", (0, None))[0]:
            value = from_tree(ADDED[f"{found.__name__}.{name}"][1], known, place, format=format)
        else:
            raise DataError(place, expected=f"a value, as format {format} of run.json holds every field", got="none")
        settings[name] = _field(value, hints[name], place)
    return found(**settings)


def read_json(path: Path, *, role: str = "the run.json of a run folder") -> Any:
    """The content of a JSON file of at most 64 MiB; DataError says what is wrong with a missing or broken one.

    role: what the file is, in words.
    """
    try:
        return json.loads(read_plain(path, most=2**26).decode())
    except OSError as error:
        raise DataError(str(path), expected=role, got=error.strerror) from error
    except DataError:
        raise
    except (ValueError, RecursionError) as error:
        raise DataError(str(path), expected="valid JSON", got=str(error)) from error
