"""Normalisation of fields: statistics that the group leaves as they are."""

import torch
from torch import Tensor


def normalise_fields(fields: Tensor, axes: tuple[int, ...], *, centred: bool, eps: float = 1e-5) -> Tensor:
    """(x - mean) / (variance + eps)^1/2 with the moments over `axes`; not centred: x / (mean square + eps)^1/2.

    fields: (batch, ..., dim, ...), of one representation, `axes` holding that of the dim. Commutes with the group for
    permuted channels; of any other field the mean is not invariant, only the mean square: those are not centred.
    """
    if centred:
        variance, mean = torch.var_mean(fields, axes, correction=0, keepdim=True)
        return (fields - mean) * (variance + eps).rsqrt()
    return fields * (fields.square().mean(axes, keepdim=True) + eps).rsqrt()
