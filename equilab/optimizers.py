"""Optimisers: settings, and the torch optimisers that they build."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import torch

from equilab.errors import SettingError, check_flag
from equilab.schedules import Schedule, Weight, check_weight, is_finite, value_at

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]


class Optimizer(ABC):
    """Settings of an optimiser; a frozen dataclass in every concrete class, with the two fields below.

    learning_rate: per update, a number or a schedule. clip_norm: the largest gradient norm, in units of the loss; a
    longer gradient is scaled down to it; 0: not clipped.
    """

    learning_rate: Weight
    clip_norm: float

    @abstractmethod
    def build(self, parameters: Iterable[torch.Tensor]) -> torch.optim.Optimizer:
        """The torch optimiser over these parameters, at the rate of step 0."""

    def set_rate(self, optimizer: torch.optim.Optimizer, step: int) -> None:
        """Sets the rate that a schedule has after `step` updates; a constant rate is left as it is."""
        if isinstance(self.learning_rate, Schedule):
            rate = float(self.learning_rate.at(torch.tensor(step)))
            for group in optimizer.param_groups:
                group["lr"] = rate

    def _first_rate(self) -> float:
        return float(value_at(self.learning_rate, 0))

    def _check(self, *, shares: tuple[str, ...] = (), numbers: tuple[str, ...] = ()) -> None:
        """Raises SettingError for an invalid rate or clip norm, shares outside [0, 1), negative or infinite numbers."""
        check_weight("learning_rate", self.learning_rate)
        if not isinstance(self.learning_rate, Schedule) and self.learning_rate == 0:
            raise SettingError("learning_rate", expected="a positive number", got=self.learning_rate)
        below = dict.fromkeys(shares, 1.0) | dict.fromkeys((*numbers, "clip_norm"), math.inf)
        for name, end in below.items():
            value = getattr(self, name)
            if not is_finite(value) or not 0 <= value < end:
                raise SettingError(name, expected="a number in [0, 1)" if end == 1 else "a number >= 0", got=value)


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam (Kingma & Ba 2015); the defaults are those of the study of Locatello et al. 2019.

    >>> Adam(learning_rate=1e-3).build([torch.zeros(2, requires_grad=True)]).defaults["lr"]
    0.001
    """

    learning_rate: Weight = 1e-4  # per update
    beta1: float = 0.9  # decay of the gradient's mean, per update
    beta2: float = 0.999  # decay of the gradient's square, per update
    eps: float = 1e-8  # added to the root of the gradient's square
    clip_norm: float = 0.0  # largest gradient norm, in units of the loss; 0: not clipped

    def __post_init__(self) -> None:
        self._check(shares=("beta1", "beta2"), numbers=("eps",))

    def build(self, parameters: Iterable[torch.Tensor]) -> torch.optim.Adam:
        """A fused Adam (one pass over memory instead of one per operation)."""
        return torch.optim.Adam(
            parameters, lr=self._first_rate(), betas=(self.beta1, self.beta2), eps=self.eps, fused=True
        )


@dataclass(frozen=True)
class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2).

    >>> AdamW(weight_decay=0.1).build([torch.zeros(2, requires_grad=True)]).defaults["weight_decay"]
    0.1
    """

    learning_rate: Weight = 1e-3  # per update
    beta1: float = 0.9  # decay of the gradient's mean, per update
    beta2: float = 0.999  # decay of the gradient's square, per update
    eps: float = 1e-8  # added to the root of the gradient's square
    weight_decay: float = 1e-2  # share of a weight that an update takes away, times the learning rate
    clip_norm: float = 0.0  # largest gradient norm, in units of the loss; 0: not clipped

    def __post_init__(self) -> None:
        self._check(shares=("beta1", "beta2"), numbers=("eps", "weight_decay"))

    def build(self, parameters: Iterable[torch.Tensor]) -> torch.optim.AdamW:
        """A fused AdamW."""
        return torch.optim.AdamW(
            parameters,
            lr=self._first_rate(),
            betas=(self.beta1, self.beta2),
            eps=self.eps,
            weight_decay=self.weight_decay,
            fused=True,
        )


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent with momentum (Sutskever et al. 2013).

    >>> SGD(learning_rate=0.1, momentum=0.0).build([torch.zeros(2, requires_grad=True)]).defaults["lr"]
    0.1
    """

    learning_rate: Weight = 1e-2  # per update
    momentum: float = 0.9  # decay of the velocity, per update
    nesterov: bool = False  # whether the gradient is taken ahead of the velocity
    weight_decay: float = 0.0  # multiplies the squared norm of the weights, halved, in the loss
    clip_norm: float = 0.0  # largest gradient norm, in units of the loss; 0: not clipped

    def __post_init__(self) -> None:
        self._check(shares=("momentum",), numbers=("weight_decay",))
        check_flag("nesterov", self.nesterov)
        if self.nesterov and self.momentum == 0:
            raise SettingError("nesterov", expected="False where momentum is 0", got=True)

    def build(self, parameters: Iterable[torch.Tensor]) -> torch.optim.SGD:
        """A fused SGD."""
        return torch.optim.SGD(
            parameters,
            lr=self._first_rate(),
            momentum=self.momentum,
            nesterov=self.nesterov,
            weight_decay=self.weight_decay,
            fused=True,
        )
