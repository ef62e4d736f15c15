"""Pooling over the group: each field of permuted channels to one invariant number."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor

from equilab.functional.fields import FieldDims, join_fields, split_fields


def group_pool(
    x: Float[Tensor, "batch channels *space"], dims: FieldDims, *, reduction: Literal["max", "mean"] = "max"
) -> Float[Tensor, "batch fields *space"]:
    """The largest (or mean) channel of every field, (batch, fields, ...).

    x: (batch, channels, ...), field-major. Invariant under any permutation of the channels within a field (Cohen &
    Welling 2016, section 6.3).

    >>> import torch
    >>> group_pool(torch.arange(8.0).reshape(1, 8, 1, 1), ((2, 4),)).flatten().tolist()
    [3.0, 7.0]
    """
    parts = split_fields(x, dims)
    return join_fields([part.amax(2, True) if reduction == "max" else part.mean(2, True) for part in parts])
