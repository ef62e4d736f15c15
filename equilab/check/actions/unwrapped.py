"""The module inside a parallel or compiled one, which can be called without a word to other processes or a compiler."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import nn

from equilab.check.subjects.copies import reached
from equilab.errors import SettingError


def inner(module: Any) -> Any:
    """The module inside a parallel or compiled one; anything else as it is."""
    while isinstance(module, nn.Module):
        if isinstance(module, nn.parallel.DistributedDataParallel | nn.DataParallel):
            module = module.module
        elif hasattr(module, "_orig_mod"):
            module = module._orig_mod
        else:
            break
    return module


def unwrapped(module: Callable[..., Any]) -> Callable[..., Any]:
    """The module inside a parallel or compiled one; SettingError for a function that calls such a one."""
    module = inner(module)
    if isinstance(module, nn.Module):
        return module
    for part in reached(module):
        if isinstance(part, nn.parallel.DistributedDataParallel):
            raise SettingError(
                "module",
                expected="a function of the module inside",
                got="one that calls a DistributedDataParallel",
                hint="its processes would wait for each other: use its .module",
            )
    return module


@contextmanager
def compiling_nothing() -> Iterator[None]:
    """While it lasts, compiled parts of a module run as they were written."""
    compiler: Any = torch.compiler
    with compiler.set_stance("force_eager") if "torch._dynamo" in sys.modules else nullcontext():
        yield
