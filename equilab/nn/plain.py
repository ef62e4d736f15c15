"""What is left of equivariant layers in a materialized network: small modules that know no field types."""

from typing import Literal

from torch import Tensor, nn

from equilab.functional import FieldDims, group_pool, self_attention2d


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
