"""How a group acts on one leaf of the inputs or outputs, and the actions that need no group of their own."""

import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from equilab.check.actions.symmetry import Symmetry


class Action(ABC):
    """An action of a group on tensors: act(g h, x) = act(g, act(h, x)), and act(identity, x) = x."""

    symmetry: Symmetry | None = None  # None: the action fits any group, that of the other leaves

    @abstractmethod
    def act(self, g: Any, x: Tensor) -> Tensor:
        """g x, of the shape of x."""

    def tangent(self, g: Any, v: Tensor) -> Tensor:
        """How differences and gradients move: the linear part of the action, in the dtype of v."""
        return self.act(g, v) - self.act(g, torch.zeros_like(v))

    def observe(self, x: Tensor) -> Tensor:
        """What of an output is compared, and moved by `act`: the covariance of a log variance, for one."""
        return x

    def is_exact(self, g: Any, x: Tensor) -> bool:
        """Whether acting on x needs no interpolation."""
        return True

    def smooth_pair(self, g: Any, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A leaf like x that can be moved by g better than x can, and g of it."""
        return x, self.act(g, x)

    def floor(self, g: Any, y: Tensor) -> Tensor | None:
        """What interpolation alone does to an output: the difference of two ways of moving y by g; None: nothing."""
        return None

    def fixed_point(self, y: Tensor) -> Tensor | None:
        """What of an output stays in its place, so that `act` moves it without interpolation; None: nothing does."""
        return None

    def window(self, y: Tensor, *, exact: bool) -> Tensor | None:
        """Where outputs are compared, a mask (H, W), at elements that are exact or interpolated; None: everywhere."""
        return None


class Invariant(Action):
    """Nothing moves: act(g, x) = x."""

    def act(self, g: Any, x: Tensor) -> Tensor:
        return x

    def tangent(self, g: Any, v: Tensor) -> Tensor:
        return v

    def __str__(self) -> str:
        return "invariant"


class Ignored(Invariant):
    """A leaf that is passed on unmoved, and not compared."""

    def __str__(self) -> str:
        return "ignored"


class Function(Action):
    """A bare function (g, x) -> x, for the group of the other leaves or the elements that are given.

    It is given a copy of x, in float32 or as an array of numpy where it takes nothing else.
    """

    def __init__(self, function: Callable[[Any, Any], Any]):
        self.function = function

    def act(self, g: Any, x: Tensor) -> Tensor:
        return _applied(self.function, g, x)[0]

    def is_coarse(self, g: Any, x: Tensor) -> bool:
        """Whether it takes float32 only."""
        return _applied(self.function, g, x)[1] == torch.float32 and x.dtype == torch.float64

    def __str__(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)


def _applied(function: Callable[[Any, Any], Any], g: Any, x: Tensor) -> tuple[Any, torch.dtype]:
    """function(g, x), and the dtype in which it took x: its own, or float32 where it is float64."""
    first: Exception | None = None
    for dtype in dict.fromkeys((x.dtype, torch.float32 if x.dtype == torch.float64 else x.dtype)):
        for make in (_copied, _as_array) if "numpy" in sys.modules else (_copied,):
            try:
                found = _unmixed(function, g, make(x.to(dtype)))
            except (TypeError, RuntimeError, ValueError, AttributeError, DeprecationWarning) as error:
                first = first or error
                continue
            if hasattr(found, "__array__") and not isinstance(found, Tensor):
                found = torch.as_tensor(found, device=x.device)
            return (found.to(x.dtype) if isinstance(found, Tensor) and dtype != x.dtype else found), dtype
    assert first is not None, "there is at least one way to call it"
    raise first


def _unmixed(function: Callable[[Any, Any], Any], g: Any, x: Any) -> Any:
    """function(g, x); an operation of a tensor with an array is an error, where numpy 2 only warns of it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "__array_wrap__ must accept", DeprecationWarning)
        return function(g, x)


def _copied(x: Tensor) -> Tensor:
    return x.detach().clone()


def _as_array(x: Tensor) -> Any:
    return x.detach().cpu().numpy().copy()
