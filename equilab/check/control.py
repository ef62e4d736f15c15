"""The negative control: would the check notice if the layers were a little asymmetric?"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.case import noisy
from equilab.check.level import Level
from equilab.check.trace import record
from equilab.check.trees import mapped

_SIZES = (1e-4, 1e-1)  # relative asymmetries that are tried until one is noticed


def detection_limit(level: Level, g: Any) -> float:
    """The smallest relative asymmetry of the layers' outputs that would be a FAIL; infinite if none was noticed.

    Every module without parts has its output multiplied by 1 + size n, n fixed for each place of the output; a function
    without modules has its inputs multiplied so. That breaks any symmetry which moves places, so the check must fail.
    """
    chosen = _chosen(level)
    for size in _SIZES:
        with asymmetric(chosen, size, seed=level.asked.case.seed):
            error = _error(level, g, 0.0 if chosen else size)
        if error > 1:
            return size / error
    return math.inf


def _chosen(level: Level) -> list[nn.Module]:
    """The modules that are called and call none, those with numbers of their own if there are any."""
    calls = record(level.asked.subject, level.asked.case, level.asked.case.values)
    simple = list(dict.fromkeys(call.module for call in calls if not call.has_parts))
    return [module for module in simple if any(True for _ in module.parameters())] or simple


def _error(level: Level, g: Any, size: float) -> float:
    """The error over the tolerance."""
    asked, case = level.asked, level.asked.case
    try:
        base = case.call(asked.subject, _patterned(case.values, size, case.seed))
        outputs = case.call(asked.subject, _patterned(case.moved(g), size, case.seed))
    except Exception:
        return 0.0  # it could not be asked
    changed = type(asked)(asked.subject, case, base, asked.signals, asked.sizes, asked.is_exact)
    answer = changed.compare(outputs, lambda place: changed.expected(g, place))
    ratio = level.ratio(answer)
    return ratio if math.isfinite(ratio) else 0.0


def _patterned(values: tuple[Any, ...], size: float, seed: int) -> tuple[Any, ...]:
    if not size:
        return values
    generator = torch.Generator().manual_seed(seed + 17)
    return tuple(noisy(leaf, size, generator) for leaf in values)


@contextmanager
def asymmetric(chosen: list[nn.Module], size: float, *, seed: int) -> Iterator[None]:
    """While it lasts, every module of `chosen` is a little asymmetric, by a hook: the modules are not touched."""
    names = {id(part): place for place, part in enumerate(chosen)}

    def perturbed(module: nn.Module, arguments: Any, output: Any) -> Any:
        if id(module) not in names:
            return None

        def of(leaf: Any) -> Any:
            generator = torch.Generator().manual_seed(seed + 1000 + names[id(module)])
            return noisy_kept(leaf, size, generator) if isinstance(leaf, Tensor) else leaf

        return mapped(of, output)

    handle = torch.nn.modules.module.register_module_forward_hook(perturbed)
    try:
        yield
    finally:
        handle.remove()


def noisy_kept(leaf: Tensor, size: float, generator: torch.Generator) -> Tensor:
    """The output with relative noise, still part of the autograd graph."""
    if not leaf.is_floating_point():
        return leaf
    noise = torch.rand(leaf.shape, generator=generator, dtype=torch.float64) * 2 - 1
    return leaf * (1 + size * noise).to(leaf)
