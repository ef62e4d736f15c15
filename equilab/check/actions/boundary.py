"""Leaves that are no plain tensors: opened before an action moves them, closed again before a module sees them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from equilab.check.actions.action import Action
from equilab.check.actions.escnn_fields import EscnnFields

Close = Callable[[Tensor], Any]


def opened(leaf: Any, action: Action, *, wants_geometric: bool) -> tuple[Any, Close]:
    """A tensor for a tensor, a numpy array or an escnn GeometricTensor, and what makes the leaf of a tensor again.

    wants_geometric: the module is one of escnn, so plain tensors of an escnn type are wrapped for it.
    """
    if is_geometric(leaf):
        return leaf.tensor, _wrap(leaf.type)
    if isinstance(leaf, Tensor):
        return leaf, _wrap(action.field_type) if wants_geometric and isinstance(action, EscnnFields) else _same
    if is_array(leaf):
        return torch.as_tensor(leaf, device="cpu").clone(), _as_array
    return leaf, _same


def plain(leaf: Any) -> Any:
    """The tensor of an output leaf, also of an array or a number; what is none of these, as it is."""
    if is_geometric(leaf):
        return leaf.tensor
    if is_array(leaf) or isinstance(leaf, bool | int):
        return torch.as_tensor(leaf, device="cpu")
    if isinstance(leaf, float | complex):  # Python's own are in double precision
        return torch.tensor(leaf, dtype=torch.float64 if isinstance(leaf, float) else torch.complex128, device="cpu")
    return leaf


def wants_geometric(fn: Any) -> bool:
    """Whether fn is a module of escnn, which takes GeometricTensors."""
    return any(
        kind.__name__ == "EquivariantModule" and kind.__module__.startswith("escnn.") for kind in type(fn).__mro__
    )


def is_geometric(leaf: Any) -> bool:
    """Whether this is an escnn GeometricTensor."""
    return type(leaf).__name__ == "GeometricTensor" and type(leaf).__module__.startswith("escnn.")


def is_array(leaf: Any) -> bool:
    """Whether this is an array or a number of numpy."""
    return type(leaf).__module__ == "numpy" and hasattr(leaf, "__array__")


def _wrap(field_type: Any) -> Close:
    return lambda tensor: field_type(tensor.clone())  # f may write into its input


def _as_array(tensor: Tensor) -> Any:
    return tensor.detach().cpu().numpy().copy()


def _same(leaf: Any) -> Any:
    return leaf
