"""Whether an exact case can be judged: its output depends on its input, and by more than it rounds."""

import copy
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn

import equilab as eq
from equilab.groups import FieldType


def is_alive(fn: Callable[..., Any], inputs: tuple[Any, ...]) -> bool:
    """Whether all outputs vary by a thousandth to a thousand times their size when the numbers of the inputs trade
    places, and by a thousandth of that or less when the inputs change by 1e-5, or a module by its precision.
    """
    generator = torch.Generator().manual_seed(0)
    others = [x.flatten()[torch.randperm(x.numel(), generator=generator)].reshape(x.shape) for x in inputs]
    nearly = [x * (1 + 1e-5 * torch.randn(x.shape, generator=generator).to(x.dtype)) for x in inputs]
    copied = copy.deepcopy(fn)
    here, there, near = (_leaves(copied, xs) for xs in (inputs, others, nearly))
    doubles = (here, there)
    if isinstance(fn, nn.Module):
        with suppress(TypeError):  # float32 only
            sharp = copied.double()
            doubles = [_leaves(sharp, [x.double() for x in xs]) for xs in (inputs, others)]
    for y, other, *noisy in zip(here, there, near, *doubles, strict=True):
        size, signal = root_mean_square(y), root_mean_square(other - y)
        noise = max(root_mean_square(a - b) for a, b in zip(noisy, (y, y, other), strict=True))
        if not (math.isfinite(size) and 1e-3 * size < signal < 1e3 * size and noise < 1e-3 * signal):
            return False
    return not isinstance(fn, nn.Module) or not is_singular(fn, inputs)


def is_singular(fn: nn.Module, inputs: Sequence[Tensor]) -> bool:
    """Whether a field that is 0 but for round-off goes into a norm nonlinearity, which may give it any direction."""
    sizes: list[float] = []

    def watch(module: Any, arguments: tuple[Tensor]) -> None:
        x = arguments[0].detach()
        whole = root_mean_square(x)
        sizes.extend(root_mean_square(x[:, field.start : field.stop]) / (whole or 1.0) for field in module.in_type)

    if not any(isinstance(part, eq.nn.NormNonlinearity) for part in fn.modules()):
        return False
    watched = copy.deepcopy(fn)
    for part in watched.modules():
        if isinstance(part, eq.nn.NormNonlinearity):
            part.register_forward_pre_hook(watch)
    _leaves(watched, inputs)
    return min(sizes, default=1.0) < 1e-6


def _leaves(fn: Callable[..., Any], inputs: Sequence[Tensor]) -> list[Tensor]:
    """The outputs, from one state of the random numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        y = fn(*(x.clone() for x in inputs))
    return [leaf.detach().double() for leaf in ((y,) if isinstance(y, Tensor) else y)]


def root_mean_square(x: Tensor) -> float:
    return float(x.square().mean().sqrt())


def is_moved(in_type: Any, x: Tensor) -> bool:
    """Whether fields are moved at all: one pixel of trivial fields is not, and there is nothing to find out."""
    if not isinstance(in_type, FieldType) or in_type.group.order == 1:
        return True
    exact = [g for g in in_type.group.generators if x.ndim == 2 or (4 * g.turn).denominator == 1]
    return any(not torch.equal(in_type.act(g, x), x) for g in exact or [in_type.group.element("1/4")])
