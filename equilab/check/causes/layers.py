"""Where the symmetry breaks: the error of every layer, and the first one that is too large."""

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.actions.action import Action
from equilab.check.actions.euclidean import Irreps, Motion
from equilab.check.actions.symmetry import Symmetry
from equilab.check.actions.types import as_action, is_type
from equilab.check.causes.carry import Carrier
from equilab.check.causes.fit import Fit, fit_all
from equilab.check.questions.case import noisy
from equilab.check.questions.compare import difference, real, root_mean_square
from equilab.check.questions.level import Level
from equilab.check.questions.trace import Call, record
from equilab.check.reports.findings import PartError

_FITTED = 1e-10  # dependent channels are fitted to about this
_DRAWS = 8  # further inputs, where one is not enough to tell a mixing from noise


@dataclass(frozen=True)
class Step:
    """A call at x and at g x, with the error of its output; `error` NaN: it cannot be told."""

    still: Call
    moved: Call
    error: float
    limit: float
    typed: bool  # whether the type of the output is known, from the module or from the check
    more: tuple[tuple[Call, Call], ...] = ()  # the same for other inputs, where one is not enough to tell

    @property
    def name(self) -> str:
        return self.still.name

    @property
    def module(self) -> nn.Module:
        return self.still.module

    @property
    def is_broken(self) -> bool:
        return self.error > self.limit

    def inputs(self, carrier: Carrier) -> list[Fit | None]:
        """How each input of the layer was mixed."""
        return _fits([(still.inputs, moved.inputs) for still, moved in ((self.still, self.moved), *self.more)], carrier)


def steps(level: Level, g: Any, carrier: Carrier, *, fitted: bool = True) -> list[Step]:
    """Every module that was called, in the order in which they answered, with its error at g.

    fitted: also the layers whose type nobody knows; more inputs are tried where one does not tell enough.
    """
    case = level.asked.case
    found = _of(level, g, carrier, [case.values], fitted)
    broken = first_broken(found)
    doubtful = found if broken is None else found[: found.index(broken) + 1]
    if fitted and not level.passes and any(_is_doubtful(step, carrier) for step in doubtful):
        generator = case.generator(7)
        drawn = [tuple(noisy(leaf, 1.0, generator) for leaf in case.values) for _ in range(_DRAWS)]
        return _of(level, g, carrier, [case.values, *drawn], fitted)
    return found


def _is_doubtful(step: Step, carrier: Carrier) -> bool:
    return math.isnan(step.error) or any(found is not None and math.isnan(found.left) for found in step.inputs(carrier))


def _of(level: Level, g: Any, carrier: Carrier, draws: list[tuple[Any, ...]], fitted: bool) -> list[Step]:
    """Every call, with the calls at the same place of the other draws."""
    runs = [run for values in draws if (run := _run(level, g, values))]
    found = []
    for place, (still, moved) in enumerate(runs[0] if runs else ()):
        more = tuple(run[place] for run in runs[1:] if place < len(run) and run[place][0].name == still.name)
        if not (_is_same(still.inputs, moved.inputs) and _is_same(still.outputs, moved.outputs)):
            found.append(_step(level, g, carrier, (still, moved), more, fitted))  # else it makes weights, not features
    return found


def _run(level: Level, g: Any, values: tuple[Any, ...]) -> list[tuple[Call, Call]]:
    """The calls at x and at g x, as far as both go the same way; none where f raises."""
    case = replace(level.asked.case, values=values)
    pairs = []
    try:
        still, moved = (record(level.asked.subject, case, x) for x in (values, case.moved(g)))
    except Exception:
        return []
    for first, second in zip(still, moved, strict=False):
        if first.name != second.name:
            break
        pairs.append((first, second))
    return pairs


def _step(
    level: Level, g: Any, carrier: Carrier, pair: tuple[Call, Call], more: tuple[tuple[Call, Call], ...], fitted: bool
) -> Step:
    still, moved = pair
    error = _typed_error(still.module, still.outputs, moved.outputs, g, level.asked.case.symmetry)
    if error is not None:
        return Step(still, moved, error, level.tolerance, True, more)
    if fitted:
        fits = _fits([(first.outputs, second.outputs) for first, second in (pair, *more)], carrier)
        known = [found for found in fits if found is not None and not math.isnan(found.left)]
        if known:
            worst = max(known, key=lambda found: found.error)
            limit = level.tolerance if worst.is_sharp else max(level.tolerance, _FITTED)
            return Step(still, moved, worst.error, limit, False, more)
    error = _known(level, g, still.outputs, moved.outputs)
    return Step(still, moved, math.nan if error is None else error, level.tolerance, error is not None, more)


