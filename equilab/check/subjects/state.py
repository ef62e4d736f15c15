"""The state behind a callable, remembered bit by bit so that it can be put back."""

import copy
import math
import random
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from functools import partial
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

_CONTAINERS = (list, dict, set, deque)
_COPIED = (*_CONTAINERS, OrderedDict)  # types whose own copy is fast
_PLAIN = (int, float, complex, str, bytes, bool, type(None), type, ModuleType, torch.dtype, torch.device)
_SMALL = 1 << 20  # numbers of a tensor that are compared after every call, whatever its version says
_MISSING = object()


class Snapshot:
    """The state of a module, or of any callable: numbers, attributes, modes, gradients, generators, closures.

    Reached are attributes, containers, closures and plain objects, however nested; not what a function only names.
    With thorough=False, for what is asked often: modules and the containers, tensors and generators in them, not
    gradients, and a tensor is looked at only where torch says that it was written into.
    """

    def __init__(self, root: Any, *, thorough: bool = True):
        self._thorough = thorough
        self._tables: list[tuple[Any, Any]] = []  # (container, its items)
        self._attributes: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._cells: list[tuple[CellType, Any]] = []
        self._tensors: list[_Numbers] = []
        self._arrays: list[tuple[Any, Any]] = []
        self._generators: list[tuple[Callable[[Any], Any], Any]] = []
        self._walk(root)

    @torch.no_grad()
    def restore(self) -> bool:
        """Puts the state back; whether there was anything to put back."""
        changed = False
        for cell, content in self._cells:
            if contents(cell) is not content:
                cell.cell_contents, changed = content, True
        for container, items in self._tables:
            if _differs(container, items):
                changed = True
                container.clear()
                container.extend(items) if isinstance(container, list | deque) else container.update(items)
        for present, attributes in self._attributes:
            if _differs(present, attributes):
                changed = True
                present.clear()
                present.update(attributes)
        for numbers in self._tensors:
            changed |= numbers.restore()
        for array, values in self._arrays:
            if array.tobytes() != values.tobytes():
                array[...], changed = values, True
        for put, state in self._generators:
            put(state)
        return changed

    def _walk(self, root: Any) -> None:
        waiting, seen = [root], set()
        while waiting:
            part = waiting.pop()
            if id(part) in seen or isinstance(part, _PLAIN) or not (self._thorough or _is_own(part)):
                continue
            seen.add(id(part))
            self._remember(part)
            waiting.extend(_inside(part))

    def _remember(self, part: Any) -> None:
        if isinstance(part, Tensor):
            if not is_lazy(part):
                self._tensors.append(_Numbers(part, self._thorough))
        elif isinstance(part, _CONTAINERS):
            self._tables.append((part, _copied(part)))
        elif isinstance(part, torch.Generator):
            self._generators.append((part.set_state, part.get_state()))
        elif isinstance(part, random.Random):
            self._generators.append((part.setstate, part.getstate()))
        elif type(part).__module__.startswith("numpy"):
            self._remember_numpy(part)
        elif isinstance(part, CellType):
            self._cells.append((part, contents(part)))
        elif has_state(part):
            self._attributes.append((vars(part), dict(vars(part))))

    def _remember_numpy(self, part: Any) -> None:
        if hasattr(part, "tobytes") and hasattr(part, "flags"):
            if part.flags.writeable and not part.dtype.hasobject:
                self._arrays.append((part, part.copy()))
        elif hasattr(part, "bit_generator"):
            bits, state = part.bit_generator, copy.deepcopy(part.bit_generator.state)
            self._generators.append((lambda found: setattr(bits, "state", copy.deepcopy(found)), state))
        elif hasattr(part, "set_state"):
            self._generators.append((part.set_state, part.get_state()))


