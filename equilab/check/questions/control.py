"""The negative control: would the check notice if the layers were a little asymmetric?"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from equilab.check.actions.action import Invariant
from equilab.check.actions.boundary import opened
from equilab.check.questions.case import Asked, Case, noisy
from equilab.check.questions.compare import real
from equilab.check.questions.level import Level
from equilab.check.questions.trace import hooked, record
from equilab.check.subjects.subject import floating
from equilab.check.subjects.trees import mapped

_SIZES = (1e-4, 1e-1)  # relative asymmetries that are tried until one is noticed


def detection_limit(level: Level, elements: list[Any]) -> float:
    """The smallest relative asymmetry of the layers' outputs that would be a FAIL; infinite if none was noticed.

    Every module without parts has its output multiplied by 1 + size n, with n fixed for each place of the output, as if
    its weights were not tied; where that shows nothing, the inputs are multiplied so; and where f does not look at what
    moves, a little of all the inputs is added to its output. One of these breaks any symmetry that moves the inputs, so
    the check must fail. NaN where there is no element to ask, or the group has none but the identity.
    """
    symmetry = level.asked.case.symmetry
    if not elements or symmetry.is_trivial:
        return math.nan
    g = next((g for g in reversed(elements) if _moves(level.asked.case, g)), None)
    if g is None:
        return math.inf
    chosen = _chosen(level)
    for size in _SIZES:
        for way in (_Way(chosen, size), _Way([], size, inputs=size), _Way([], size, outputs=size)):
            with asymmetric(way.modules, size, seed=level.asked.case.seed):
                ratio = _ratio(level, g, way)
            if ratio > 1:
                return size / ratio
    return math.inf


class _Way(NamedTuple):
    """What is made asymmetric: the outputs of modules, the inputs of f, its outputs."""

    modules: list[nn.Module]
    size: float
    inputs: float = 0.0
    outputs: float = 0.0


def _moves(case: Case, g: Any) -> bool:
    """Whether g does anything to the inputs."""
    pairs = zip(case.values, case.moved(g), strict=True)
    return any(isinstance(leaf, Tensor) and not torch.equal(leaf, other) for leaf, other in pairs)


def _chosen(level: Level) -> list[nn.Module]:
    """The modules that are called and call none, those with numbers of their own if there are any."""
    calls = record(level.asked.subject, level.asked.case, level.asked.case.values)
    simple = list(dict.fromkeys(call.module for call in calls if not call.has_parts))
    return [module for module in simple if any(True for _ in module.parameters())] or simple


def _ratio(level: Level, g: Any, way: _Way) -> float:
    """The error over the tolerance; 0 where it could not be asked."""
    asked, case = level.asked, level.asked.case
    try:
        base, outputs = (
            _answer(asked, _patterned(values, way.inputs, case.seed), way.outputs)
            for values in (case.values, case.moved(g))
        )
    except Exception:
        return 0.0
    changed = replace(asked, outputs=base)
    answer = changed.compare(outputs, lambda place: changed.expected(g, place))
    is_asked = answer.trouble is None and all(math.isfinite(each.mean) for each in answer.distances)
    return level.ratio(answer) if is_asked else 0.0  # infinite where the tolerance is 0, as for integers


def _answer(asked: Asked, values: tuple[Any, ...], size: float) -> list[Any]:
    """f(x), with c + c^2 in units of the signals added to it, c = <w, x> / |x| with w fixed: neither even nor odd."""
    outputs = asked.case.call(asked.subject, values)
    if not size:
        return outputs
    generator = asked.case.generator(19)
    given = floating(values) or [leaf for leaf in values if isinstance(leaf, Tensor)]
    flat = torch.cat([real(leaf).flatten() for leaf in given])
    weights = torch.randn(flat.shape, generator=generator, dtype=torch.float64, device="cpu").to(flat)
    found = float(weights @ flat / (flat.norm() or 1.0))
    added = size * (found + found**2)
    pairs = zip(outputs, asked.signals, strict=True)
    return [leaf + added * signal if isinstance(leaf, Tensor) else leaf for leaf, signal in pairs]


def _patterned(values: tuple[Any, ...], size: float, seed: int) -> tuple[Any, ...]:
    generator = torch.Generator().manual_seed(seed + 17)
    return tuple(noisy(leaf, size, generator) for leaf in values) if size else values


@contextmanager
def asymmetric(chosen: list[nn.Module], size: float, *, seed: int) -> Iterator[None]:
    """While it lasts, every module of `chosen` is a little asymmetric, by a hook: the modules are not touched."""
    names = {id(part): place for place, part in enumerate(chosen)}

    def perturbed(module: nn.Module, arguments: Any, keywords: Any, output: Any) -> Any:
        return None if id(module) not in names else mapped(lambda leaf: _perturbed(leaf, names[id(module)]), output)

    def _perturbed(leaf: Any, place: int) -> Any:
        tensor, close = opened(leaf, Invariant(), wants_geometric=False)
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
            return leaf
        generator = torch.Generator().manual_seed(seed + 1000 + place)
        noise = torch.rand(tensor.shape, generator=generator, dtype=torch.float64, device="cpu") * 2 - 1
        return close(tensor * (1 + size * noise).to(tensor))

    with hooked(after=perturbed):
        yield
