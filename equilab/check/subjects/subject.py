"""What is being checked, called again and again from one state, and left as it was found."""

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.actions.boundary import is_array, is_geometric
from equilab.check.subjects.copies import cast
from equilab.check.subjects.state import Snapshot
from equilab.check.subjects.trees import leaves, mapped


class Subject:
    """A callable under test: every call begins from the same state and the same random numbers.

    function: what is called; modules: the torch modules it reaches, whose state is put back after each call; dtype:
    what floating inputs are cast to, None: they go in as they are; kept: the state to put back, None: all there is.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        modules: list[nn.Module],
        *,
        dtype: torch.dtype | None = None,
        autocast: torch.dtype | None = None,
        seed: int = 0,
        kept: Snapshot | None = None,
    ):
        self.function, self.modules, self.dtype, self.autocast, self.seed = function, modules, dtype, autocast, seed
        self._kept = Snapshot([function, *modules]) if kept is None else kept
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
                self.changed |= self._kept.restore()

    def _given(self, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        return cast(leaf.detach(), self.dtype).clone().requires_grad_(leaf.requires_grad)


def _detached(leaf: Any) -> Any:
    """The numbers of an output, apart from the state of f, which is put back."""
    if isinstance(leaf, Tensor) or is_geometric(leaf):
        return (leaf if isinstance(leaf, Tensor) else leaf.tensor).detach().clone()
    return leaf.copy() if is_array(leaf) else leaf


def floating(values: Iterable[Any]) -> list[Tensor]:
    """The real and complex floating tensors among some leaves."""
    return [leaf for leaf in values if isinstance(leaf, Tensor) and (leaf.is_floating_point() or leaf.is_complex())]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Random numbers begin at the seed; afterwards those of torch, Python and numpy go on, switches are back."""
    states = [_python(), _torch_cpu(), *_devices(), *_numpy()]
    with ExitStack() as stack:
        stack.callback(_put_switches, *_switches())
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


def _switches() -> tuple[Any, ...]:
    """The default dtype, the gradient mode and the deterministic mode of torch."""
    exact, warns = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    return torch.get_default_dtype(), torch.is_grad_enabled(), exact, warns


def _put_switches(dtype: torch.dtype, gradients: bool, exact: bool, warns: bool) -> None:
    torch.set_default_dtype(dtype)
    torch.set_grad_enabled(gradients)
    if _switches()[2:] != (exact, warns):
        torch.use_deterministic_algorithms(exact, warn_only=warns)  # its first call imports the whole compiler
