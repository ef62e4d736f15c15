"""Group convolution between two field types, and its transpose."""

from typing import Literal

import torch
from torch import Tensor, nn

from equilab.errors import SettingError
from equilab.functional import (
    Exact,
    check_exact,
    group_conv2d,
    group_conv_transpose2d,
    guard_output_padding,
    reversed_axes,
    transpose_kernel,
)
from equilab.groups import Representation
from equilab.nn.bias import EquivariantBias
from equilab.nn.kernel import EquivariantKernel
from equilab.nn.layer import Layer, as_type, check_integers, copied, same_group


class _Convolution(Layer):
    """What a convolution and its transpose share: kernel, bias, geometry."""

    ndims = (4,)

    def __init__(
        self,
        in_type: Representation,
        out_type: Representation,
        kernel_size: int,
        *,
        stride: int,
        padding: int,
        dilation: int,
        groups: int,
        bias: bool,
        exact: Exact,
        generator: torch.Generator | None,
        transposed: bool = False,
    ):
        super().__init__()
        self.in_type, self.out_type = as_type(in_type, "in_type"), as_type(out_type, "out_type")
        same_group(self.in_type, self.out_type)
        check_integers(kernel_size=kernel_size, stride=stride, dilation=dilation, groups=groups)
        check_integers(0, padding=padding)
        check_exact(exact)
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        self.kernel_size = kernel_size
        self.exact: Exact = exact
        self.axes = reversed_axes(self.in_type.group)
        self.kernel = EquivariantKernel(
            self.in_type,
            self.out_type,
            kernel_size,
            groups=groups,
            stride=stride if transposed else 1,
            generator=generator,
        )
        self.kernel.check_reach()
        self.bias = EquivariantBias(self.out_type) if bias and EquivariantBias.exists(self.out_type) else None

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """New weights, with which a mean square doubles, for a ReLU to halve (`EquivariantKernel`); biases zero."""
        self.kernel.reset_parameters(generator=generator)
        if self.bias is not None:
            self.bias.reset_parameters()

    def extra_repr(self) -> str:
        words = [super().extra_repr(), f"kernel_size={self.kernel_size}"]
        defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
        words += [f"{name}={getattr(self, name)}" for name, usual in defaults.items() if getattr(self, name) != usual]
        words += [] if self.bias is not None else ["bias=False"]
        words += [] if self.exact == "raise" else [f"exact='{self.exact}'"]
        return ", ".join(words)


class GroupConv2d(_Convolution):
    """The most general equivariant convolution from `in_type` to `out_type`, (batch, C_out, H', W').

    y(q) = sum_p kappa(p - q) x(p) + b with kappa(h x) = rho_out(h) kappa(x) rho_in(h)^-1 and rho_out(h) b = b (Cohen,
    Geiger & Weiler 2018). Lifting (trivial -> regular), group -> group (regular -> regular) and every other pair of
    types are the same layer. For C1, C2, C4, D1, D2, D4 it spans the whole space of equivariant maps and is exact on
    the grid; for other groups see `groups.ring_kernels`.

    padding: pixels, or "same" (odd kernels, stride 1). groups: that many convolutions side by side, each of an equal
    part of the fields. exact: what to do at sizes where a stride breaks the symmetry. generator: of the first weights.
    Raises FieldTypeError, SettingError when it is built; ShapeError, EquivarianceError when it is called.

    >>> from equilab.groups import p4
    >>> conv = GroupConv2d(3 * p4.trivial, 8 * p4.regular, kernel_size=3, padding=1)
    >>> conv(torch.zeros(1, 3, 9, 9)).shape, sum(p.numel() for p in conv.parameters())
    (torch.Size([1, 32, 9, 9]), 224)
    """

    def __init__(
        self,
        in_type: Representation,
        out_type: Representation,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int | Literal["same"] = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        exact: Exact = "raise",
        generator: torch.Generator | None = None,
    ):
        if isinstance(padding, str):
            padding = _same_padding(padding, kernel_size, stride, dilation)
        super().__init__(
            in_type,
            out_type,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            bias=bias,
            exact=exact,
            generator=generator,
        )

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return group_conv2d(
            x,
            self.kernel(),
            self.bias() if self.bias is not None else None,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
            axes=self.axes,
            exact=self.exact,
        )

    def materialize(self) -> nn.Module:
        """The nn.Conv2d with the expanded kernel."""
        plain = nn.Conv2d(
            self.in_type.dim,
            self.out_type.dim,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
            bias=self.bias is not None,
        )
        return copied(plain, self.kernel(), self.bias)


class GroupConvTranspose2d(_Convolution):
    """The transpose of a group convolution, (batch, C_out, H', W').

    H' = (H - 1) stride - 2 padding + dilation (kernel_size - 1) + 1 + output_padding. With dilation 1,
    y(q) = sum_p kappa(q - stride p) x(p) + b, kappa and b as in GroupConv2d. It is exact at every size,
    unless output_padding pads one side only. kernel_size 4, stride 2, padding 1 doubles a size.
    Raises FieldTypeError, SettingError, EquivarianceError when it is built; ShapeError when it is called.

    >>> from equilab.groups import p4
    >>> double = GroupConvTranspose2d(4 * p4.regular, 2 * p4.regular, kernel_size=4, stride=2, padding=1)
    >>> double(torch.zeros(1, 16, 7, 7)).shape
    torch.Size([1, 8, 14, 14])
    """

    def __init__(
        self,
        in_type: Representation,
        out_type: Representation,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        output_padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        exact: Exact = "raise",
        generator: torch.Generator | None = None,
    ):
        super().__init__(
            in_type,
            out_type,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            bias=bias,
            exact=exact,
            generator=generator,
            transposed=True,
        )
        check_integers(0, output_padding=output_padding)
        self.output_padding = output_padding
        guard_output_padding(output_padding, axes=self.axes, exact=exact)

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", output_padding={self.output_padding}" if self.output_padding else "")

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return group_conv_transpose2d(
            x,
            self.kernel(),
            self.bias() if self.bias is not None else None,
            stride=self.stride,
            padding=self.padding,
            output_padding=self.output_padding,
            dilation=self.dilation,
            groups=self.groups,
            exact="off",  # output_padding was looked at when this was built
        )

    def materialize(self) -> nn.Module:
        """The nn.ConvTranspose2d with the expanded kernel."""
        plain = nn.ConvTranspose2d(
            self.in_type.dim,
            self.out_type.dim,
            self.kernel_size,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.bias is not None,
            self.dilation,
        )
        return copied(plain, transpose_kernel(self.kernel(), self.groups), self.bias)


def _same_padding(padding: str, kernel_size: int, stride: int, dilation: int) -> int:
    """The padding that keeps the size; SettingError where none does."""
    if padding != "same":
        raise SettingError(f"padding: expected an integer or 'same', got {padding!r}")
    check_integers(kernel_size=kernel_size, stride=stride, dilation=dilation)
    if kernel_size % 2 == 0 or stride != 1:
        raise SettingError(
            f"padding: 'same' needs an odd kernel, which has a centre, and stride 1, got kernel_size {kernel_size}, "
            f"stride {stride}; give the padding as an integer"
        )
    return dilation * (kernel_size - 1) // 2
