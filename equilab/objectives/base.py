"""What an objective is: settings that turn a model and a batch into losses."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from equilab.errors import SettingError
from equilab.models import Critic, VariationalAutoencoder, build_xavier
from equilab.optimizers import Adam


class Losses(NamedTuple):
    """What one call of an objective gives.

    model: scalar that the model's optimiser minimises; critic: scalar for the critic's optimiser, or None;
    terms: the parts, detached, before their weights, by name: scalars, or (latent_dim,) tensors.

    In a loop of your own give each loss its own parameters, `losses.model.backward(inputs=[*model.parameters()])` and
    `losses.critic.backward(inputs=[*critic.parameters()])`: the model's loss depends on the critic's weights, too.
    """

    model: Tensor
    critic: Tensor | None
    terms: dict[str, Tensor]


@dataclass(frozen=True)
class CriticSettings:
    """The critic's network and optimiser; the defaults are those of Kim & Mnih 2018."""

    hidden: int = 1000  # units of each hidden layer
    num_layers: int = 6  # hidden layers
    optimizer: Adam = Adam(learning_rate=1e-4, beta1=0.5, beta2=0.9)  # the critic's own optimiser

    def __post_init__(self) -> None:
        for name in ("hidden", "num_layers"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name}: expected at least 1, got {getattr(self, name)}")

    def build(self, latent_dim: int, *, generator: torch.Generator) -> Critic:
        """The critic with Xavier-uniform weights drawn from `generator`, on the CPU."""
        return build_xavier(
            lambda: Critic(latent_dim, hidden=self.hidden, num_layers=self.num_layers), generator=generator
        )


class Objective(ABC):
    """Something to minimise; a frozen dataclass of settings in every concrete class.

    A training loop gathers `batches` batches of images per update, builds the critic that `critic` describes (None:
    there is none), and gives each of the two losses to its own optimiser, with gradients for its own parameters only.
    An objective that `uses_labels` gets one more argument, `labels`: factor indices int64 (batches * batch, k).
    `kind` is the class of the modules that it trains.
    """

    kind: ClassVar[type[nn.Module]] = VariationalAutoencoder
    batches: ClassVar[int] = 1
    uses_labels: ClassVar[bool] = False
    critic: CriticSettings | None = None

    @abstractmethod
    def __call__(
        self,
        model: Any,
        images: Tensor,
        *,
        step: int,
        generator: torch.Generator,
        critic: nn.Module | None = None,
    ) -> Losses:
        """The losses of images (batches * batch, C, H, W) in [0, 1] after `step` updates; noise from `generator`.

        model: a module of this objective's `kind`.
        """
