"""The settings that decide a result: flat, in words, and compared over runs."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from equilab.errors import DataError
from equilab.runs.record import Record
from equilab.runs.run import Run
from equilab.runs.serial import by_name

_ABSENT = object()
"""In place of the value of a setting that a run lacks."""


def leaves(tree: Any, path: str = "") -> dict[str, Any]:
    """The values of a settings tree by their dotted path; a class by its own name.

    >>> leaves({"data": {"type": "equilab.data.MiniSprites", "size": 64}, "steps": 3})
    {'data': 'MiniSprites', 'data.size': 64, 'steps': 3}
    """
    if isinstance(tree, list) and any(isinstance(item, dict) for item in tree):
        tree = {str(index): item for index, item in enumerate(tree)}
    if not isinstance(tree, dict):
        return {path: tree}
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if name == "type":
            found |= {path: value.rsplit(".", 1)[-1]} if path else {}
        else:
            found |= leaves(value, f"{path}.{name}".strip("."))
    return found


def same_but_seed(run: Run) -> str:
    """A text that is equal for runs which differ in their seed alone, and in what does not decide a result."""
    return json.dumps(by_name(run.deciding() | {"seed": None}), sort_keys=True)


def method_of(run: Run) -> str:
    """The name of the objective's class."""
    return type(run.objective).__name__


def settings_of(runs: Sequence[Run]) -> tuple[str, ...]:
    """For each run the settings in words: fields of the objective in which runs of its method differ, and any other
    in which runs differ at all, but for the seed and what does not decide a result.

    Runs of one method have the same words exactly if they differ in nothing but the seed (`same_but_seed`): numbers are
    written with six digits, and in full where six digits do not separate them.

    >>> from equilab.data import MiniSprites
    >>> from equilab.models import ConvVAE
    >>> from equilab.objectives import VAE, BetaVAE
    >>> objectives = (VAE(), BetaVAE(4.0), BetaVAE(16.0))
    >>> settings_of([Run(MiniSprites(), ConvVAE(), objective) for objective in objectives])
    ('', 'beta=4', 'beta=16')
    """
    trees = [{path: by_name(value) for path, value in leaves(run.deciding() | {"seed": None}).items()} for run in runs]
    methods = [method_of(run) for run in runs]
    of_all = _forms(trees)
    of_method = {
        method: _forms([tree for tree, name in zip(trees, methods, strict=True) if name == method])
        for method in dict.fromkeys(methods)
    }
    words = []
    for tree, method in zip(trees, methods, strict=True):
        forms = {path: (of_method[method] if path.split(".")[0] == "objective" else of_all).get(path) for path in tree}
        parts = [f"{path.removeprefix('objective.')}={form(tree[path])}" for path, form in forms.items() if form]
        words.append(" ".join(parts))
    return tuple(words)


def _forms(trees: Sequence[dict[str, Any]]) -> dict[str, Callable[[Any], str]]:
    """For each setting in which trees differ, the shorter of two ways to write it that separates its values."""
    found = dict[str, Callable[[Any], str]]()
    for path in dict.fromkeys(path for tree in trees for path in tree):
        values = [tree.get(path, _ABSENT) for tree in trees]
        if (count := len(set(map(_full, values)))) > 1:
            found[path] = _short if len(set(map(_short, values))) == count else _full
    return found


def check_alike(records: Sequence[Record]) -> None:
    """DataError for runs on different data, and for two that are one training: same settings, same seed."""
    first = records[0]
    for record in records:
        if record.run.data != first.run.data:
            raise DataError(
                "RUN",
                expected=f"runs on one data set, such as {first.run.data} of {first.folder}",
                got=f"{record.run.data} in {record.folder}",
            )
    refuse_twins(records)


def refuse_twins(records: Sequence[Record]) -> None:
    """DataError, naming both folders, for two runs that are one training: same settings, same seed."""
    known = dict[str, Record]()
    for record in records:
        key = record.run.key()
        if key in known:
            raise DataError(
                "RUN",
                expected="different trainings",
                got=f"{known[key].folder} and {record.folder}, of equal settings and seed {record.run.seed}",
                hint="name one of them",
            )
        known[key] = record


def _short(value: Any) -> str:
    """A number with a fraction with six digits; anything else as `_full`."""
    return f"{value:g}" if isinstance(value, float) else _full(value)


def _full(value: Any) -> str:
    """A value in words that no other value has; a text that is a name as it is."""
    is_word = isinstance(value, str) and value.isidentifier() and value not in ("None", "True", "False")
    return value if is_word else repr(value)
