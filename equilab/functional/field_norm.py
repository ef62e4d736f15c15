"""Normalisation of fields: statistics that the group leaves as they are."""

import torch
from torch import Tensor

from equilab.functional.fields import FieldDims, join_fields, split_fields


def normalise_fields(fields: Tensor, axes: tuple[int, ...], *, centred: bool, eps: float = 1e-5) -> Tensor:
    """(x - mean) / (variance + eps)^1/2 with the moments over `axes`; not centred: x / (mean square + eps)^1/2.

    fields: (batch, ..., dim, ...), of one representation, `axes` holding that of the dim. Commutes with the group for
    permuted channels; of any other field the mean is not invariant, only the mean square: those are not centred.
    """
    if centred:
        variance, mean = torch.var_mean(fields, axes, correction=0, keepdim=True)
        return (fields - mean) * (variance + eps).rsqrt()
    return fields * (fields.square().mean(axes, keepdim=True) + eps).rsqrt()


def sample_norm(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    dims: FieldDims,
    centred: tuple[bool, ...],
    *,
    groups: int = 1,
    plane: bool = False,
    eps: float = 1e-5,
) -> Tensor:
    """Each run of equal fields of x (batch, C, ...), in `groups` parts, normalised, times a weight, plus a bias.

    plane: whether all pixels share their moments, or each has its own. weight: (fields,); bias: (fields of the centred
    runs,); centred: per run, as in `normalise_fields`.
    """
    parts, field, biased = [], 0, 0
    for part, (count, _), shifted in zip(split_fields(x, dims), dims, centred, strict=True):
        grouped = part.unflatten(1, (groups, count // groups))
        axes = tuple(range(2, grouped.ndim)) if plane else (2, 3)  # of (batch, groups, fields / groups, dim, ...)
        normed = normalise_fields(grouped, axes, centred=shifted, eps=eps).flatten(1, 2)
        shape = (count,) + (1,) * (part.ndim - 2)
        normed = normed * weight[field : field + count].view(shape)
        if shifted:
            normed = normed + bias[biased : biased + count].view(shape)
        parts.append(normed)
        field, biased = field + count, biased + count * shifted
    return join_fields(parts)
