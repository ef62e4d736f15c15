"""Normalisation of fields: statistics that the group leaves as they are."""

import torch
from jaxtyping import Float
from torch import Tensor

from equilab.functional.fields import FieldDims, at_least_float32, join_fields, split_fields


def normalise_fields(
    fields: Float[Tensor, "batch *rest"], axes: tuple[int, ...], *, centred: bool, eps: float = 1e-5
) -> Float[Tensor, "batch *rest"]:
    """(x - mean) / (variance + eps)^1/2 with the moments over `axes`; not centred: x / (mean square + eps)^1/2.

    fields: (batch, ..., dim, ...), of one representation, `axes` holding that of the dim. Commutes with the group for
    permuted channels; of any other field the mean is not invariant, only the mean square: those are not centred.
    """
    x = at_least_float32(fields)
    if centred:
        variance, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
        return ((x - mean) * (variance + eps).rsqrt()).to(fields.dtype)
    return (x * (x.square().mean(axes, keepdim=True) + eps).rsqrt()).to(fields.dtype)


def scale_by_mean_square(
    fields: Float[Tensor, "batch fields n"],
    mean_square: Float[Tensor, "fields"],
    weight: Float[Tensor, "fields"],
    *,
    eps: float = 1e-5,
) -> Float[Tensor, "batch fields n"]:
    """weight * x / (mean square + eps)^1/2 of fields (batch, fields, n): batch normalisation without a mean.

    mean_square: (fields,), of a batch (`field_mean_square`) or a running mean of those; weight: (fields,).
    """
    return (at_least_float32(fields) * (weight * (mean_square + eps).rsqrt())[:, None]).to(fields.dtype)


def field_mean_square(fields: Float[Tensor, "batch fields n"]) -> Float[Tensor, "fields"]:
    """The mean square of each field of (batch, fields, n) over batch and components, (fields,), at least float32."""
    return at_least_float32(fields).square().mean((0, 2))


def sample_norm(
    x: Float[Tensor, "batch channels *space"],
    weight: Float[Tensor, "fields"],
    bias: Float[Tensor, "biased"],
    dims: FieldDims,
    centred: tuple[bool, ...],
    *,
    groups: int = 1,
    plane: bool = False,
    eps: float = 1e-5,
) -> Float[Tensor, "batch channels *space"]:
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
