"""Classification: the cross-entropy of the class that an image belongs to."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from equilab.data import Dataset, Labelled, LabelledImages, Sampler
from equilab.errors import SettingError, ShapeError
from equilab.keys import Key
from equilab.models import Classifier
from equilab.objectives.objective import Context, Losses, Objective, Player


@dataclass(frozen=True)
class Classification(Objective):
    """-log p(class | image), nats, its mean over the batch; p is the softmax of the model's logits.

    The class is the value of the data set's only factor. Draws no noise: dropout is the model's, and draws from torch's
    own generator. Raises ShapeError for labels of several factors.

    >>> import torch
    >>> from equilab.models import Z2CNN
    >>> generator = torch.Generator().manual_seed(0)
    >>> model = Z2CNN().build((1, 28, 28), generator=generator)
    >>> images, labels = torch.rand(4, 1, 28, 28, generator=generator), torch.tensor([[3], [1], [4], [1]])
    >>> sorted(Classification()(model, Labelled(images, labels), generator=generator).terms)
    ['accuracy', 'cross_entropy']
    """

    keys: ClassVar[tuple[Key, ...]] = (
        Key("train/cross_entropy", "nats per image", "-log p(class) of the images' classes", "down"),
        Key("train/accuracy", "0 to 1", "accuracy on the training batch", "up"),
    )
    sampler: Sampler = LabelledImages()  # how observations are drawn

    def build(self, model: nn.Module, *, generator: torch.Generator, data: Dataset | None = None) -> dict[str, Player]:
        """No further player. Raises SettingError for fewer classes than the data set's only factor has values."""
        if data is not None and data.factors.num == 1 and isinstance(model, Classifier):
            (labelled,) = data.factors
            if model.num_classes < labelled.size:
                raise SettingError(
                    "model.num_classes",
                    expected=f"{labelled.size}, the values of {labelled.name} of {type(data).__name__}",
                    got=model.num_classes,
                )
        return {}

    def check_values(self, batch: tuple[Tensor | None, ...]) -> None:
        """Nothing is refused: a classifier may be given images of any range, such as standardised ones."""

    def losses(self, model: Classifier, batch: Labelled, context: Context) -> Losses:
        if batch.labels.shape != (len(batch.images), 1):
            raise ShapeError(
                "labels",
                expected=f"({len(batch.images)}, 1), the class of each image",
                got=tuple(batch.labels.shape),
                hint="a classifier needs a data set whose only factor is the class",
            )
        logits, classes = model(batch.images), batch.labels[:, 0]
        cross_entropy = functional.cross_entropy(logits, classes)
        accuracy = (logits.argmax(1) == classes).to(logits.dtype).mean()
        return Losses({"model": cross_entropy}, {"cross_entropy": cross_entropy.detach(), "accuracy": accuracy})
