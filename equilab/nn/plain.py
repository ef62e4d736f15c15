"""What is left of equivariant layers in a materialized network: small modules that know no field types."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from equilab.functional import (
    FieldDims,
    field_norms,
    gate_fields,
    group_pool,
    norm_relu,
    sample_norm,
    self_attention2d,
)


class ChannelAffine(nn.Module):
    """x * scale + shift per channel of x (batch, C, ...): a batch normalisation whose statistics are fixed."""

    def __init__(self, scale: Tensor, shift: Tensor):
        super().__init__()
        self.scale, self.shift = nn.Parameter(scale.detach().clone()), nn.Parameter(shift.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        shape = (-1,) + (1,) * (x.ndim - 2)
        return x * self.scale.view(shape) + self.shift.view(shape)


class ChannelPool(nn.Module):
    """The largest (or mean) channel of each run of channels."""

    def __init__(self, dims: FieldDims, reduction: Literal["max", "mean"]):
        super().__init__()
        self.dims = dims
        self.reduction: Literal["max", "mean"] = reduction

    def forward(self, x: Tensor) -> Tensor:
        return group_pool(x, self.dims, reduction=self.reduction)


class PlainSelfAttention(nn.Module):
    """Self-attention over the pixels of x (batch, C, H, W), with the expanded filters of a GroupSelfAttention."""

    def __init__(self, query: nn.Module, key: nn.Module, value: nn.Module, project: nn.Module, *, table: Tensor):
        super().__init__()
        self.query, self.key, self.value, self.project = query, key, value, project
        self.table = nn.Parameter(table.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self_attention2d(self.query(x), self.key(x), self.value(x), self.table))


class Function(nn.Module):
    """A function of a tensor."""

    def __init__(self, function: Callable[[Tensor], Tensor]):
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class ChannelGate(nn.Module):
    """Each run of channels times the sigmoid of its gate; the gates are the last channels of x (batch, C, ...)."""

    def __init__(self, dims: FieldDims):
        super().__init__()
        self.dims = dims
        self.split = sum(count * dim for count, dim in dims), sum(count for count, _ in dims)

    def forward(self, x: Tensor) -> Tensor:
        fields, gates = x.split(self.split, 1)
        return gate_fields(fields, gates, self.dims)


class ChannelNormReLU(nn.Module):
    """ReLU(|v| + b) v / |v| for each run v of channels."""

    def __init__(self, bias: Tensor, dims: FieldDims):
        super().__init__()
        self.dims = dims
        self.bias = nn.Parameter(bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        return norm_relu(x, self.bias, self.dims)


class ChannelNorms(nn.Module):
    """The norm of each run of channels."""

    def __init__(self, dims: FieldDims):
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        return field_norms(x, self.dims)


class SampleNorm(nn.Module):
    """Layer or group normalisation of runs of channels: `functional.sample_norm` with its weights."""

    def __init__(
        self,
        dims: FieldDims,
        centred: tuple[bool, ...],
        *,
        groups: int,
        plane: bool,
        eps: float,
    ):
        super().__init__()
        self.dims, self.centred = dims, centred
        self.groups, self.plane, self.eps = groups, plane, eps
        self.weight = nn.Parameter(torch.empty(sum(count for count, _ in dims)))
        self.bias = nn.Parameter(torch.empty(sum(count for (count, _), has in zip(dims, centred, strict=True) if has)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weights one, biases zero."""
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        return sample_norm(
            x, self.weight, self.bias, self.dims, self.centred, groups=self.groups, plane=self.plane, eps=self.eps
        )
