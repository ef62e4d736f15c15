"""Z2CNN (Cohen & Welling 2016, section 8.1): the plain network of seven layers for rotated MNIST."""

from dataclasses import dataclass

import torch
from torch import nn

from equilab.errors import SettingError, ShapeError, check_count
from equilab.models.base import Model
from equilab.models.classifier import Classifier
from equilab.models.initialise import build_lecun
from equilab.schedules import is_number


@dataclass(frozen=True)
class Z2CNN(Model):
    """Six convolutions k3 without padding, each with batch norm and ReLU, then one k4: 28 26 24 12 10 8 6 4 1.

    2 x 2 max pooling after the second, dropout after each of the other five; 21,750 parameters, as released with the
    paper. There is no need to standardise images: a scale or an offset of all pixels vanishes in the first batch norm.

    >>> model = Z2CNN().build((1, 28, 28), generator=torch.Generator().manual_seed(0))
    >>> sum(parameter.numel() for parameter in model.parameters())
    21750
    """

    num_channels: int = 20  # of each of the six layers
    dropout: float = 0.3  # probability that an activation is dropped
    num_classes: int = 10  # outputs

    def __post_init__(self) -> None:
        for name in ("num_channels", "num_classes"):
            check_count(name, getattr(self, name))
        if not is_number(self.dropout) or not 0 <= self.dropout < 1:
            raise SettingError("dropout", expected="a number in [0, 1)", got=self.dropout)

    def build(self, image_shape: tuple[int, int, int], *, generator: torch.Generator) -> Classifier:
        """The module with normal weights of variance 1 / fan_in. Raises ShapeError unless images are 28 x 28."""
        if tuple(image_shape[1:]) != (28, 28):
            raise ShapeError("image_shape", expected="(channels, 28, 28) for Z2CNN", got=tuple(image_shape))

        def make() -> Classifier:
            channels, layers = image_shape[0], list[nn.Module]()
            for index in range(6):
                layers += [nn.Conv2d(channels, self.num_channels, 3), nn.BatchNorm2d(self.num_channels), nn.ReLU()]
                layers.append(nn.MaxPool2d(2) if index == 1 else nn.Dropout(self.dropout))
                channels = self.num_channels
            layers += [nn.Conv2d(channels, self.num_classes, 4), nn.Flatten()]
            return Classifier(nn.Sequential(*layers), image_shape=image_shape, num_classes=self.num_classes)

        return build_lecun(make, generator=generator)
