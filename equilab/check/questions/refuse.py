"""What cannot be checked is refused before anything is asked, with what to do instead."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from equilab.check.actions.action import Action, Ignored, Invariant
from equilab.check.actions.euclidean import Irreps, Motion
from equilab.check.actions.plane import Fields
from equilab.check.actions.symmetry import PlaneSymmetry
from equilab.errors import GroupError, SettingError
from equilab.groups import Element

_PLAIN = str | int | float | complex | None


def refuse_callable(fn: Any) -> None:
    """SettingError for what is no function and no module, and for a class."""
    if isinstance(fn, type):
        raise SettingError(
            "fn", expected="a module or a function", got=f"the class {fn.__name__}", hint="make one of it first"
        )
    if not callable(fn):
        raise SettingError("fn", expected="a module or a function", got=f"{type(fn).__name__} {str(fn)[:40]!r}")


def refuse_uninitialised(modules: Iterable[nn.Module]) -> None:
    """SettingError for lazy modules, which have no weights before their first call."""
    for module in modules:
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            if is_lazy(tensor):
                raise SettingError(
                    "fn",
                    expected="a module with weights",
                    got=f"{type(module).__name__} whose {name} has none before its first call",
                    hint="call it once first, fn(*inputs)",
                )


def refuse_inputs(actions: Sequence[Action], values: Sequence[Any], names: Sequence[str]) -> None:
    """SettingError for inputs that no action can move: objects, lists of numbers, sparse or nested tensors."""
    for action, leaf, name in zip(actions, values, names, strict=True):
        refuse_sparse(leaf, f"inputs{name}")
        if not isinstance(leaf, Tensor | _PLAIN) and not isinstance(action, Invariant):
            kind = type(leaf).__name__
            raise SettingError(
                f"inputs{name}",
                expected="a tensor, an array or a container of these",
                got=f"{kind}, which {action} cannot move",
                hint=f"pass a function of its tensors, such as lambda x: fn({kind}(x=x)), and those as inputs",
            )
    moved = [name for action, name in zip(actions, names, strict=True) if not isinstance(action, Invariant)]
    if moved and not any(isinstance(leaf, Tensor) for leaf in values):
        kinds = ", ".join(sorted({type(leaf).__name__ for leaf in values}))
        raise SettingError(
            "inputs", expected="a tensor among them", got=f"only {kinds}", hint="torch.as_tensor makes one"
        )


def refuse_outputs(actions: Sequence[Action], outputs: Sequence[Any], names: Sequence[str]) -> None:
    """SettingError for outputs that hold numbers nobody can see: distributions, sparse or nested tensors."""
    for action, leaf, name in zip(actions, outputs, names, strict=True):
        refuse_sparse(leaf, f"output{name}")
        if not (leaf is None or isinstance(leaf, Tensor | str) or isinstance(action, Ignored)):
            raise SettingError(
                f"output{name}",
                expected="a tensor, an array or a number",
                got=f"{type(leaf).__name__}, which cannot be compared",
                hint=(
                    "return its tensors (the mean and the covariance of a distribution), or give it the type "
                    "eq.check.Ignored()"
                ),
            )


def refuse_sparse(leaf: Any, name: str) -> None:
    """SettingError for tensors that are sparse or nested."""
    if isinstance(leaf, Tensor) and (leaf.is_nested or leaf.layout != torch.strided):
        kind, how = ("a nested", "to_padded_tensor(0.0)") if leaf.is_nested else ("a sparse", "to_dense()")
        raise SettingError(
            name, expected="a dense tensor", got=f"{kind} one", hint=f"pass a function that calls {how} on it"
        )


def refuse_elements(actions: Sequence[Action], elements: Sequence[Any], name: str) -> None:
    """GroupError for elements by which an action cannot move anything."""
    for action in actions:
        for g in elements:
            if isinstance(action, Irreps) and not isinstance(g, Motion | Tensor):
                raise GroupError(
                    "group", expected=f"motions of space for the irreps {action}", got=f"the element {g!s}"
                )
            if isinstance(action, Fields):
                _refuse_element(action, g, name)


def _refuse_element(action: Fields, g: Any, name: str) -> None:
    assert isinstance(action.symmetry, PlaneSymmetry)
    group = action.symmetry.group
    if not isinstance(g, Element):
        raise GroupError(
            "elements",
            expected=f"elements of {group}, the group of {action}",
            got=str(g),
            hint="group.element('1/4') makes one",
        )
    if g not in group:
        raise GroupError(
            name,
            expected="a type of the group that is checked",
            got=f"{action}, but {g} is no element of {group}",
            hint="write the type for the larger group, or check the smaller one",
        )