def _fits(runs: list[tuple[list[Tensor], list[Tensor]]], carrier: Carrier) -> list[Fit | None]:
    """One fit for each tensor of a layer, over all runs."""
    count = min(min(len(still), len(moved)) for still, moved in runs)
    return [fit_all([(carrier(still[place]), moved[place]) for still, moved in runs]) for place in range(count)]


def _is_same(first: list[Any], second: list[Any]) -> bool:
    return len(first) == len(second) and all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def layer_error(
    module: nn.Module, runs: list[tuple[list[Tensor], list[Tensor]]], g: Any, symmetry: Symmetry, carrier: Carrier
) -> float:
    """How far outputs at g x are from those at x moved by g, relative to their spread; NaN: it cannot be told.

    runs: the outputs at x and at g x, for one or several x.
    """
    typed = _typed_error(module, *runs[0], g, symmetry)
    return fitted_error(runs, carrier) if typed is None else typed


def fitted_error(runs: list[tuple[list[Tensor], list[Tensor]]], carrier: Carrier) -> float:
    """The largest error of outputs of unknown type: any mixing of their channels is allowed."""
    fits = _fits(runs, carrier)
    return max((found.error for found in fits if found is not None and not math.isnan(found.left)), default=math.nan)


def _typed_error(
    module: nn.Module, still: list[Tensor], moved: list[Tensor], g: Any, symmetry: Symmetry
) -> float | None:
    """The error by the type that the module says, where that is one of this group and fits its only output."""
    action = out_action(module, symmetry, g)
    if action is None or len(still) != 1 or len(moved) != 1:
        return None
    try:
        return relative_error(action, g, still[0], moved[0])
    except (ValueError, RuntimeError):
        return None


def relative_error(action: Action, g: Any, still: Tensor, moved: Tensor) -> float:
    """How far one output at g x is from that at x, moved by an action, relative to its spread."""
    delta = difference(moved, action.act(g, still))
    size = real(still)
    spread = root_mean_square(size - size.mean(0)) or root_mean_square(size)
    return root_mean_square(delta) / spread if spread else 0.0


def out_action(module: nn.Module, symmetry: Symmetry, g: Any) -> Action | None:
    """How the module says that its output transforms, where that is by the group of the check."""
    for name in ("out_type", "irreps_out"):
        found = getattr(module, name, None)
        if found is None or not is_type(found):
            continue
        try:
            action = as_action(found, name)
        except (ValueError, ModuleNotFoundError):
            return None  # an attribute of that name which is no type
        if isinstance(action, Irreps):
            return action if isinstance(g, Motion) else None
        return action if action.symmetry is not None and action.symmetry == symmetry else None
    return None


def _known(level: Level, g: Any, still: list[Tensor], moved: list[Tensor]) -> float | None:
    """The error of a layer whose output is one of the whole, which the types of the check tell."""
    answer = next((answer for element, answer in level.answers if element is g), None)
    if len(still) != 1 or answer is None or answer.trouble is not None:
        return None
    for place in level.asked.telling:
        here, there = level.asked.outputs[place], answer.outputs[place]
        if still[0].shape == here.shape and torch.equal(still[0], here) and torch.equal(moved[0], there):
            return answer.distances[place].mean
    return None


def first_broken(found: list[Step]) -> Step | None:
    """The first layer whose error is no round-off; parts come before what they are part of."""
    finite = next((step for step in found if step.is_broken and not math.isinf(step.error)), None)
    return finite or next((step for step in found if math.isinf(step.error)), None)


def parts(found: list[Step]) -> tuple[PartError, ...]:
    """The errors of the layers that can be told, for a report."""
    return tuple(
        PartError(
            step.name,
            step.error,
            step.limit,
            note=type(step.module).__name__ + ("" if step.typed else ", any mixing of channels allowed"),
        )
        for step in found
        if not math.isnan(step.error)
    )
