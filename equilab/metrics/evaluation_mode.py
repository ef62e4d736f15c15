"""The modules that an encoder calls, in evaluation mode while it encodes: dropout off, statistics of batches kept."""

import inspect
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.nn.modules.instancenorm import _InstanceNorm as InstanceNorm
from torch.nn.modules.module import register_module_forward_pre_hook


@contextmanager
def evaluation_mode(encode: Any) -> Iterator[None]:
    """Every module that this thread calls in the block, and the one that `encode` is or is a method of, evaluates.

    A module in training mode is set to evaluation mode, with its parts, when it is first called, and back at the end,
    also after an error. A UserWarning names the kinds among them whose output depends on the mode.
    """
    modes: dict[nn.Module, bool] = {}  # of every module that was changed, before
    thread = threading.get_ident()

    def evaluate(module: nn.Module, inputs: Any = None) -> None:
        if threading.get_ident() == thread:  # a training in another thread goes on
            parts = [*module.modules()]
            if any(part.training for part in parts):
                for part in parts:
                    modes.setdefault(part, part.training)
                module.eval()  # by its own method: some, as those of escnn, build their filters there
                for part in parts:
                    part.training = False

    owner = encode.__self__ if inspect.ismethod(encode) else encode
    if isinstance(owner, nn.Module):
        evaluate(owner)
    hook = register_module_forward_pre_hook(evaluate)
    try:
        yield
    finally:
        hook.remove()
        for part, mode in modes.items():
            if part.training != mode:
                part.train(mode)
        for part, mode in modes.items():
            part.training = mode
    if kinds := sorted({type(part).__name__ for part, mode in modes.items() if mode and _reads_mode(part)}):
        message = f"encode: {', '.join(kinds)} in training mode; they encode in evaluation mode and are set back"
        warnings.warn(message, UserWarning, stacklevel=2)


def _reads_mode(module: nn.Module) -> bool:
    """Whether the forward method of the module's class mentions `training`, as that of a dropout does.

    An instance norm reads it elsewhere, if it has running statistics.
    """
    if isinstance(module, InstanceNorm):
        return module.track_running_stats
    forward = type(module).forward
    return inspect.isfunction(forward) and "training" in forward.__code__.co_names
