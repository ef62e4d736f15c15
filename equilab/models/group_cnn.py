"""P4CNN (Cohen & Welling 2016, section 8.1) and its p4m sibling: group convolutions, about as many weights as Z2CNN."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from equilab.errors import ShapeError, check_count
from equilab.groups import Group, p4, p4m
from equilab.models.base import Model
from equilab.models.classifier import Classifier
from equilab.models.initialise import build_lecun
from equilab.nn import FieldBatchNorm, GroupConv2d, GroupPool


@dataclass(frozen=True)
class _GroupCNN(Model):
    """The network of one group; the group is that of a subclass."""

    group: ClassVar[Group]
    num_fields: int  # regular fields of each of the six layers
    num_classes: int = 10  # outputs

    def __post_init__(self) -> None:
        for name in ("num_fields", "num_classes"):
            check_count(name, getattr(self, name))

    def build(self, image_shape: tuple[int, int, int], *, generator: torch.Generator) -> Classifier:
        """The module with normal weights of variance 1 / fan_in. Raises ShapeError unless images are 28 x 28."""
        if tuple(image_shape[1:]) != (28, 28):
            raise ShapeError("image_shape", expected="(channels, 28, 28) for these networks", got=tuple(image_shape))

        def make() -> Classifier:
            images, logits = image_shape[0] * self.group.trivial, self.num_classes * self.group.trivial
            field_type, layers = images, list[nn.Module]()
            hidden, top = self.num_fields * self.group.regular, self.num_classes * self.group.regular
            for index in range(6):
                layers += [GroupConv2d(field_type, hidden, kernel_size=3), FieldBatchNorm(hidden), nn.ReLU()]
                field_type = hidden
                if index == 1:
                    layers.append(nn.MaxPool2d(2))  # 24 x 24: exact, as every even size is
            layers += [GroupConv2d(hidden, top, kernel_size=4), GroupPool(top), nn.Flatten()]
            return Classifier(
                nn.Sequential(*layers),
                image_shape=image_shape,
                num_classes=self.num_classes,
                in_type=images,
                out_type=logits,
            )

        return build_lecun(make, generator=generator)


@dataclass(frozen=True)
class P4CNN(_GroupCNN):
    """Six p4 convolutions k3 without padding, each with batch norm and ReLU, then one k4: 28 26 24 12 10 8 6 4 1.

    2 x 2 max pooling after the second; the logits are the largest over the four orientations, so a rotation of the
    image by 90 degrees does not change them. 24,680 parameters, as released with the paper; no dropout.

    >>> model = P4CNN().build((1, 28, 28), generator=torch.Generator().manual_seed(0))
    >>> sum(parameter.numel() for parameter in model.parameters())
    24680
    """

    group: ClassVar[Group] = p4
    num_fields: int = 10  # regular fields, four channels each, of each of the six layers


@dataclass(frozen=True)
class P4MCNN(_GroupCNN):
    """P4CNN with the group p4m: the logits do not change under reflections either. 26,799 parameters.

    Not in the paper: 7 fields of eight channels come closest to the parameters of P4CNN. A reflected digit is
    often no digit, so this is more symmetry than the data have.

    >>> model = P4MCNN().build((1, 28, 28), generator=torch.Generator().manual_seed(0))
    >>> sum(parameter.numel() for parameter in model.parameters())
    26799
    """

    group: ClassVar[Group] = p4m
    num_fields: int = 7  # regular fields, eight channels each, of each of the six layers
