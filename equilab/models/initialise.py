"""Initialisation as published: Xavier-uniform (Locatello et al. 2019), LeCun-normal (Cohen & Welling 2016)."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

from equilab.nn import GroupConv2d

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


def build_lecun(build: Callable[[], Module], *, generator: torch.Generator) -> Module:
    """The module that `build` makes, on the CPU, with normal kernels of variance 1 / fan_in and zero biases.

    LeCun et al. 1998, section 4.6; what the networks of Cohen & Welling 2016 were trained from. Group convolutions have
    the fan-in of the filter that they expand to. All but convolutions is as `build` made it, and torch's global
    generator is left as it was.

    >>> layer = build_lecun(lambda: nn.Conv2d(64, 64, 3), generator=torch.Generator().manual_seed(0))
    >>> layer.bias.any().item(), round(layer.weight.std().item() * 24, 1)
    (False, 1.0)
    """
    with torch.random.fork_rng(devices=[]):
        module = build()
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, GroupConv2d):
                layer.kernel.reset_parameters(gain=1.0, generator=generator)
            elif isinstance(layer, nn.Conv2d):
                layer.weight.normal_(std=layer.weight[0].numel() ** -0.5, generator=generator)
                if layer.bias is not None:
                    layer.bias.zero_()
    return module
