"""Where the symmetry breaks: the error of every layer, and the first one that is too large."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from equilab.check.action import Action
from equilab.check.compare import difference, real, root_mean_square
from equilab.check.findings import PartError
from equilab.check.fit import fit
from equilab.check.level import Level
from equilab.check.symmetry import Symmetry
from equilab.check.trace import Call, record
from equilab.check.types import as_action, is_type

_FITTED = 1e-7  # a mixing of channels is fitted to about this, which a broken layer exceeds by far


@dataclass(frozen=True)
class Step:
    """A call at x and at g x, with the error of its output; `error` NaN: it cannot be told."""

    still: Call
    moved: Call
    error: float
    typed: bool  # whether the module says how its output transforms

    @property
    def name(self) -> str:
        return self.still.name

    @property
    def module(self) -> nn.Module:
        return self.still.module


def steps(level: Level, g: Any) -> list[Step]:
    """Every module that was called, in the order in which they answered, with its error at g."""
    case, subject = level.asked.case, level.asked.subject
    still = record(subject, case, case.values)
    try:
        moved = record(subject, case, case.moved(g))
    except Exception:
        moved = []  # f raised at g x
    found = []
    for first, second in zip(still, moved, strict=False):
        if first.name != second.name:
            break  # it went another way
        if _is_same(first.inputs, second.inputs) and _is_same(first.outputs, second.outputs):
            continue  # it makes weights, not features
        error, typed = layer_error(first.module, first.outputs, second.outputs, g, case.symmetry)
        found.append(Step(first, second, error, typed))
    return found


def _is_same(first: list[Any], second: list[Any]) -> bool:
    return len(first) == len(second) and all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def layer_error(
    module: nn.Module, still: list[Any], moved: list[Any], g: Any, symmetry: Symmetry
) -> tuple[float, bool]:
    """How far outputs at g x are from those at x moved by g, relative to their spread; and whether by their type."""
    action = _out_action(module, symmetry)
    errors = []
    for h, other in zip(still, moved, strict=False):
        if action is not None and len(still) == 1 and h.ndim in (2, 4):
            try:
                delta = difference(other, action.act(g, h))
            except ValueError:
                return math.nan, False  # its type is not that of this output
            spread = root_mean_square(real(h) - real(h).mean(0)) or root_mean_square(real(h))
            error = root_mean_square(delta) / spread if spread else 0.0
            errors.append(error)
            continue
        fitted = fit(h, other, g, symmetry)
        if fitted is not None:
            errors.append(fitted.error)
    known = [error for error in errors if not math.isnan(error)]
    return (max(known) if known else math.nan), action is not None


def _out_action(module: nn.Module, symmetry: Symmetry) -> Action | None:
    """How the module says that its output transforms, where that is by the group of the check."""
    for name in ("out_type", "irreps_out"):
        found = getattr(module, name, None)
        if found is not None and is_type(found):
            action = as_action(found, name)
            return action if action.symmetry is None or action.symmetry == symmetry else None
    return None


def first_broken(found: list[Step], tolerance: float) -> Step | None:
    """The first layer whose error is no round-off; parts come before what they are part of."""
    for step in found:
        limit = tolerance if step.typed else max(tolerance, _FITTED)
        if step.error > limit and not math.isinf(step.error):
            return step
    return next((step for step in found if math.isinf(step.error)), None)


def parts(found: list[Step], tolerance: float) -> tuple[PartError, ...]:
    """The errors of the layers that can be told, for a report."""
    return tuple(
        PartError(
            step.name,
            step.error,
            tolerance if step.typed else max(tolerance, _FITTED),
            note=type(step.module).__name__ + ("" if step.typed else ", any mixing of channels allowed"),
        )
        for step in found
        if not math.isnan(step.error)
    )
