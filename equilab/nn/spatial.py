"""Layers that change the size of the plane and leave every field as it is: pools, up- and downsampling."""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from equilab.errors import SettingError
from equilab.functional import Exact, check_exact, guard_window, reversed_axes
from equilab.groups import Representation
from equilab.nn.layer import Layer, as_type, check_integers, refuse_mixed

_INSTEAD = "use eq.nn.AvgPool2d, which is linear"


class SpatialLayer(Layer):
    """A layer on images whose `out_type` is its `in_type`; (batch, C, H, W) goes in."""

    ndims = (4,)

    def __init__(self, in_type: Representation):
        super().__init__()
        self.in_type = self.out_type = as_type(in_type, "in_type")

    def extra_repr(self) -> str:
        return str(self.in_type)


class _Window(SpatialLayer):
    """A pool over k x k windows, with the parity guard."""

    def __init__(
        self,
        in_type: Representation,
        kernel_size: int,
        *,
        stride: int | None = None,
        padding: int = 0,
        exact: Exact = "raise",
    ):
        super().__init__(in_type)
        check_exact(exact)
        stride = kernel_size if stride is None else stride
        check_integers(kernel_size=kernel_size, stride=stride)
        check_integers(0, padding=padding)
        if not 0 <= padding <= kernel_size // 2:
            raise SettingError(f"padding: expected 0 to kernel_size / 2 = {kernel_size // 2}, got {padding}")
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.exact: Exact = exact
        self._axes = reversed_axes(self.in_type.group)

    def guard(self, x: Tensor) -> None:
        """Refuses channels and sizes that do not fit."""
        self.check(x)
        guard_window(
            (x.shape[-2], x.shape[-1]),
            axes=self._axes,
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            exact=self.exact,
        )

    def extra_repr(self) -> str:
        return f"{self.in_type}, kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool2d(_Window):
    """The largest value of each channel in every window; stride: kernel_size unless given.

    Exact iff (size + 2 padding - kernel_size) mod stride == 0: other sizes are refused when it is called, unless
    exact = "warn" or "off". Raises FieldTypeError for fields that are not permuted: the maximum of a component means
    nothing to the group.

    >>> import torch
    >>> from equilab.groups import p4
    >>> MaxPool2d(2 * p4.regular, 2)(torch.zeros(1, 8, 7, 7))
    Traceback (most recent call last):
    ...
    equilab.errors.EquivarianceError: x: height 7 breaks the symmetry: the windows (kernel_size 2, stride 2, padding 0,
    dilation 1) leave 1 of it over on one side; use height 6 or 8, another padding, or exact='off'
    """

    def __init__(
        self,
        in_type: Representation,
        kernel_size: int,
        *,
        stride: int | None = None,
        padding: int = 0,
        exact: Exact = "raise",
    ):
        super().__init__(in_type, kernel_size, stride=stride, padding=padding, exact=exact)
        refuse_mixed(self.in_type, "MaxPool2d", _INSTEAD)

    def forward(self, x: Tensor) -> Tensor:
        self.guard(x)
        return functional.max_pool2d(x, self.kernel_size, self.stride, self.padding)

    def materialize(self) -> nn.Module:
        """The nn.MaxPool2d."""
        return nn.MaxPool2d(self.kernel_size, self.stride, self.padding)


class _Average(_Window):
    """Means over windows."""

    def forward(self, x: Tensor) -> Tensor:
        self.guard(x)
        return functional.avg_pool2d(x, self.kernel_size, self.stride, self.padding)

    def materialize(self) -> nn.Module:
        """The nn.AvgPool2d."""
        return nn.AvgPool2d(self.kernel_size, self.stride, self.padding)


class AvgPool2d(_Average):
    """The mean of each channel in every window, zeros of the padding counted; exact at the sizes of MaxPool2d."""


class Downsample(_Average):
    """The plane in 1/scale of its size, every pixel the mean of scale x scale ones; exact at multiples of scale."""

    def __init__(self, in_type: Representation, *, scale: int = 2, exact: Exact = "raise"):
        check_integers(scale=scale)
        super().__init__(in_type, scale, exact=exact)


class Upsample(SpatialLayer):
    """The plane in `scale` times its size; nearest is exact, bilinear to round-off, at every size."""

    def __init__(self, in_type: Representation, *, scale: int = 2, mode: Literal["nearest", "bilinear"] = "nearest"):
        super().__init__(in_type)
        check_integers(scale=scale)
        if mode not in ("nearest", "bilinear"):
            raise SettingError(f"mode: expected 'nearest' or 'bilinear', got {mode!r}")
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
