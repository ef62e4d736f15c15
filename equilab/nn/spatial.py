"""Layers that change the size of the plane and leave every field as it is: upsampling, pools to a given size."""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from equilab.errors import SettingError
from equilab.groups import Representation
from equilab.nn.layer import Layer, as_type, check_integers, refuse_mixed


class SpatialLayer(Layer):
    """A layer on images whose `out_type` is its `in_type`; (batch, C, H, W) goes in."""

    ndims = (4,)

    def __init__(self, in_type: Representation):
        super().__init__()
        self.in_type = self.out_type = as_type(in_type, "in_type")

    def extra_repr(self) -> str:
        return str(self.in_type)


class Upsample(SpatialLayer):
    """The plane in `scale` times its size; nearest is exact, bilinear to round-off, at every size."""

    def __init__(self, in_type: Representation, *, scale: int = 2, mode: Literal["nearest", "bilinear"] = "nearest"):
        super().__init__(in_type)
        check_integers(scale=scale)
        if mode not in ("nearest", "bilinear"):
            raise SettingError("mode", expected="'nearest' or 'bilinear'", got=repr(mode))
        self.scale = scale
        self.mode: Literal["nearest", "bilinear"] = mode

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return functional.interpolate(x, scale_factor=self.scale, mode=self.mode)

    def materialize(self) -> nn.Module:
        """The nn.Upsample."""
        return nn.Upsample(scale_factor=self.scale, mode=self.mode)

    def extra_repr(self) -> str:
        return f"{self.in_type}, scale={self.scale}, mode={self.mode}"


class AdaptiveAvgPool2d(SpatialLayer):
    """The mean of each channel over output_size x output_size parts of the plane; exact at every size."""

    def __init__(self, in_type: Representation, output_size: int):
        super().__init__(in_type)
        check_integers(output_size=output_size)
        self.output_size = output_size

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return functional.adaptive_avg_pool2d(x, self.output_size)

    def extra_repr(self) -> str:
        return f"{self.in_type}, output_size={self.output_size}"

    def materialize(self) -> nn.Module:
        """The nn.AdaptiveAvgPool2d."""
        return nn.AdaptiveAvgPool2d(self.output_size)


class AdaptiveMaxPool2d(SpatialLayer):
    """The largest value of each channel in output_size x output_size parts of the plane; exact at every size.

    Raises FieldTypeError for fields that are not permuted.
    """

    def __init__(self, in_type: Representation, output_size: int):
        super().__init__(in_type)
        refuse_mixed(self.in_type, "AdaptiveMaxPool2d", "use eq.nn.AdaptiveAvgPool2d, which is linear")
        check_integers(output_size=output_size)
        self.output_size = output_size

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return functional.adaptive_max_pool2d(x, self.output_size)

    def extra_repr(self) -> str:
        return f"{self.in_type}, output_size={self.output_size}"

    def materialize(self) -> nn.Module:
        """The nn.AdaptiveMaxPool2d."""
        return nn.AdaptiveMaxPool2d(self.output_size)
