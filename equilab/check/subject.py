"""What is being checked, called again and again from one state, and left as it was found."""

import copy
import random
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import CellType, FunctionType, MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from equilab.check.trees import leaves, mapped

_CONTAINERS = (list, dict, set, deque)


class Subject:
    """A callable under test: every call begins from the same state and the same random numbers.

    function: what is called; modules: the torch modules it reaches, whose state is put back after each call; dtype:
    what floating inputs are cast to, None: they go in as they are.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        modules: list[nn.Module],
        *,
        dtype: torch.dtype | None = None,
        autocast: torch.dtype | None = None,
        seed: int = 0,
    ):
        self.function, self.modules, self.dtype, self.autocast, self.seed = function, modules, dtype, autocast, seed
        self._kept = [Snapshot(module) for module in modules]
        self.changed = False  # whether a call left a state behind, before it was put back

    def __call__(self, inputs: tuple[Any, ...], *, seed: int | None = None) -> Any:
        """f(inputs), detached; the inputs are copies, so that f may write into its own."""
        given = mapped(self._given, inputs)
        device = next((leaf.device for _, leaf in leaves(inputs) if isinstance(leaf, Tensor)), torch.device("cpu"))
        with ExitStack() as stack:
            stack.enter_context(seeded(self.seed if seed is None else seed))
            if self.autocast is not None:
                stack.enter_context(torch.autocast(device.type, self.autocast))
            try:
                return mapped(_detached, self.function(*given))
            finally:
                for snapshot in self._kept:
                    self.changed |= snapshot.restore()

    def _given(self, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        return cast(leaf.detach(), self.dtype).clone().requires_grad_(leaf.requires_grad)


def _detached(leaf: Any) -> Any:
    return leaf.detach() if isinstance(leaf, Tensor) else leaf


def cast(x: Tensor, dtype: torch.dtype | None) -> Tensor:
    """x in another precision, real or complex as it is; integers stay what they are."""
    if dtype is None or not (x.is_floating_point() or x.is_complex()):
        return x
    return x.to(dtype.to_complex() if x.is_complex() else dtype)


def floating(values: Iterable[Any]) -> list[Tensor]:
    """The real and complex floating tensors among some leaves."""
    return [leaf for leaf in values if isinstance(leaf, Tensor) and (leaf.is_floating_point() or leaf.is_complex())]


def reached(fn: Any) -> list[nn.Module]:
    """The modules that a callable reaches: itself, what it is a method of, its arguments, its closure and globals."""
    if isinstance(fn, nn.Module):
        return [fn]
    found: list[nn.Module] = []
    if isinstance(fn, MethodType):
        found = reached(fn.__self__)
    elif isinstance(fn, partial):
        found = [module for part in (fn.func, *fn.args, *fn.keywords.values()) for module in reached(part)]
    elif isinstance(fn, FunctionType):
        cells = [cell.cell_contents for cell in fn.__closure__ or () if not _is_empty(cell)]
        used = [fn.__globals__[name] for name in fn.__code__.co_names if name in fn.__globals__]
        found = [module for part in (*cells, *used) if isinstance(part, nn.Module) for module in [part]]
    elif hasattr(fn, "__dict__") and not isinstance(fn, type):
        found = [part for part in vars(fn).values() if isinstance(part, nn.Module)]
    return list(dict.fromkeys(found))


def rebound(fn: Any, dtype: torch.dtype | None) -> tuple[Any, list[nn.Module]]:
    """A copy of a callable with copies of the modules it reaches, cast to `dtype` (None: as they are).

    Raises whatever a module raises that cannot be copied; TypeError for a callable that is bound to globals.
    """
    copies: list[nn.Module] = []

    def of(part: Any) -> Any:
        if isinstance(part, nn.Module):
            copied = copy.deepcopy(part)
            copies.append(copied)
            return copied if dtype is None else cast_module(copied, dtype)
        if isinstance(part, Tensor):
            return cast(part, dtype)
        if isinstance(part, MethodType):
            return MethodType(part.__func__, of(part.__self__))
        if isinstance(part, partial):
            return partial(
                of(part.func), *map(of, part.args), **{name: of(value) for name, value in part.keywords.items()}
            )
        if isinstance(part, FunctionType) and part.__closure__:
            cells = tuple(
                CellType() if _is_empty(cell) else CellType(of(cell.cell_contents)) for cell in part.__closure__
            )
            made = FunctionType(part.__code__, part.__globals__, part.__name__, part.__defaults__, cells)
            made.__kwdefaults__ = part.__kwdefaults__
            return made
        return part

    function = of(fn)
    if len(copies) < len(reached(fn)):
        raise TypeError("it reaches modules by global names")
    return function, copies


def cast_module(module: nn.Module, dtype: torch.dtype) -> nn.Module:
    """The module itself with its parameters, buffers and tensors kept as attributes in another precision."""
    module._apply(lambda tensor: cast(tensor, dtype))
    for part in module.modules():
        for name, value in list(vars(part).items()):
            if isinstance(value, Tensor):
                part.__dict__[name] = cast(value, dtype)
    return module


class Snapshot:
    """The state of a module: tensors, attributes, modes, requires_grad, so that it can be put back."""

    def __init__(self, module: nn.Module):
        self.parts = list(module.modules())
        self.attributes = [dict(vars(part)) for part in self.parts]
        self.tables = [
            {name: _copied(value) for name, value in vars(part).items() if isinstance(value, _CONTAINERS)}
            for part in self.parts
        ]
        self.tensors = [
            (tensor, tensor.detach().clone(), tensor._version, tensor.requires_grad) for tensor in _state(module)
        ]
        self.generators = [
            (value, value.get_state())
            for part in self.parts
            for value in vars(part).values()
            if isinstance(value, torch.Generator)
        ]

    @torch.no_grad()
    def restore(self) -> bool:
        """Puts the state back; whether there was anything to put back."""
        changed = False
        for part, attributes, tables in zip(self.parts, self.attributes, self.tables, strict=True):
            present = vars(part)
            for name, table in tables.items():
                if (attributes[name] or table) and _differs(attributes[name], table):
                    changed = True
                    _refill(attributes[name], table)
            if present.keys() != attributes.keys() or any(present[name] is not attributes[name] for name in attributes):
                changed = True
                present.clear()
                present.update(attributes)
        for place, (tensor, value, version, requires_grad) in enumerate(self.tensors):
            if tensor._version != version:
                changed = True
                (tensor.data if isinstance(tensor, nn.Parameter) else tensor.detach()).copy_(value)
                self.tensors[place] = (tensor, value, tensor._version, requires_grad)
            if tensor.requires_grad != requires_grad:
                tensor.requires_grad_(requires_grad)
        for generator, state in self.generators:
            generator.set_state(state)
        return changed


def _state(module: nn.Module) -> list[Tensor]:
    loose = (value for part in module.modules() for value in vars(part).values() if isinstance(value, Tensor))
    listed = [*module.parameters(), *module.buffers(), *loose]
    return [tensor for tensor in listed if not is_lazy(tensor)]


def _copied(table: Any) -> Any:
    """A shallow copy; () for what is empty, as most tables of hooks are."""
    if not table:
        return ()
    return table.copy() if type(table) in _CONTAINERS else copy.copy(table)


def _holds_tensors(table: Any) -> bool:
    return any(not isinstance(value, int | float | str | bool) for value in _values(table))


def _values(table: Any) -> Any:
    return table.values() if isinstance(table, dict) else table


def _differs(now: Any, then: Any) -> bool:
    """Whether a table holds other things, or in another order; tensors are told apart by what they are."""
    if len(now) != len(then):
        return True
    if not _holds_tensors(then):
        return now != then
    if isinstance(now, dict) and list(now) != list(then):
        return True
    return isinstance(now, set) or any(a is not b for a, b in zip(_values(now), _values(then), strict=True))


def _refill(table: Any, values: Any) -> None:
    table.clear()
    table.extend(values) if isinstance(table, list | deque) else table.update(values)


def _is_empty(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return True
    return False


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The random numbers of torch, Python and numpy begin at the seed, and go on afterwards where they were."""
    states = [_python(), _torch_cpu(), *_devices(), *_numpy()]
    with ExitStack() as stack:
        for get, set_, start in states:
            stack.callback(set_, get())
            start(seed)
        yield


def _python() -> tuple[Any, Any, Any]:
    return random.getstate, random.setstate, random.seed


def _torch_cpu() -> tuple[Any, Any, Any]:
    generator = torch.default_generator
    return generator.get_state, generator.set_state, generator.manual_seed


def _devices() -> list[tuple[Any, Any, Any]]:
    if not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return []
    return [
        (generator.get_state, generator.set_state, generator.manual_seed) for generator in torch.cuda.default_generators
    ]


def _numpy() -> list[tuple[Any, Any, Any]]:
    numpy = sys.modules.get("numpy")
    return [] if numpy is None else [(numpy.random.get_state, numpy.random.set_state, numpy.random.seed)]
