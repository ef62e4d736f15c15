"""Self-attention between pixels whose features are fields."""

import torch
from torch import Tensor, nn

from equilab.functional import self_attention2d
from equilab.groups import Irrep, Representation
from equilab.nn.equal_part import equal_part
from equilab.nn.group_conv import GroupConv2d
from equilab.nn.kernel import EquivariantKernel
from equilab.nn.layer import Layer, as_type, check_integers
from equilab.nn.plain import PlainSelfAttention


class GroupSelfAttention(Layer):
    """Multi-head self-attention over all pixels, (batch, C, H, W), for fields of any representation.

    Queries, keys and values are equivariant 1 x 1 maps, each head a part of the fields. <rho q, rho k> = <q, k>, so the
    weights are invariant; relative positions enter by a learned table t(p' - p) per head with t(h x) = t(x), out to
    `max_distance` pixels along each axis and constant beyond it (the invariant case of Romero & Cordonnier 2021,
    section 4). Memory grows with (H W)^2. Raises SettingError where the fields cannot be divided into equal heads.

    >>> from equilab.groups import p4
    >>> attention = GroupSelfAttention(4 * p4.regular, num_heads=2)
    >>> attention(torch.zeros(1, 16, 6, 6)).shape
    torch.Size([1, 16, 6, 6])
    """

    ndims = (4,)

    def __init__(
        self,
        in_type: Representation,
        num_heads: int = 1,
        *,
        max_distance: int = 3,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.in_type = self.out_type = as_type(in_type, "in_type")
        check_integers(max_distance=max_distance, num_heads=num_heads)
        equal_part(self.in_type, num_heads, setting="num_heads", name="in_type")  # heads hold whole fields
        field = Irrep(self.in_type.group)
        self.table = EquivariantKernel(1 * field, num_heads * field, 2 * max_distance + 1, gain=0.0)
        self.query, self.key, self.value, self.project = (
            GroupConv2d(self.in_type, self.in_type, 1, bias=name != "key", generator=generator)  # softmax sees none
            for name in ("query", "key", "value", "project")
        )
        self.reset_parameters(generator=generator)
        self.num_heads = num_heads

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """New weights that keep the mean square; the table, and biases, zero."""
        self.table.reset_parameters()
        for conv in (self.query, self.key, self.value, self.project):
            conv.kernel.gain = 1.0  # no ReLU comes after it
            conv.reset_parameters(generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return self.project(self_attention2d(self.query(x), self.key(x), self.value(x), self.table()[:, 0]))

    def materialize(self) -> nn.Module:
        """Four nn.Conv2d and the expanded table."""
        convs = [conv.materialize() for conv in (self.query, self.key, self.value, self.project)]
        return PlainSelfAttention(*convs, table=self.table()[:, 0])

    def extra_repr(self) -> str:
        return f"{self.in_type}, num_heads={self.num_heads}, max_distance={self.table.kernel_size // 2}"
