"""What the hypotheses about a cause look at: the first broken layer, what went in and out, and what would mend it."""

import copy
import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.actions.action import Action
from equilab.check.actions.symmetry import Symmetry
from equilab.check.causes.carry import Carrier
from equilab.check.causes.fit import Fit, fit
from equilab.check.causes.layers import Step, layer_error, out_action, relative_error
from equilab.check.questions.case import Answer
from equilab.check.questions.compare import difference, real, root_mean_square
from equilab.check.questions.level import Level, Levels
from equilab.check.questions.trace import Call, tensors
from equilab.check.reports.findings import Cause, ElementError, Verdict
from equilab.check.subjects.subject import seeded
from equilab.check.subjects.trees import mapped

_MENDED = 1e-3  # of an error that may be left once its cause is taken away
_INSIDE = 1e-6  # what is left of the middle of an image that is explained


@dataclass(frozen=True)
class Scene:
    """A check that did not pass, at the element where it was worst."""

    levels: Levels
    level: Level  # that in which it does not pass, the sharper one first
    verdict: Verdict
    g: Any
    carrier: Carrier
    steps: list[Step]
    step: Step | None  # the first layer whose output is broken; None: none is, or none was called
    is_before: bool  # the input of that layer is broken already, by code between two layers
    interpolated: tuple[ElementError, ...] = ()

    @property
    def symmetry(self) -> Symmetry:
        return self.level.asked.case.symmetry

    @property
    def module(self) -> nn.Module | None:
        """The broken layer, unless it was broken before it."""
        return self.step.module if self.step is not None and not self.is_before else None

    @property
    def owner(self) -> Step | None:
        """The call whose own code is to blame: the broken layer, or the module that holds the code before it."""
        if self.step is None or not self.is_before:
            return self.step
        outer = self.step.still.outer
        return next((step for step in self.steps if step.still is outer), None)

    @property
    def where(self) -> str:
        """The name of the broken layer with its class."""
        if self.step is None:
            return self.output
        words = f"{self.step.name} ({type(self.step.module).__name__})"
        return f"the code before {words}" if self.is_before else words

    @property
    def output(self) -> str:
        """The name of the output with the largest error."""
        asked, worst = self.level.asked, self.level.worst
        if len(asked.telling) < 2 or worst is None or worst[1].trouble is not None:
            return "the output"
        place = max(asked.telling, key=lambda place: worst[1].distances[place].mean)
        return f"output {asked.case.out_names[place]}"

    @property
    def x(self) -> Tensor | None:
        """The first input of the broken layer, at x."""
        inputs = self.step.still.inputs if self.step is not None else []
        return inputs[0] if inputs else None

    @cached_property
    def broken(self) -> tuple[Tensor, Tensor] | None:
        """The first tensors that are not equivariant, at x and g x: of a layer's input, its output, or the whole's."""
        if self.step is None:
            answer = self.level.worst[1] if self.level.worst is not None else None
            places = [place for place in self.level.asked.telling if answer is not None and answer.trouble is None]
            if answer is None or not places:
                return None
            place = max(places, key=lambda place: answer.distances[place].mean)
            return self.level.asked.outputs[place], answer.outputs[place]
        sides = (self.step.still, self.step.moved)
        first, second = (side.inputs if self.is_before else side.outputs for side in sides)
        for here, there in zip(first, second, strict=False):
            found = fit(self.carrier(here), there)
            if found is not None and found.error > self.step.limit:
                return here, there
        return (first[0], second[0]) if first and second else None

    @cached_property
    def place(self) -> int | None:
        """The place of the broken tensor among the outputs of the whole; None: it is inside."""
        asked, pair = self.level.asked, self.broken
        same = [p for p in asked.telling if pair is not None and _is_same(asked.outputs[p], pair[0])]
        return same[0] if same and not self.is_before else None

    @cached_property
    def residual(self) -> tuple[Tensor | None, float]:
        """What is wrong with the broken tensor, and its spread; None: it cannot be told.

        By the type that is known, of the layer or of the output of the whole; else by how its middle mixes channels.
        """
        if self.broken is None:
            return None, 0.0
        still, moved = self.broken
        answer = self.level.worst[1] if self.level.worst is not None else None
        action = None if self.is_before or self.module is None else out_action(self.module, self.symmetry, self.g)
        spread = root_mean_square(real(still) - real(still).mean(0)) or root_mean_square(real(still))
        if action is not None:
            return difference(moved, action.act(self.g, still)), spread
        if self.place is not None and answer is not None and answer.trouble is None:
            return answer.deltas[self.place], spread
        carried = self.carrier(still)
        if carried is None or still.ndim != 4 or carried.shape != moved.shape or not still.is_floating_point():
            return None, spread
        edge = min(still.shape[-2:]) // 4
        inside = (..., slice(edge, still.shape[-2] - edge), slice(edge, still.shape[-1] - edge))
        found = fit(carried[inside], moved[inside])
        if found is None or not found.error < _INSIDE:
            return None, spread
        mixed = torch.einsum("dc,bchw->bdhw", found.mixing.to(moved.device), carried.double())
        return difference(moved, mixed), spread

    @cached_property
    def input_fit(self) -> Fit | None:
        """How g mixes the channels of the broken layer's first input."""
        found = self.step.inputs(self.carrier) if self.step is not None else []
        return found[0] if found else None

    def cause(self, name: str, why: str, mend: str) -> Cause:
        """A cause at the first broken layer."""
        return Cause(name, self.where, why, mend)

    def passes(self, g: Any) -> bool:
        """Whether the whole has no error at another element."""
        try:
            answer = self.level.asked.at(g)
        except Exception:
            return False  # the action does not take it
        return self.level.ratio(answer) <= 1

    def answer_at(self, values: tuple[Any, ...]) -> Answer:
        """f(g x) against g f(x) at other inputs."""
        asked = self.level.asked
        case = replace(asked.case, values=values)
        return replace(asked, case=case, outputs=case.call(asked.subject, values)).at(self.g)

    def answer(self, module: nn.Module, call: Call, *, seed: int | None = None) -> list[Tensor]:
        """The outputs of a module for the arguments of a call; its state is that which the call leaves."""
        subject = self.level.asked.subject
        given, named = (mapped(_copied, tree) for tree in (call.arguments, call.keywords))
        fast = nullcontext() if subject.autocast is None else torch.autocast(_device(given), subject.autocast)
        with seeded(subject.seed if seed is None else seed), fast:
            return tensors(module(*given, **named))

    def error_with(self, change: Callable[[nn.Module], object]) -> float:
        """The error of the layer to blame after `change` was done to a copy of it; NaN where that cannot be tried."""
        step = self.owner
        if step is None:
            return math.nan
        try:
            changed = copy.deepcopy(step.module)
            with torch.no_grad():
                change(changed)
            runs = [
                (self.answer(copy.deepcopy(changed), here), self.answer(copy.deepcopy(changed), there))
                for here, there in ((step.still, step.moved), *step.more)
            ]
        except Exception:
            return math.nan  # it cannot be copied, or not be called alone
        action = self._answered(step)
        if action is not None:
            return relative_error(action, self.g, runs[0][0][0], runs[0][1][0])
        return layer_error(changed, runs, self.g, self.symmetry, self.carrier)

    def _answered(self, step: Step) -> Action | None:
        """How the output of a layer moves that is one of the whole, where it is judged by that type."""
        asked = self.level.asked
        if not step.typed or len(step.still.outputs) != 1 or out_action(step.module, self.symmetry, self.g) is not None:
            return None
        same = [p for p in asked.telling if _is_same(asked.outputs[p], step.still.outputs[0])]
        return asked.case.out_actions[same[0]] if same else None

    def mends(self, change: Callable[[nn.Module], object]) -> bool:
        """Whether a change of a copy of the layer to blame takes nearly all of its error away."""
        step = self.owner
        return step is not None and self.error_with(change) < max(_MENDED * step.error, step.limit)


def _is_same(leaf: Any, tensor: Tensor) -> bool:
    return isinstance(leaf, Tensor) and leaf.shape == tensor.shape and torch.equal(leaf, tensor)


def _device(tree: Any) -> str:
    return next((leaf.device.type for leaf in tensors(tree)), "cpu")


def _copied(leaf: Any) -> Any:
    return leaf.detach().clone() if isinstance(leaf, Tensor) else leaf
