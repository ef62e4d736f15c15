"""Who is asked: a module as it was handed over, and copies of it in other precisions."""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import nn

from equilab.check.questions.calibrate import unit
from equilab.check.questions.case import Case
from equilab.check.subjects.copies import reached, rebound
from equilab.check.subjects.subject import Subject, floating
from equilab.errors import SettingError

Mode = Literal["as_is", "train", "eval"]


def as_handed_over(
    fn: Callable[..., Any], mode: Mode, autocast: torch.dtype | None, seed: int
) -> tuple[Subject, list[str]]:
    """The module as it was handed over, in a copy where that is possible."""
    notes: list[str] = []
    try:
        function, modules = rebound(fn, None)
    except Exception as error:
        function, modules = fn, reached(fn)
        notes.append(
            f"no copy could be made ({type(error).__name__}: {_first_line(error)}): the module itself was called, and "
            "put back as it was"
        )
        if mode != "as_is":
            raise SettingError(
                "mode", expected="'as_is' for what cannot be copied", got=repr(mode), hint="set the mode yourself"
            ) from error
    _set_mode(modules, mode)
    return Subject(function, modules, autocast=autocast, seed=seed), notes


def _set_mode(modules: list[nn.Module], mode: Mode) -> None:
    if mode != "as_is":
        for module in modules:
            module.train(mode == "train")


def in_precision(
    fn: Callable[..., Any], dtype: torch.dtype, mode: Mode, case: Case, g: Any, notes: list[str], seed: int
) -> Subject | None:
    """A copy in another precision that answers at x and moves x; None, with a note, where there is none."""
    word = str(dtype).removeprefix("torch.")
    try:
        function, modules = rebound(fn, dtype)
        _set_mode(modules, mode)
        subject = Subject(function, modules, dtype=dtype, seed=seed)
        again = case.cast(dtype)
        again.moved(g)
        found = [leaf.dtype for leaf in floating(again.call(subject, again.values))]
    except Exception as error:
        why = f"{type(error).__name__}: {_first_line(error)}"
        notes.append(f"no {word} copy ({why}): errors below round-off cannot be seen")
        return None
    if found and all(unit(kind) > unit(dtype) for kind in found):
        notes.append(f"the {word} copy answers in {found[0]}: errors below round-off cannot be seen")
        return None
    return subject


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:120]
