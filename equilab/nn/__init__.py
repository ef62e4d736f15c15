"""Equivariant layers: torch modules with an `in_type` and an `out_type`, on plain tensors."""

from equilab.nn.bias import EquivariantBias
from equilab.nn.field_batch_norm import FieldBatchNorm
from equilab.nn.group_conv import GroupConv2d, GroupConvTranspose2d
from equilab.nn.group_pool import GroupPool
from equilab.nn.kernel import EquivariantKernel
from equilab.nn.layer import Layer

__all__ = [
    "EquivariantBias",
    "EquivariantKernel",
    "FieldBatchNorm",
    "GroupConv2d",
    "GroupConvTranspose2d",
    "GroupPool",
    "Layer",
]
