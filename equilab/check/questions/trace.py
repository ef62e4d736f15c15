"""What goes into and comes out of every module inside a subject, in the order in which they answer."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.actions.boundary import plain
from equilab.check.actions.unwrapped import compiling_nothing
from equilab.check.questions.case import Case
from equilab.check.subjects.subject import Subject
from equilab.check.subjects.trees import leaves, mapped


@dataclass
class Call:
    """One call of a module."""

    name: str  # path from the root, with #2 for the second call
    module: nn.Module
    inputs: list[Any]  # its tensors, opened
    outputs: list[Any] = field(default_factory=list)
    arguments: tuple[Any, ...] = ()  # as they came
    keywords: dict[str, Any] = field(default_factory=dict)
    has_parts: bool = False  # whether another call was made inside this one
    outer: "Call | None" = None  # the call in which it was made


def record(subject: Subject, case: Case, values: tuple[Any, ...]) -> list[Call]:
    """The calls made for input leaves `values`, ordered by when they end; none where modules cannot be watched."""
    with recording(subject) as calls:
        case.call(subject, values)
    return calls


@contextmanager
def recording(subject: Subject) -> Iterator[list[Call]]:
    """A list that fills with the calls that end while it lasts. Hooks of the process: the modules are not touched."""
    paths: dict[int, str] = {}
    for root in subject.modules:
        for path, module in root.named_modules():
            paths.setdefault(id(module), path or type(module).__name__)
    calls: list[Call] = []
    opened: list[Call] = []
    counts: dict[int, int] = {}

    def before(module: nn.Module, arguments: Any) -> None:
        if id(module) not in paths:
            return
        counts[id(module)] = counts.get(id(module), 0) + 1
        again = f" #{counts[id(module)]}" if counts[id(module)] > 1 else ""
        for outer in opened:
            outer.has_parts = True
        given = _copied(tuple(arguments))  # a module may write into what it is given
        outer = opened[-1] if opened else None
        opened.append(Call(paths[id(module)] + again, module, tensors(given), arguments=given, outer=outer))

    def after(module: nn.Module, arguments: Any, keywords: dict[str, Any], output: Any) -> None:
        if any(call.module is module for call in opened):
            while opened[-1].module is not module:
                opened.pop()  # it raised, and was caught
            call = opened.pop()
            call.keywords = keywords
            call.inputs += tensors(keywords)
            call.outputs = tensors(_copied(output))
            calls.append(call)

    with hooked(before=before, after=after):
        yield calls


@contextmanager
def hooked(*, before: Callable[..., Any] | None = None, after: Callable[..., Any]) -> Iterator[None]:
    """While it lasts, every module calls before(module, inputs) and after(module, inputs, keywords, output)."""
    hooks = torch.nn.modules.module
    handles = [hooks.register_module_forward_pre_hook(before)] if before is not None else []
    handles.append(hooks.register_module_forward_hook(after, with_kwargs=True))
    try:
        with compiling_nothing(), warnings.catch_warnings():  # a compiler would trace the hooks
            warnings.filterwarnings("ignore", "Using `torch.compile")  # that it calls the hooks once more is no harm
            yield
    finally:
        for handle in handles:
            handle.remove()
            hooks._global_forward_hooks_with_kwargs.pop(handle.id, None)  # torch 2.13 leaves it behind


def tensors(tree: Any) -> list[Any]:
    """The tensors of a tree, opened and detached."""
    found = (plain(leaf) for _, leaf in leaves(tree))
    return [leaf.detach() for leaf in found if isinstance(leaf, Tensor)]


def _copied(tree: Any) -> Any:
    """The tree with copies of its tensors; itself, where it holds a container that cannot be built again."""
    try:
        return mapped(lambda leaf: leaf.detach().clone() if isinstance(leaf, Tensor) else leaf, tree)
    except Exception:
        return tree
