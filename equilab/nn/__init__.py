"""Equivariant layers: torch modules with an `in_type` and an `out_type`, on plain tensors."""

from equilab.nn.bias import EquivariantBias
from equilab.nn.dropout import Dropout
from equilab.nn.field_batch_norm import FieldBatchNorm
from equilab.nn.field_layer_norm import FieldGroupNorm, FieldLayerNorm
from equilab.nn.global_pool import SpatialMax, SpatialMean
from equilab.nn.group_attention import GroupSelfAttention
from equilab.nn.group_conv import GroupConv2d
from equilab.nn.group_conv_transpose import GroupConvTranspose2d
from equilab.nn.group_pool import GroupPool
from equilab.nn.kernel import EquivariantKernel
from equilab.nn.layer import Layer
from equilab.nn.linear import Linear
from equilab.nn.materialize import materialize
from equilab.nn.nonlinearities import FieldNorms, GatedNonlinearity, NormNonlinearity, Pointwise
from equilab.nn.restrict import Restrict
from equilab.nn.sequential import Sequential
from equilab.nn.spatial import AdaptiveAvgPool2d, AdaptiveMaxPool2d, Upsample
from equilab.nn.window_pool import AvgPool2d, Downsample, MaxPool2d

__all__ = [
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "AvgPool2d",
    "Downsample",
    "Dropout",
    "EquivariantBias",
    "EquivariantKernel",
    "FieldBatchNorm",
    "FieldGroupNorm",
    "FieldLayerNorm",
    "FieldNorms",
    "GatedNonlinearity",
    "GroupConv2d",
    "GroupConvTranspose2d",
    "GroupPool",
    "GroupSelfAttention",
    "Layer",
    "Linear",
    "MaxPool2d",
    "NormNonlinearity",
    "Pointwise",
    "Restrict",
    "Sequential",
    "SpatialMax",
    "SpatialMean",
    "Upsample",
    "materialize",
]
