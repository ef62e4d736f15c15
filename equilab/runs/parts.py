"""The parts of a run by name: "factor_vae" for FactorVAE, "mini_sprites" for MiniSprites, yours like ours."""

import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, TypeVar

from equilab.data import Dataset, Sampler
from equilab.errors import SettingError
from equilab.models import Model
from equilab.objectives import Objective
from equilab.optimizers import Optimizer
from equilab.runs.evaluations import Evaluation
from equilab.runs.run import Run

PARTS = (Dataset, Model, Objective, Optimizer, Sampler)
"""The kinds of which a field holds one object, which an option exchanges by name."""
Part = TypeVar("Part")


def part_name(kind: type) -> str:
    """The name of a class in words of a command line.

    >>> from equilab.data import DSprites, RotatedMNIST
    >>> from equilab.objectives import AdaGVAE, BetaTCVAE
    >>> [part_name(kind) for kind in (DSprites, RotatedMNIST, AdaGVAE, BetaTCVAE)]
    ['dsprites', 'rotated_mnist', 'ada_gvae', 'beta_tcvae']
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


def part_classes(kind: type[Part]) -> dict[str, type[Part]]:
    """The concrete settings classes of a kind by name, of every module that is imported."""
    found: dict[str, type[Part]] = {}
    for each in kind.__subclasses__():
        found |= part_classes(each)
        if is_dataclass(each) and not inspect.isabstract(each) and not each.__name__.startswith("_"):
            found[part_name(each)] = each
    return dict(sorted(found.items()))


def with_defaults(kind: type) -> list[str]:
    """The names of the classes of a kind whose settings all have defaults, which an option can name.

    >>> "array_file" in with_defaults(Dataset), "array_file" in part_classes(Dataset)
    (False, True)
    """
    return [name for name, each in part_classes(kind).items() if not _needed(each)]


def find_part(kind: type[Part], name: object, *, argument: str) -> Part:
    """The settings object of a name, with the defaults of its class.

    kind: such as Objective. name: that of a class, in any case, with or without underscores. argument: for messages.
    Raises SettingError for a name of no class of this kind, and for a class with settings that have no default.

    >>> find_part(Objective, "factor-vae", argument="objective").gamma
    35.0
    """
    known = part_classes(kind)
    if not isinstance(name, str):
        hint = f"{name.__name__}(), with its settings" if isinstance(name, type) and issubclass(name, kind) else ""
        got = f"the class {name.__name__}" if isinstance(name, type) else type(name).__name__
        raise SettingError(argument, expected=f"a {kind.__name__}, or the name of one", got=got, hint=hint)
    by_letters = {_letters(each): each for each in known}
    if _letters(name) not in by_letters:
        near = get_close_matches(_letters(name), by_letters, n=1)
        hint = f"did you mean {by_letters[near[0]]}?" if near else ""
        raise SettingError(argument, expected=f"one of {', '.join(with_defaults(kind))}", got=repr(name), hint=hint)
    found = known[by_letters[_letters(name)]]
    if needed := _needed(found):
        raise SettingError(
            argument,
            expected="a class whose settings all have defaults",
            got=f"{found.__name__}, which needs {', '.join(needed)}",
            hint="write a recipe: a .py file that defines `run`",
        )
    return found()


def find_evaluations(given: object, *, argument: str) -> tuple[Evaluation, ...]:
    """Evaluations, each given as an object or by the name of its class; "none": none.

    given: one, or several. argument: for messages. Raises what `find_part` does.

    >>> find_evaluations(["held_out_loss"], argument="evaluations"), find_evaluations("none", argument="evaluations")
    ((HeldOutLoss(every=0, images=4096),), ())
    """
    several = given if isinstance(given, list | tuple) else [given]
    if list(several) == ["none"]:
        return ()
    return tuple(
        each if isinstance(each, Evaluation) else find_part(Evaluation, each, argument=argument) for each in several
    )


def same_name(name: str, known: Iterable[str]) -> str | None:
    """The name among known ones that has the same letters, in any case, with or without underscores; None for none."""
    return {_letters(each): each for each in known}.get(_letters(name))


def exchange(run: Run, words: Sequence[str]) -> tuple[Run, list[str]]:
    """The run with the parts that options name, and the words that are left.

    run: of a recipe. words: of a command line; `--data NAME`, `--objective.sampler NAME` and the like each exchange
    one part, `--evaluations NAME ...` all evaluations ("none": none); further options set fields of what is there then.
    Raises SettingError for a name of no class.

    >>> from equilab.data import DSprites
    >>> from equilab.models import ConvVAE
    >>> from equilab.objectives import VAE
    >>> run, left = exchange(Run(DSprites(), ConvVAE(), VAE()), ["--objective", "beta_vae", "--objective.beta", "8"])
    >>> type(run.objective).__name__, left
    ('BetaVAE', ['--objective.beta', '8'])
    """
    left, index = list[str](), 0
    while index < len(words):
        option, joined, value = words[index].partition("=")
        end = next((at for at in range(index + 1, len(words)) if words[at].startswith("--")), len(words))
        names = [value] if joined else list(words[index + 1 : end])
        path = option.removeprefix("--").replace("-", "_").split(".") if option.startswith("--") else []
        current = _at(run, path)
        kind = next((each for each in PARTS if isinstance(current, each)), None)
        if path == ["evaluations"]:
            if not names:
                known = ", ".join(with_defaults(Evaluation))
                raise SettingError(option, expected=f"names of {known}, or none", got="no name")
            run = replace(run, evaluations=find_evaluations(names, argument=option))
        elif kind is not None:
            if len(names) != 1:
                raise SettingError(option, expected=f"one of {', '.join(with_defaults(kind))}", got=" ".join(names))
            run = _with(run, path, find_part(kind, names[0], argument=option))
        else:
            left += words[index : index + 1 if joined else end]
        index += 1 if joined else end - index
    return run, left


def _letters(name: str) -> str:
    return re.sub("[_-]", "", name).lower()


def _needed(kind: type) -> list[str]:
    """The settings of a class that have no default."""
    given = [each for each in fields(kind) if each.init]
    return [each.name for each in given if each.default is MISSING and each.default_factory is MISSING]


def _at(settings: Any, path: Sequence[str]) -> Any:
    """The value of a dotted path of settings; None where there is none."""
    for name in path:
        if not is_dataclass(settings) or name not in {each.name for each in fields(settings)}:
            return None
        settings = getattr(settings, name)
    return settings if path else None


def _with(settings: Any, path: Sequence[str], value: Any) -> Any:
    """The settings with another value at a dotted path."""
    first, *rest = path
    return replace(settings, **{first: _with(getattr(settings, first), rest, value) if rest else value})
