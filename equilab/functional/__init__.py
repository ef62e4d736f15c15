"""The layers of equilab.nn as pure functions of tensors: kernels, convolutions, pools, norms, nonlinearities."""

from equilab.functional.attention import relative_positions, self_attention2d
from equilab.functional.drop_fields import drop_fields
from equilab.functional.expand_kernel import Block, block_of, expand_block, expand_kernel
from equilab.functional.field_norm import field_mean_square, normalise_fields, sample_norm, scale_by_mean_square
from equilab.functional.fields import FieldDims, at_least_float32, join_fields, split_fields
from equilab.functional.group_conv import group_conv2d, group_conv_transpose2d, transpose_kernel
from equilab.functional.group_pool import group_pool
from equilab.functional.nonlinearities import field_norms, gate_fields, norm_relu
from equilab.functional.parity import Exact, check_exact, guard_output_padding, guard_window, report, reversed_axes

__all__ = [
    "Block",
    "Exact",
    "FieldDims",
    "at_least_float32",
    "block_of",
    "check_exact",
    "drop_fields",
    "expand_block",
    "expand_kernel",
    "field_mean_square",
    "field_norms",
    "gate_fields",
    "group_conv2d",
    "group_conv_transpose2d",
    "group_pool",
    "guard_output_padding",
    "guard_window",
    "join_fields",
    "norm_relu",
    "normalise_fields",
    "relative_positions",
    "report",
    "reversed_axes",
    "sample_norm",
    "scale_by_mean_square",
    "self_attention2d",
    "split_fields",
    "transpose_kernel",
]
