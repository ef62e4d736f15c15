"""Classification: the cross-entropy of the class that an image belongs to."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from equilab.errors import ShapeError
from equilab.models import Classifier
from equilab.objectives.base import Losses, Objective


@dataclass(frozen=True)
class Classification(Objective):
    """-log p(class | image), nats, its mean over the batch; p is the softmax of the model's logits.

    The class is the value of the data set's only factor. Draws nothing from the generator: dropout is the model's, and
    draws from torch's own.

    >>> from equilab.models import Z2CNN
    >>> generator = torch.Generator().manual_seed(0)
    >>> model = Z2CNN().build((1, 28, 28), generator=generator)
    >>> images, labels = torch.rand(4, 1, 28, 28, generator=generator), torch.tensor([[3], [1], [4], [1]])
    >>> sorted(Classification()(model, images, step=0, generator=generator, labels=labels).terms)
    ['accuracy', 'cross_entropy']
    """

    kind: ClassVar[type[nn.Module]] = Classifier
    uses_labels: ClassVar[bool] = True

    def __call__(
        self,
        model: Classifier,
        images: Tensor,
        *,
        step: int,
        generator: torch.Generator,
        critic: nn.Module | None = None,
        labels: Tensor | None = None,
    ) -> Losses:
        """The loss of images (batch, C, H, W) of the classes labels, int64 (batch, 1). Raises ShapeError."""
        if labels is None or labels.shape != (len(images), 1):
            got = "none" if labels is None else tuple(labels.shape)
            raise ShapeError(
                f"labels: expected ({len(images)}, 1), the class of each image, got {got}; a data set of several "
                "factors needs one of its own with the factor to be told"
            )
        logits, classes = model(images), labels[:, 0]
        cross_entropy = functional.cross_entropy(logits, classes)
        accuracy = (logits.argmax(1) == classes).to(logits.dtype).mean()
        return Losses(cross_entropy, None, {"cross_entropy": cross_entropy.detach(), "accuracy": accuracy})
