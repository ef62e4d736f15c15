"""Nonlinearities of fields whose channels are mixed by the group: gates and norms."""

import torch
from torch import Tensor

from equilab.functional.fields import FieldDims, join_fields, split_fields


def field_norms(x: Tensor, dims: FieldDims, *, eps: float = 1e-12) -> Tensor:
    """(|v|^2 + eps)^1/2 of every field v, (batch, fields, ...): invariant, as representations are orthogonal.

    >>> field_norms(torch.tensor([[3.0, 4.0]]), ((1, 2),)).tolist()
    [[5.0]]
    """
    return torch.cat([(part.square().sum(2) + eps).sqrt() for part in split_fields(x, dims)], 1)


def gate_fields(x: Tensor, gates: Tensor, dims: FieldDims) -> Tensor:
    """Every field of x (batch, channels, ...) times the sigmoid of its gate (batch, fields, ...).

    Equivariant for invariant gates (Weiler et al. 2018, section 3.3).
    """
    counts = [count for count, _ in dims]
    factors = gates.sigmoid().split(counts, 1)
    return join_fields(
        [part * factor.unsqueeze(2) for part, factor in zip(split_fields(x, dims), factors, strict=True)]
    )


def norm_relu(x: Tensor, bias: Tensor, dims: FieldDims) -> Tensor:
    """ReLU(|v| + b) v / |v| for every field v of x (batch, channels, ...), bias (fields,) (Worrall et al. 2017, eq. 7).

    The norm is (|v|^2 + 1e-12)^1/2, so that there is a gradient at v = 0.
    """
    norms = field_norms(x, dims)
    shifted = norms + bias.view(-1, *(1,) * (x.ndim - 2))
    factors = (shifted.relu() / norms).split([count for count, _ in dims], 1)
    return join_fields(
        [part * factor.unsqueeze(2) for part, factor in zip(split_fields(x, dims), factors, strict=True)]
    )
