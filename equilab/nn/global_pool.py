"""The whole plane to one vector: (batch, C, H, W) to (batch, C)."""

from torch import Tensor, nn

from equilab.errors import ShapeError
from equilab.groups import Representation
from equilab.nn.layer import Layer, as_type, refuse_mixed


class SpatialMean(Layer):
    """The mean of each channel over the plane, (batch, C): rho(g) acts on it without moving anything.

    in_type: may be left out; then any number of channels goes in, and the layer has no `in_type` of its own:
    `Sequential` takes it for one of the type that comes out of the layer before.

    >>> import torch
    >>> SpatialMean()(torch.ones(2, 8, 5, 5)).shape
    torch.Size([2, 8])
    """

    ndims, makes_vectors = (4,), True

    def __init__(self, in_type: Representation | None = None):
        super().__init__()
        if in_type is not None:
            self.in_type = self.out_type = as_type(in_type, "in_type")

    def forward(self, x: Tensor) -> Tensor:
        if hasattr(self, "in_type"):
            self.check(x)
        elif x.ndim != 4:
            raise ShapeError("x", expected="(batch, channels, H, W)", got=tuple(x.shape))
        return x.mean((-2, -1))

    def materialize(self) -> nn.Module:
        """nn.AdaptiveAvgPool2d(1) and nn.Flatten()."""
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def extra_repr(self) -> str:
        return str(getattr(self, "in_type", "any type"))


class SpatialMax(Layer):
    """The largest value of each channel over the plane, (batch, C), for fields of permuted channels.

    Raises FieldTypeError for other fields.
    """

    ndims, makes_vectors = (4,), True

    def __init__(self, in_type: Representation):
        super().__init__()
        self.in_type = self.out_type = as_type(in_type, "in_type")
        refuse_mixed(self.in_type, "SpatialMax", "use eq.nn.SpatialMean")

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return x.amax((-2, -1))

    def materialize(self) -> nn.Module:
        """nn.AdaptiveMaxPool2d(1) and nn.Flatten()."""
        return nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten())

    def extra_repr(self) -> str:
        return str(self.in_type)
