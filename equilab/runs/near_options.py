"""Options that a command line does not have, refused with the nearest that it has."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any

from equilab.data import Dataset
from equilab.errors import SettingError
from equilab.models import Model
from equilab.objectives import Objective
from equilab.optimizers import Optimizer
from equilab.runs.options import option_names
from equilab.runs.parts import part_classes
from equilab.runs.run import Run


def options_of(settings: Any, prefix: str = "") -> list[str]:
    """The dotted path of every setting, as options write it: "objective.gamma", "model.latent-dim"."""
    found = list[str]()
    for each in fields(settings):
        value, path = getattr(settings, each.name), f"{prefix}{each.name.replace('_', '-')}"
        if isinstance(settings, Run) and each.name == "evaluations":
            for name, evaluation in zip(option_names(value), value, strict=True):
                found += options_of(evaluation, f"{path}.{name.replace('_', '-')}.")
        elif is_dataclass(value):
            found += [path, *options_of(value, f"{path}.")]
        else:
            found.append(path)
    return found


def check_options(words: Sequence[str], run: Run, further: Iterable[str] = ()) -> None:
    """Raises SettingError for the first option that there is not, with the nearest one as a hint.

    words: of a command line. run: its settings. further: options of the command itself.
    """
    known = [*options_of(run), *further, "help", "evaluations"]
    for word in words:
        name = word.partition("=")[0].removeprefix("--").replace("_", "-")
        if word.startswith("--") and not (name in known or _without_no(name) in known):
            near = nearest_option(name, known)
            hint = _of_another_part(name, known) or (f"did you mean --{near}?" if near else "--help lists all options")
            raise SettingError(f"--{name}", expected="an option of this recipe", got=word.partition("=")[0], hint=hint)


def nearest_option(name: str, known: Sequence[str]) -> str:
    """The option that a wrong one means most likely; empty where none is near.

    name: without dashes in front. known: likewise. In this order: the same last word, or one that begins with it; the
    initials of a last word; the nearest in spelling. Of several the one of the fewest parts.

    >>> known = ["model.latent-dim", "optimizer.learning-rate", "steps", "objective.gamma"]
    >>> [nearest_option(name, known) for name in ("latent-dim", "lr", "step", "gama", "latent", "x")]
    ['model.latent-dim', 'optimizer.learning-rate', 'steps', 'objective.gamma', 'model.latent-dim', '']
    """
    last = {option: option.rsplit(".", 1)[-1] for option in sorted(known, key=lambda option: option.count("."))}
    end = name.rsplit(".", 1)[-1]
    rules = (
        lambda word: word == end,
        lambda word: len(end) > 2 and word.startswith(end),
        lambda word: "-" in word and "".join(part[0] for part in word.split("-")) == end,
    )
    for rule in rules:
        for option, word in last.items():
            if rule(word):
                return option
    near = get_close_matches(name, known, n=1, cutoff=0.75) or get_close_matches(end, last.values(), n=1, cutoff=0.75)
    return next((option for option, word in last.items() if near and near[0] in (option, word)), "")


def _of_another_part(name: str, known: Sequence[str]) -> str:
    """A hint for a setting that no part of this run has and another class of its kind has; else empty.

    >>> _of_another_part("gamma", ["objective.beta"])
    'a setting of annealed_vae, factor_vae: --objective NAME takes another'
    """
    end = name.rsplit(".", 1)[-1]
    if any(option.rsplit(".", 1)[-1] == end for option in known):
        return ""
    found = classes_with(end.replace("-", "_"))
    return f"a setting of {', '.join(found[1])}: --{found[0]} NAME takes another" if found else ""


def classes_with(name: str) -> tuple[str, list[str]] | None:
    """The kind of part that has a setting of this name, and the classes of the project that have it; None for none.

    >>> classes_with("gamma")
    ('objective', ['annealed_vae', 'factor_vae'])
    """
    for option, kind in {"objective": Objective, "model": Model, "data": Dataset, "optimizer": Optimizer}.items():
        classes = {label: each for label, each in part_classes(kind).items() if each.__module__.startswith("equilab.")}
        if owners := [label for label, each in classes.items() if name in {field.name for field in fields(each)}]:
            return option, owners
    return None


def _without_no(name: str) -> str:
    """The setting that a switch such as "compute.no-channels-last" turns off."""
    head, dot, end = name.rpartition(".")
    return head + dot + end.removeprefix("no-")
