"""Initialisation of Locatello et al. 2019: Xavier-uniform weights, zero biases."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

Module = TypeVar("Module", bound=nn.Module)


def build_xavier(build: Callable[[], Module], *, generator: torch.Generator) -> Module:
    """The module that `build` makes, on the CPU, with Xavier-uniform weights and zero biases.

    Every weight matrix or kernel is drawn from U(-a, a), a = sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010,
    eq. 16), in the order of `named_parameters`; every parameter called `bias` is zero; all else (the scales of norms,
    buffers) is as `build` made it. Torch's global generator is left as it was.

    >>> layer = build_xavier(lambda: nn.Linear(4, 2), generator=torch.Generator().manual_seed(0))
    >>> layer.bias.tolist(), bool(layer.weight.abs().max() <= 1)
    ([0.0, 0.0], True)
    """
    with torch.random.fork_rng(devices=[]):
        module = build()
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.ndim >= 2:
                nn.init.xavier_uniform_(parameter, generator=generator)
            elif name.rsplit(".", 1)[-1] == "bias":
                parameter.zero_()
    return module
