"""The transpose of a group convolution."""

import torch
from torch import Tensor, nn

from equilab.errors import SettingError
from equilab.functional import Exact, group_conv_transpose2d, guard_output_padding, transpose_kernel
from equilab.groups import Representation
from equilab.nn.convolution import Convolution
from equilab.nn.layer import check_integers, copied


class GroupConvTranspose2d(Convolution):
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
        if output_padding >= max(stride, dilation):
            raise SettingError(
                "output_padding",
                expected=f"less than the larger of stride and dilation, {max(stride, dilation)}",
                got=output_padding,
            )
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
