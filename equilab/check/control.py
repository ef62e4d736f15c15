"""The negative control: would the check notice if the layers were a little asymmetric?"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.action import Invariant
from equilab.check.boundary import opened
from equilab.check.case import noisy
from equilab.check.level import Level
from equilab.check.trace import record
from equilab.check.trees import mapped

_SIZES = (1e-4, 1e-1)  # relative asymmetries that are tried until one is noticed


def detection_limit(level: Level, g: Any) -> float:
    """The smallest relative asymmetry of the layers' outputs that would be a FAIL; infinite if none was noticed.

    Every module without parts has its output multiplied by 1 + size n, with n fixed for each place of the output, as if
    its weights were not tied; where that shows nothing, or there are no modules, the inputs are multiplied so. Either
    breaks any symmetry that moves places, so the check must fail.
    """
    chosen = _chosen(level)
    for size in _SIZES:
        for modules, of_inputs in ((chosen, 0.0), ([], size)) if chosen else (([], size),):
            with asymmetric(modules, size, seed=level.asked.case.seed):
                ratio = _ratio(level, g, of_inputs)
            if ratio > 1:
                return size / ratio
    return math.inf


def _chosen(level: Level) -> list[nn.Module]:
    """The modules that are called and call none, those with numbers of their own if there are any."""
    calls = record(level.asked.subject, level.asked.case, level.asked.case.values)
    simple = list(dict.fromkeys(call.module for call in calls if not call.has_parts))
    return [module for module in simple if any(True for _ in module.parameters())] or simple


def _ratio(level: Level, g: Any, size: float) -> float:
    """The error over the tolerance; 0 where it could not be asked."""
    asked, case = level.asked, level.asked.case
    try:
        base = case.call(asked.subject, _patterned(case.values, size, case.seed))
        outputs = case.call(asked.subject, _patterned(case.moved(g), size, case.seed))
    except Exception:
        return 0.0
    changed = replace(asked, outputs=base)
    ratio = level.ratio(changed.compare(outputs, lambda place: changed.expected(g, place)))
    return ratio if math.isfinite(ratio) else 0.0


def _patterned(values: tuple[Any, ...], size: float, seed: int) -> tuple[Any, ...]:
    generator = torch.Generator().manual_seed(seed + 17)
    return tuple(noisy(leaf, size, generator) for leaf in values) if size else values


@contextmanager
def asymmetric(chosen: list[nn.Module], size: float, *, seed: int) -> Iterator[None]:
    """While it lasts, every module of `chosen` is a little asymmetric, by a hook: the modules are not touched."""
    names = {id(part): place for place, part in enumerate(chosen)}

    def perturbed(module: nn.Module, arguments: Any, output: Any) -> Any:
        return None if id(module) not in names else mapped(lambda leaf: _perturbed(leaf, names[id(module)]), output)

    def _perturbed(leaf: Any, place: int) -> Any:
        tensor, close = opened(leaf, Invariant(), wants_geometric=False)
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
            return leaf
        generator = torch.Generator().manual_seed(seed + 1000 + place)
        noise = torch.rand(tensor.shape, generator=generator, dtype=torch.float64) * 2 - 1
        return close(tensor * (1 + size * noise).to(tensor))

    handle = torch.nn.modules.module.register_module_forward_hook(perturbed)
    try:
        yield
    finally:
        handle.remove()
