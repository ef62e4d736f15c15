"""Copies of a callable with copies of all that it reaches, in the precision that is asked for."""

import copy
from collections import deque
from collections.abc import Iterator
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.subjects.state import has_state, is_empty
from equilab.check.subjects.trees import rebuilt

_DEPTH = 8  # of containers, closures and objects that are looked through


def cast(x: Tensor, dtype: torch.dtype | None) -> Tensor:
    """x in another precision, real or complex as it is; integers stay what they are."""
    if dtype is None or not (x.is_floating_point() or x.is_complex()):
        return x
    return x.to(dtype.to_complex() if x.is_complex() else dtype)


def reached(fn: Any) -> list[nn.Module]:
    """The outermost modules that a callable reaches: itself, its closure and arguments, globals of its own file."""
    found = [part for part in _below(fn, 0, set()) if isinstance(part, nn.Module)]
    inner = {id(part) for module in found for part in module.modules() if part is not module}
    return [module for module in found if id(module) not in inner]


def rebound(fn: Any, dtype: torch.dtype | None) -> tuple[Any, list[nn.Module]]:
    """A copy of a callable with copies of the modules and tensors it reaches, cast to `dtype` (None: as they are).

    What was tied stays tied. Raises whatever a module raises that cannot be copied; TypeError for a function that
    torch.compile made, of which a copy in another precision is one of the function itself.
    """
    function = _Copier(dtype).of(fn)
    return function, reached(function)


def inside_compiled(fn: Any) -> Any:
    """The callable that torch.compile was given; None for one that is not compiled."""
    return getattr(fn, "_torchdynamo_orig_callable", None)


def cast_module(module: nn.Module, dtype: torch.dtype) -> nn.Module:
    """The module itself with its parameters, buffers and tensors kept as attributes in another precision."""
    with torch.no_grad():
        module._apply(lambda tensor: cast(tensor, dtype))
    for part in module.modules():
        for name, value in list(vars(part).items()):
            if name not in ("_parameters", "_buffers", "_modules"):
                part.__dict__[name] = _cast_within(value, dtype)
    return module


def _cast_within(value: Any, dtype: torch.dtype) -> Any:
    if isinstance(value, Tensor):
        return cast(value, dtype)
    if type(value) in (list, tuple):
        return type(value)(_cast_within(part, dtype) for part in value)
    if type(value) is dict:
        return {name: _cast_within(part, dtype) for name, part in value.items()}
    return value


