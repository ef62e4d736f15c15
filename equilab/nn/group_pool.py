"""Group pooling: invariant channels from fields of permuted ones."""

from typing import Literal

from torch import Tensor, nn

from equilab.errors import SettingError
from equilab.functional import group_pool
from equilab.groups import Irrep, Representation
from equilab.nn.layer import Layer, as_type, field_dims, refuse_mixed
from equilab.nn.plain import ChannelPool


class GroupPool(Layer):
    """The largest (or mean) channel of each field, (batch, num_fields, ...): `out_type` is num_fields trivial ones.

    x: (batch, channels, H, W) or (batch, channels). Raises FieldTypeError for fields that are not permuted,
    SettingError for an unknown reduction, ShapeError when it is called.

    >>> import torch
    >>> from equilab.groups import p4m
    >>> GroupPool(16 * p4m.regular)(torch.zeros(2, 128, 5, 5)).shape
    torch.Size([2, 16, 5, 5])
    """

    def __init__(self, in_type: Representation, *, reduction: Literal["max", "mean"] = "max"):
        super().__init__()
        self.in_type = as_type(in_type, "in_type")
        refuse_mixed(self.in_type, "GroupPool", "take their norms with eq.nn.FieldNorms")
        if reduction not in ("max", "mean"):
            raise SettingError("reduction", expected="'max' or 'mean'", got=repr(reduction))
        self.out_type = self.in_type.num_fields * Irrep(self.in_type.group)
        self.reduction: Literal["max", "mean"] = reduction
        self._dims = field_dims(self.in_type)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, reduction={self.reduction}"

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return group_pool(x, self._dims, reduction=self.reduction)

    def materialize(self) -> nn.Module:
        """The same reduction over channels, without field types."""
        return ChannelPool(self._dims, self.reduction)
