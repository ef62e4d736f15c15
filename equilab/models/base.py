"""What a model is: settings that build a network."""

from abc import ABC, abstractmethod

import torch
from torch import nn


class Model(ABC):
    """Settings of a network to build; a frozen dataclass in every concrete class."""

    @abstractmethod
    def build(self, image_shape: tuple[int, int, int], *, generator: torch.Generator) -> nn.Module:
        """The initialised module on the CPU.

        image_shape: (C, H, W), pixels. generator: of every weight.
        """
