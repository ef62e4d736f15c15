"""The classifier: a network whose outputs are the logits of classes."""

from torch import Tensor, nn

from equilab.errors import ShapeError
from equilab.groups import FieldType
from equilab.models.vae import at_least_float32


class Classifier(nn.Module):
    """A network that gives the logits of `num_classes` classes of an image.

    network: (batch, C, H, W) in [0, 1] -> (batch, num_classes). in_type, out_type: how images and logits transform, of
    an equivariant network.

    >>> import torch
    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    >>> Classifier(network, image_shape=(1, 2, 2), num_classes=3)(torch.zeros(5, 1, 2, 2)).shape
    torch.Size([5, 3])
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        image_shape: tuple[int, int, int],
        num_classes: int,
        in_type: FieldType | None = None,
        out_type: FieldType | None = None,
    ):
        super().__init__()
        self.network, self.in_type, self.out_type = network, in_type, out_type
        self.image_shape, self.num_classes = image_shape, num_classes

    def forward(self, images: Tensor) -> Tensor:
        """Logits (batch, num_classes) of images (batch, C, H, W), float32 under autocast. Raises ShapeError."""
        if images.ndim != 4 or tuple(images.shape[1:]) != self.image_shape:
            expected = ", ".join(map(str, self.image_shape))
            raise ShapeError("images", expected=f"(batch, {expected})", got=tuple(images.shape))
        return at_least_float32(self.network(images))

    def extra_repr(self) -> str:
        return f"image_shape={self.image_shape}, num_classes={self.num_classes}"
