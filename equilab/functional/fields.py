"""Channels seen as fields: flat tensors taken apart by runs of equal fields, and put together again."""

from collections.abc import Sequence
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

FieldDims: TypeAlias = tuple[tuple[int, int], ...]
"""(number of fields, channels of each) per run of equal fields: ((3, 1), (16, 8)) for 3*trivial + 16*regular of D4."""


def split_fields(x: Float[Tensor, "batch channels *space"], dims: FieldDims) -> list[Float[Tensor, "batch _ _ *space"]]:
    """One tensor (batch, fields, dim, ...) per run of equal fields of x (batch, channels, ...); views where possible.

    >>> [part.shape for part in split_fields(torch.zeros(2, 11, 5), ((3, 1), (1, 8)))]
    [torch.Size([2, 3, 1, 5]), torch.Size([2, 1, 8, 5])]
    """
    parts, start = [], 0
    for count, dim in dims:
        part = x if len(dims) == 1 else x[:, start : start + count * dim]
        parts.append(part.unflatten(1, (count, dim)))
        start += count * dim
    return parts


def at_least_float32(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """x, in float32 where it is float16 or bfloat16: squares and sums of squares need its range."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def join_fields(parts: Sequence[Float[Tensor, "batch _ _ *space"]]) -> Float[Tensor, "batch channels *space"]:
    """x (batch, channels, ...) from its runs of fields (batch, fields, dim, ...): undoes `split_fields`."""
    flat = [part.flatten(1, 2) for part in parts]
    return flat[0] if len(flat) == 1 else torch.cat(flat, 1)
