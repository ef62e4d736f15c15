"""Optimiser settings, and the torch optimiser they stand for."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from equilab.errors import SettingError

__all__ = ["Adam"]


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma & Ba 2015); the defaults are those of the study of Locatello et al. 2019.

    >>> Adam(learning_rate=1e-3).build([torch.zeros(2, requires_grad=True)]).defaults["lr"]
    0.001
    """

    learning_rate: float = 1e-4  # per update
    beta1: float = 0.9  # decay of the gradient's mean, per update
    beta2: float = 0.999  # decay of the gradient's square, per update
    eps: float = 1e-8  # added to the root of the gradient's square

    def __post_init__(self) -> None:
        if not self.learning_rate > 0:
            raise SettingError(f"learning_rate: expected a positive number, got {self.learning_rate}")
        for name in ("beta1", "beta2"):
            if not 0 <= getattr(self, name) < 1:
                raise SettingError(f"{name}: expected a number in [0, 1), got {getattr(self, name)}")

    def build(self, parameters: Iterable[torch.Tensor]) -> torch.optim.Adam:
        """A fused Adam over these parameters (one pass over memory instead of one per operation)."""
        betas = (self.beta1, self.beta2)
        return torch.optim.Adam(parameters, lr=self.learning_rate, betas=betas, eps=self.eps, fused=True)
