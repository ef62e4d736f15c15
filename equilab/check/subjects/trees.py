"""Nested inputs and outputs taken apart into leaves and put together again, without a registry of containers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from torch import Tensor

from equilab.errors import SettingError


def children(tree: Any) -> list[tuple[str, Any]] | None:
    """(name, part) of each part of a container; None for a leaf."""
    if isinstance(tree, Mapping):
        return [(f"[{key!r}]", value) for key, value in tree.items()]
    names = getattr(tree, "_fields", None)
    if isinstance(tree, tuple) and names is not None:
        return [(f".{name}", value) for name, value in zip(names, tree, strict=True)]
    if isinstance(tree, list | tuple):
        return [(f"[{place}]", value) for place, value in enumerate(tree)]
    if is_dataclass(tree) and not isinstance(tree, type):
        return [(f".{field.name}", getattr(tree, field.name)) for field in fields(tree) if field.init]
    return None


def rebuilt(tree: Any, parts: Sequence[Any]) -> Any:
    """The same container with other parts, in the order of `children`."""
    if isinstance(tree, Mapping):
        filled = dict(zip(tree, parts, strict=True))
        if type(tree) is dict:
            return filled
        try:  # an OrderedDict, a Munch, a transformers ModelOutput
            return type(tree)(filled)  # pyright: ignore[reportCallIssue]
        except TypeError:
            return type(tree)(**filled)
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*parts)
    if isinstance(tree, list | tuple):
        return type(tree)(parts)
    names = [field.name for field in fields(tree) if field.init]
    return replace(tree, **dict(zip(names, parts, strict=True)))


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, leaf) in order; an empty path is the tree itself."""
    parts = children(tree)
    if parts is None:
        yield path, tree
        return
    for name, part in parts:
        yield from leaves(part, path + name)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with function(leaf) at every leaf.

    >>> mapped(lambda x: 2 * x, {"a": [1, 2], "b": (3,)})
    {'a': [2, 4], 'b': (6,)}
    """
    parts = children(tree)
    return function(tree) if parts is None else rebuilt(tree, [mapped(function, part) for _, part in parts])


def filled(tree: Any, values: Sequence[Any]) -> Any:
    """The tree with these values at its leaves, in order."""
    source = iter(values)
    return mapped(lambda _: next(source), tree)


def spread(types: Any, tree: Any, is_leaf: Callable[[Any], bool], name: str, path: str = "") -> list[Any]:
    """One entry of `types` per leaf of `tree`: an entry that stands for a container is that of all of its leaves.

    is_leaf tells an entry from a container of entries. Raises SettingError, with the path, where the shapes differ.
    """
    inner, parts = (None if is_leaf(types) else children(types)), children(tree)
    if inner is None:
        return [types] * len(list(leaves(tree)))
    if parts is None:
        parts = [("[0]", tree)] if len(inner) == 1 and isinstance(tree, Tensor) else None
    if parts is None or len(parts) != len(inner):
        count = "one tensor" if parts is None else f"{len(parts)} parts"
        raise SettingError(f"{name}{path}", expected="one type for each part", got=f"{len(inner)} types for {count}")
    if isinstance(types, Mapping) and isinstance(tree, Mapping):
        if set(types) != set(tree):
            raise SettingError(
                f"{name}{path}", expected=f"types for {sorted(map(str, tree))}", got=sorted(map(str, types))
            )
        inner = [(f"[{key!r}]", types[key]) for key in tree]
    return [
        found
        for (step, entry), (_, part) in zip(inner, parts, strict=True)
        for found in spread(entry, part, is_leaf, name, path + step)
    ]
