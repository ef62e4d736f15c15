"""What the hypotheses about a cause look at: the first broken layer, what went in and out, and what would mend it."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.fit import Fit, fit
from equilab.check.layers import Step, layer_error
from equilab.check.level import Level, Levels
from equilab.check.subject import seeded
from equilab.check.symmetry import Symmetry
from equilab.check.trace import _tensors
from equilab.check.trees import mapped


@dataclass(frozen=True)
class Scene:
    """A check that did not pass, at the element where it was worst."""

    levels: Levels
    g: Any
    steps: list[Step]
    step: Step | None  # the first layer whose output is broken; None: none is, or none was called
    is_before: bool  # the input of that layer is broken already, by code between two layers
    passing: list[Any]  # the elements without error

    @property
    def level(self) -> Level:
        return self.levels.best

    @property
    def symmetry(self) -> Symmetry:
        return self.level.asked.case.symmetry

    @property
    def module(self) -> nn.Module | None:
        """The broken layer, unless it was broken before it."""
        return self.step.module if self.step is not None and not self.is_before else None

    @property
    def where(self) -> str:
        """The name of the broken layer with its class."""
        if self.step is None:
            return "the function itself"
        words = f"{self.step.name} ({type(self.step.module).__name__})"
        return f"the code before {words}" if self.is_before else words

    @property
    def x(self) -> Tensor | None:
        """The first input of the broken layer, at x."""
        inputs = self.step.still.inputs if self.step is not None else []
        return inputs[0] if inputs else None

    @property
    def delta(self) -> Tensor | None:
        """The error of the first output: f(g x) - g f(x) of the whole, at the worst element."""
        worst = self.level.worst
        deltas = [delta for delta in worst[1].deltas if delta is not None] if worst is not None else []
        return deltas[0] if deltas else None

    @cached_property
    def input_fit(self) -> Fit | None:
        """How g mixes the channels of the broken layer's first input."""
        step = self.step
        if step is None or not step.still.inputs or not step.moved.inputs:
            return None
        return fit(step.still.inputs[0], step.moved.inputs[0], self.g, self.symmetry)

    @cached_property
    def output_fit(self) -> Fit | None:
        """The mixing of channels that explains the broken layer's first output best."""
        step = self.step
        if step is None or not step.still.outputs or not step.moved.outputs:
            return None
        return fit(step.still.outputs[0], step.moved.outputs[0], self.g, self.symmetry)

    def error_with(self, change: Callable[[nn.Module], object]) -> float:
        """The broken layer's error after `change` was done to a copy of it; NaN where that cannot be tried."""
        if self.step is None or self.module is None:
            return math.nan
        try:
            changed = copy.deepcopy(self.module)
            with torch.no_grad():
                change(changed)
            outputs = [self._run(changed, call.arguments) for call in (self.step.still, self.step.moved)]
        except Exception:
            return math.nan  # it cannot be copied, or not be called alone
        return layer_error(changed, outputs[0], outputs[1], self.g, self.symmetry)[0]

    def mends(self, change: Callable[[nn.Module], object]) -> bool:
        """Whether a change of the broken layer takes nearly all of its error away."""
        error = self.error_with(change)
        return self.step is not None and error < 1e-3 * self.step.error

    def _run(self, module: nn.Module, arguments: tuple[Any, ...]) -> list[Tensor]:
        given = mapped(lambda leaf: leaf.detach().clone() if isinstance(leaf, Tensor) else leaf, arguments)
        with seeded(self.level.asked.subject.seed):
            return _tensors(module(*given))
