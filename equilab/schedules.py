"""Weights and rates that change with the step: constant, linear, cosine, cyclic."""

import math
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from equilab.errors import SettingError, check_count

__all__ = ["Constant", "Cosine", "Cyclic", "Linear", "Schedule", "Weight", "check_weight", "value_at"]


class Schedule(ABC):
    """A number as a function of the updates made so far; a frozen dataclass in every concrete class."""

    @abstractmethod
    def at(self, step: Tensor) -> Tensor:
        """The value, a scalar tensor in float64, after `step` updates, a scalar tensor; no host synchronisation."""

    @abstractmethod
    def bounds(self) -> tuple[float, float]:
        """The least and the largest value at any step."""


Weight: TypeAlias = float | Schedule
"""A number, or a schedule of it."""


def value_at(weight: Weight, step: Tensor | int, *, like: Tensor | None = None) -> Tensor | float:
    """The weight after `step` updates: a number stays the number it is, a schedule gives a scalar tensor.

    like: a tensor whose dtype and device the scalar takes; None: float64. A float64 scalar would make a float64 loss of
    a float32 one.

    >>> value_at(4.0, 10), value_at(Linear(0.0, 4.0, steps=100), 25).item()
    (4.0, 1.0)
    """
    if not isinstance(weight, Schedule):
        return weight
    value = weight.at(torch.as_tensor(step))
    return value if like is None else value.to(like)


def check_weight(name: str, weight: Weight, *, least: float = 0.0) -> None:
    """Raises SettingError for a weight that is not finite, or at some step below `least`.

    name: of the setting. weight: a number or a schedule. least: smallest value that is accepted, default 0.
    """
    if isinstance(weight, Schedule):
        low, high = weight.bounds()
    elif not is_number(weight):
        raise SettingError(name, expected=f"a number >= {least:g}, or a schedule", got=repr(weight))
    else:
        low = high = weight
    if not (least <= low and is_finite(high)):
        raise SettingError(name, expected=f"a number >= {least:g}", got=weight)


def is_number(value: object) -> bool:
    """Whether the value is an integer or a float, Python's or numpy's, and no bool.

    >>> is_number(1), is_number(float("nan")), is_number(True), is_number("1")
    (True, True, False, False)
    """
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def is_finite(value: object) -> bool:
    """Whether the value is a number, and one that a float holds: no infinity, no NaN, no integer beyond them.

    >>> is_finite(2), is_finite(float("inf")), is_finite(10**400)
    (True, False, False)
    """
    if not is_number(value):
        return False
    return abs(value) <= sys.float_info.max if isinstance(value, int) else math.isfinite(value)  # pyright: ignore


def _check(schedule: Schedule, *, finite: tuple[str, ...], counts: tuple[str, ...] = ()) -> None:
    """Raises SettingError for values that are no finite numbers, and numbers of updates that are no integers >= 1."""
    for name in finite:
        value = getattr(schedule, name)
        if not is_finite(value):
            raise SettingError(name, expected="a finite number", got=value)
    for name in counts:
        check_count(name, getattr(schedule, name))


@dataclass(frozen=True)
class Constant(Schedule):
    """The same value at every step.

    >>> Constant(3.0).at(torch.tensor(7)).item()
    3.0
    """

    value: float

    def __post_init__(self) -> None:
        _check(self, finite=("value",))

    def at(self, step: Tensor) -> Tensor:
        return torch.full_like(step, self.value, dtype=torch.float64)

    def bounds(self) -> tuple[float, float]:
        return self.value, self.value


@dataclass(frozen=True)
class Linear(Schedule):
    """From `start` to `end` in a straight line over `steps` updates, then `end`.

    >>> [Linear(0.0, 1.0, steps=4).at(torch.tensor(step)).item() for step in (0, 1, 4, 100)]
    [0.0, 0.25, 1.0, 1.0]
    """

    start: float  # value at step 0
    end: float  # value from `steps` on
    steps: int  # updates

    def __post_init__(self) -> None:
        _check(self, finite=("start", "end"), counts=("steps",))

    def at(self, step: Tensor) -> Tensor:
        return self.start + (self.end - self.start) * _fraction(step, self.steps)

    def bounds(self) -> tuple[float, float]:
        return min(self.start, self.end), max(self.start, self.end)


@dataclass(frozen=True)
class Cosine(Schedule):
    """From `start` to `end` along half a cosine over `steps` updates, then `end` (Loshchilov & Hutter 2017, eq. 5).

    >>> [round(Cosine(1.0, 0.0, steps=4).at(torch.tensor(step)).item(), 3) for step in (0, 1, 2, 9)]
    [1.0, 0.854, 0.5, 0.0]
    """

    start: float  # value at step 0
    end: float  # value from `steps` on
    steps: int  # updates

    def __post_init__(self) -> None:
        _check(self, finite=("start", "end"), counts=("steps",))

    def at(self, step: Tensor) -> Tensor:
        return self.end + (self.start - self.end) * 0.5 * (1 + torch.cos(math.pi * _fraction(step, self.steps)))

    def bounds(self) -> tuple[float, float]:
        return min(self.start, self.end), max(self.start, self.end)


@dataclass(frozen=True)
class Cyclic(Schedule):
    """Cycles of `period` updates: linear from `start` to `end` over the first part, then `end` (Fu et al. 2019, eq. 6).

    >>> [Cyclic(0.0, 1.0, period=8).at(torch.tensor(step)).item() for step in (0, 2, 4, 7, 8, 10)]
    [0.0, 0.5, 1.0, 1.0, 0.0, 0.5]
    """

    start: float  # value at the beginning of each cycle
    end: float  # value at the end of each cycle
    period: int  # updates of one cycle
    rise: float = 0.5  # share of a cycle in which the value rises

    def __post_init__(self) -> None:
        _check(self, finite=("start", "end"), counts=("period",))
        if not is_number(self.rise) or not 0 < self.rise <= 1:
            raise SettingError("rise", expected="a share in (0, 1]", got=self.rise)

    def at(self, step: Tensor) -> Tensor:
        return self.start + (self.end - self.start) * _fraction(step % self.period, self.rise * self.period)

    def bounds(self) -> tuple[float, float]:
        return min(self.start, self.end), max(self.start, self.end)


def _fraction(step: Tensor, steps: float) -> Tensor:
    """step / steps, at most 1, float64."""
    return (step.to(torch.float32 if step.device.type == "mps" else torch.float64) / steps).clamp(max=1)
