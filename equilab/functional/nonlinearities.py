"""Nonlinearities of fields whose channels are mixed by the group: gates and norms."""

import torch
from jaxtyping import Float
from torch import Tensor

from equilab.functional.fields import FieldDims, at_least_float32, join_fields, split_fields


def field_norms(
    x: Float[Tensor, "batch channels *space"], dims: FieldDims, *, eps: float = 1e-12
) -> Float[Tensor, "batch fields *space"]:
    """(|v|^2 + eps)^1/2 of every field v, (batch, fields, ...): invariant, as representations are orthogonal.

    >>> field_norms(torch.tensor([[3.0, 4.0]]), ((1, 2),)).tolist()
    [[5.0]]
    """
    parts = split_fields(at_least_float32(x), dims)
    return torch.cat([(part.square().sum(2) + eps).sqrt() for part in parts], 1).to(x.dtype)


def gate_fields(
    x: Float[Tensor, "batch channels *space"], gates: Float[Tensor, "batch fields *space"], dims: FieldDims
) -> Float[Tensor, "batch channels *space"]:
    """Every field of x (batch, channels, ...) times the sigmoid of its gate (batch, fields, ...).

    Equivariant for invariant gates (Weiler et al. 2018, section 3.3).
    """
    return _times(x, gates.sigmoid(), dims)


def norm_relu(
    x: Float[Tensor, "batch channels *space"], bias: Float[Tensor, "fields"], dims: FieldDims
) -> Float[Tensor, "batch channels *space"]:
    """ReLU(|v| + b) v / |v| for every field v of x (batch, channels, ...), bias (fields,) (Worrall et al. 2017, eq. 7).

    The norm is (|v|^2 + 1e-12)^1/2, so that there is a gradient at v = 0.
    """
    wide = at_least_float32(x)
    norms = field_norms(wide, dims)
    shifted = norms + bias.view(-1, *(1,) * (x.ndim - 2))
    return _times(wide, shifted.relu() / norms, dims).to(x.dtype)


def _times(
    x: Float[Tensor, "batch channels *space"], factors: Float[Tensor, "batch fields *space"], dims: FieldDims
) -> Float[Tensor, "batch channels *space"]:
    """Every field of x times its factor (batch, fields, ...)."""
    parts = zip(split_fields(x, dims), factors.split([count for count, _ in dims], 1), strict=True)
    return join_fields([part * factor.unsqueeze(2) for part, factor in parts])
