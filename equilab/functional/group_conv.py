"""Group convolution and its transpose, with an expanded kernel."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from equilab.functional.parity import Exact, guard_output_padding, guard_window


def group_conv2d(
    x: Float[Tensor, "batch c_in h w"],
    kernel: Float[Tensor, "c_out c_in//{groups} k k"],
    bias: Float[Tensor, "c_out"] | None = None,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    axes: tuple[bool, bool] = (True, True),
    exact: Exact = "raise",
) -> Float[Tensor, "batch c_out _ _"]:
    """y(q) = sum_p kernel(p - stride q) x(p) + bias, (batch, C_out, H', W'): equivariant iff the kernel is.

    x: (batch, C_in, H, W); kernel: (C_out, C_in / groups, k, k) from `expand_kernel`; bias: (C_out,), invariant.
    axes: the image axes that the group runs backwards (`reversed_axes`), on which the size has to fit the stride.
    Raises EquivarianceError for a size that would break the symmetry (Cohen & Welling 2016, eq. 12; parity:
    Romero et al. 2020, section 3).
    """
    guard_window(
        (x.shape[-2], x.shape[-1]),
        axes=axes,
        kernel_size=kernel.shape[-1],
        stride=stride,
        padding=padding,
        dilation=dilation,
        exact=exact,
    )
    return functional.conv2d(x, kernel, bias, stride, padding, dilation, groups)


def group_conv_transpose2d(
    x: Float[Tensor, "batch c_in h w"],
    kernel: Float[Tensor, "c_out c_in//{groups} k k"],
    bias: Float[Tensor, "c_out"] | None = None,
    *,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    axes: tuple[bool, bool] = (True, True),
    exact: Exact = "raise",
) -> Float[Tensor, "batch c_out _ _"]:
    """y(q) = sum_p kernel(q - stride p) x(p) + bias, (batch, C_out, H', W'): equivariant iff the kernel is.

    x: (batch, C_in, H, W); kernel: (C_out, C_in / groups, k, k), the layout of `group_conv2d`; bias: (C_out,).
    It is exact at every size iff output_padding == 0, which pads one side only. Raises EquivarianceError otherwise.
    """
    guard_output_padding(output_padding, axes=axes, exact=exact)
    return functional.conv_transpose2d(
        x, transpose_kernel(kernel, groups), bias, stride, padding, output_padding, groups, dilation
    )


def transpose_kernel(
    kernel: Float[Tensor, "c_out c_in_per_group k k"], groups: int = 1
) -> Float[Tensor, "c_in_per_group*{groups} c_out//{groups} k k"]:
    """A kernel (C_out, C_in / groups, k, k) in the layout of conv_transpose2d, (C_in, C_out / groups, k, k)."""
    return kernel.unflatten(0, (groups, -1)).transpose(1, 2).flatten(0, 1)
