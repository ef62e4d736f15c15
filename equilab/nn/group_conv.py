"""Group convolution between two field types."""

from typing import Literal

import torch
from torch import Tensor, nn

from equilab.errors import SettingError
from equilab.functional import Exact, group_conv2d
from equilab.groups import Representation
from equilab.nn.convolution import Convolution
from equilab.nn.layer import check_integers, copied


class GroupConv2d(Convolution):
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


def _same_padding(padding: str, kernel_size: int, stride: int, dilation: int) -> int:
    """The padding that keeps the size; SettingError where none does."""
    if padding != "same":
        raise SettingError("padding", expected="an integer or 'same'", got=repr(padding))
    check_integers(kernel_size=kernel_size, stride=stride, dilation=dilation)
    if kernel_size % 2 == 0 or stride != 1:
        raise SettingError(
            "padding",
            expected="an odd kernel, which has a centre, and stride 1 for 'same'",
            got=f"kernel_size {kernel_size}, stride {stride}",
            hint="give the padding as an integer",
        )
    return dilation * (kernel_size - 1) // 2