class _Numbers:
    """A tensor as it was: storage, numbers, gradient, requires_grad."""

    def __init__(self, tensor: Tensor, thorough: bool):
        self.thorough = thorough
        self.tensor, self.storage, self.values = tensor, tensor.detach(), tensor.detach().clone()
        self.version, self.pointer = _version(tensor), _pointer(tensor)
        self.requires_grad, self.is_leaf = tensor.requires_grad, tensor.is_leaf
        self.grad = tensor.grad if tensor.is_leaf and thorough else None
        self.grad_values = None if self.grad is None else self.grad.clone()

    def restore(self) -> bool:
        changed, tensor = False, self.tensor
        if _pointer(tensor) != self.pointer or tensor.shape != self.values.shape:
            tensor.data, changed = self.storage, True
        is_looked_at = self.thorough and tensor.numel() <= _SMALL
        if self.version != _version(tensor) or (is_looked_at and not _equal(tensor, self.values)):
            changed |= not _equal(tensor, self.values)
            with torch.inference_mode(tensor.is_inference()):  # nowhere else may it be written into
                self.storage.copy_(self.values)
            self.version = _version(tensor)
        if self.is_leaf and not tensor.is_leaf:
            tensor.detach_()  # results were written into it, with the graph they are from
            changed = True
        if not self.is_leaf:
            return changed
        if tensor.requires_grad != self.requires_grad:
            tensor.requires_grad_(self.requires_grad)
        if self.thorough and tensor.grad is not self.grad:
            tensor.grad, changed = self.grad, True
        if self.grad is not None and self.grad_values is not None and not _equal(self.grad, self.grad_values):
            self.grad.detach().copy_(self.grad_values)
            changed = True
        return changed


def _is_own(part: Any) -> bool:
    """Whether this is a module, or what may be a part of its own state; an object may be the trainer that holds it."""
    own = isinstance(part, nn.Module | Tensor | list | tuple | dict | set | frozenset | deque | torch.Generator)
    return own or isinstance(part, random.Random) or type(part).__module__.startswith("numpy")


def _copied(container: Any) -> Any:
    """A shallow copy; () for what is empty, as most tables of hooks are."""
    if not container:
        return ()
    return container.copy() if type(container) in _COPIED else copy.copy(container)


def contents(cell: CellType) -> Any:
    """What a variable of a closure holds; a marker where nothing was put into it yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return _MISSING


def is_empty(cell: CellType) -> bool:
    """Whether nothing was put into a variable of a closure yet."""
    return contents(cell) is _MISSING


def _inside(part: Any) -> Iterator[Any]:
    """What a value holds that may change."""
    if isinstance(part, nn.Module):
        yield from part.parameters(recurse=False)
        yield from part.buffers(recurse=False)
        yield from vars(part).values()
    elif isinstance(part, dict):
        yield from part.values()
    elif isinstance(part, list | tuple | set | frozenset | deque):
        yield from part
    elif isinstance(part, MethodType):
        yield part.__self__
    elif isinstance(part, partial):
        yield from (part.func, part.args, part.keywords)
    elif isinstance(part, FunctionType):
        yield from part.__closure__ or ()
    elif isinstance(part, CellType):
        if not is_empty(part):
            yield part.cell_contents
    elif has_state(part):
        yield from vars(part).values()


def has_state(part: Any) -> bool:
    """Whether this is a module, or an object of a class that is written in Python and is no machinery of torch."""
    if isinstance(part, nn.Module):
        return True
    if not isinstance(getattr(part, "__dict__", None), dict) or isinstance(part, FunctionType | Tensor):
        return False
    return type(part).__module__.split(".")[0] not in ("torch", "numpy", "builtins", "functools")


def _ids(items: Any) -> list[int]:
    return [*map(id, items.values() if isinstance(items, dict) else items)]


def _differs(now: Any, then: Any) -> bool:
    if not now and not then:
        return False
    if isinstance(now, set):
        return now != then
    return _ids(now) != _ids(then) or (isinstance(now, dict) and list(now) != list(then))


def _equal(a: Tensor, b: Tensor) -> bool:
    return torch.equal(a, b) or (a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all()))


def _version(tensor: Tensor) -> float:
    """How often torch saw it written into; NaN, which never is what it was, where torch does not count."""
    return math.nan if tensor.is_inference() else tensor._version


def _pointer(tensor: Tensor) -> int:
    try:
        return tensor.data_ptr()
    except RuntimeError:  # sparse tensors have none
        return 0