class _Copier:
    """One copy of everything, so that modules that share parts go on sharing them."""

    def __init__(self, dtype: torch.dtype | None):
        self.dtype = dtype
        self.memo: dict[int, Any] = {}  # of copy.deepcopy
        self.done: dict[int, Any] = {}
        self.kept: list[Any] = []  # alive, so that their ids stay theirs

    def of(self, part: Any, depth: int = 0) -> Any:
        """The copy of a part; the part itself where nothing in it has to be copied."""
        if id(part) not in self.done:
            self.kept.append(part)
            self.done[id(part)] = self._made(part, depth)
        return self.done[id(part)]

    def _made(self, part: Any, depth: int) -> Any:
        if isinstance(part, nn.Module):
            self._detach(part)
            with torch.no_grad():  # the copy of a scripted module would know where its numbers are from
                copied = copy.deepcopy(part, self.memo)
            for made, given in zip(copied.parameters(), part.parameters(), strict=True):
                made.requires_grad_(given.requires_grad)
            for inner in copied.modules():
                if isinstance(inner, nn.RNNBase):
                    inner.flatten_parameters()  # else cuDNN warns at every call
            return copied if self.dtype is None else cast_module(copied, self.dtype)
        if isinstance(part, Tensor):
            copied = copy.deepcopy(part, self.memo) if part.is_leaf else part.detach().clone()
            return cast(copied, self.dtype).detach().requires_grad_(part.requires_grad and part.is_leaf)
        if depth > _DEPTH or not any(isinstance(value, nn.Module | Tensor) for value in _below(part, depth, set())):
            return part
        if isinstance(part, FunctionType):
            return self._function(part, depth + 1)
        if isinstance(part, CellType):
            return self._cell(part, depth + 1)
        if isinstance(part, MethodType):
            return MethodType(part.__func__, self.of(part.__self__, depth + 1))
        if isinstance(part, partial):
            keywords = {name: self.of(value, depth + 1) for name, value in part.keywords.items()}
            return partial(
                self.of(part.func, depth + 1), *(self.of(value, depth + 1) for value in part.args), **keywords
            )
        if has_state(part):
            return self._object(part, depth + 1)
        found = [self.of(child, depth + 1) for _, child in _children(part)]
        return type(part)(found) if isinstance(part, set | frozenset | deque) else rebuilt(part, found)

    def _function(self, function: FunctionType, depth: int) -> FunctionType:
        compiled = inside_compiled(function)
        if compiled is not None:
            if self.dtype is None:
                raise TypeError("it is compiled by torch.compile")
            return self.of(compiled, depth)
        table = self.done.setdefault(id(function.__globals__), dict(function.__globals__))
        table.update({name: self.of(value, depth) for name, value in _used_globals(function).items()})
        cells = tuple(self.of(cell, depth) for cell in function.__closure__ or ())
        defaults = self.of(function.__defaults__, depth)
        made = FunctionType(function.__code__, table, function.__name__, defaults, cells)
        made.__kwdefaults__ = self.of(function.__kwdefaults__, depth)
        made.__dict__.update(vars(function))
        return made

    def _cell(self, cell: CellType, depth: int) -> CellType:
        made = self.done[id(cell)] = CellType()  # known before it is filled: a function may hold itself
        if not is_empty(cell):
            made.cell_contents = self.of(cell.cell_contents, depth)
        return made

    def _object(self, part: Any, depth: int) -> Any:
        made = self.done[id(part)] = copy.copy(part)
        vars(made).update({name: self.of(value, depth) for name, value in vars(part).items()})
        return made

    def _detach(self, module: nn.Module) -> None:
        """Tensors that are results of others, which deepcopy refuses, become copies of their numbers."""
        for part in module.modules():
            for value in _below(vars(part), _DEPTH - 2, set()):
                if isinstance(value, Tensor) and not value.is_leaf:
                    self.memo[id(value)] = value.detach().clone()


def _below(part: Any, depth: int, seen: set[int]) -> Iterator[Any]:
    if id(part) in seen or depth > _DEPTH:
        return
    seen.add(id(part))
    yield part
    for _, child in _children(part):
        yield from _below(child, depth + 1, seen)


def _children(part: Any) -> list[tuple[str, Any]]:
    """What a callable, a container or an object holds, by name; nothing for all else."""
    if isinstance(part, MethodType):
        return [("self", part.__self__)]
    if isinstance(part, partial):
        return [("func", part.func), ("args", part.args), ("keywords", part.keywords)]
    if isinstance(part, CellType):
        return [] if is_empty(part) else [("contents", part.cell_contents)]
    if isinstance(part, FunctionType):
        named = [("cell", cell) for cell in part.__closure__ or ()]
        named += [("defaults", part.__defaults__), ("kwdefaults", part.__kwdefaults__)]
        return named + list(_used_globals(part).items())
    if isinstance(part, dict):
        return [("", value) for value in part.values()]
    if isinstance(part, list | tuple | set | frozenset | deque):
        return [("", value) for value in part]
    return list(vars(part).items()) if has_state(part) and not isinstance(part, nn.Module) else []


def _used_globals(function: FunctionType) -> dict[str, Any]:
    """The globals that the code of a function names, but for functions from other files."""
    table, found, waiting = function.__globals__, {}, [function.__code__]
    while waiting:
        code = waiting.pop()
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        for name in code.co_names:
            value = table.get(name)
            if value is not None and (not isinstance(value, FunctionType) or value.__globals__ is table):
                found[name] = value
    return found
