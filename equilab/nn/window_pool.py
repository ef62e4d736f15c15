"""Pools over windows of the plane, downsampling among them."""

from torch import Tensor, nn
from torch.nn import functional

from equilab.errors import SettingError
from equilab.functional import Exact, check_exact, guard_window, reversed_axes
from equilab.groups import Representation
from equilab.nn.layer import check_integers, refuse_mixed
from equilab.nn.spatial import SpatialLayer


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
            raise SettingError("padding", expected=f"0 to kernel_size / 2 = {kernel_size // 2}", got=padding)
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
    equilab.errors.EquivarianceError: x: expected height 6 or 8, got 7; the windows (kernel_size 2, stride 2, padding 0,
    dilation 1) leave 1 of it over on one side, which breaks the symmetry: use another size, another padding, or
    exact='off'
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
        refuse_mixed(self.in_type, "MaxPool2d", "use eq.nn.AvgPool2d, which is linear")

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
