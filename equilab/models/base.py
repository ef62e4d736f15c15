"""What a model is: settings that build a network."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import nn

from equilab.models.vae import VariationalAutoencoder


class Model(ABC):
    """Settings that say which network to build; a frozen dataclass in every concrete class.

    `kind` is the class of the modules that it builds; an objective trains modules of one kind.
    """

    kind: ClassVar[type[nn.Module]] = VariationalAutoencoder

    @abstractmethod
    def build(self, image_shape: tuple[int, int, int], *, generator: torch.Generator) -> nn.Module:
        """The initialised module for images (C, H, W), on the CPU; every weight is drawn from `generator`."""
