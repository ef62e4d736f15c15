"""Self-attention over the pixels of a plane, with a learned bias for relative positions."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def self_attention2d(
    query: Float[Tensor, "batch c h w"],
    key: Float[Tensor, "batch c h w"],
    value: Float[Tensor, "batch c h w"],
    table: Float[Tensor, "heads reach reach"],
) -> Float[Tensor, "batch c h w"]:
    """sum_p' softmax_p'(<query(p), key(p')> / d^1/2 + table(p' - p)) value(p') per head, (batch, C, H, W).

    query, key, value: (batch, C, H, W), C being divided into one head of d channels per row of the table (heads, 2 R +
    1, 2 R + 1); offsets (rows, columns) beyond R count as R. Equivariant when every head holds whole fields of
    orthogonal representations, whose inner products are invariant, and table(h x) = table(x).
    """
    height, width = query.shape[-2:]
    heads = len(table)
    bias = relative_positions(table, height, width)
    parts = (part.flatten(2).unflatten(1, (heads, -1)).transpose(2, 3) for part in (query, key, value))
    mixed = functional.scaled_dot_product_attention(*parts, attn_mask=bias.to(query.dtype))  # (batch, heads, H W, d)
    return mixed.transpose(2, 3).flatten(1, 2).unflatten(2, (height, width))


def relative_positions(
    table: Float[Tensor, "heads reach reach"], height: int, width: int
) -> Float[Tensor, "heads {height}*{width} {height}*{width}"]:
    """table(p' - p) for all pixels p, p', (heads, H W, H W), from a table (heads, 2 R + 1, 2 R + 1).

    >>> relative_positions(torch.arange(9.0).reshape(1, 3, 3), 1, 2).tolist()  # columns -1, 0, 1 of the middle row
    [[[4.0, 5.0], [3.0, 4.0]]]
    """
    reach = table.shape[-1] // 2
    rows, columns = (torch.arange(size, device=table.device) for size in (height, width))
    down = (rows[None] - rows[:, None]).clamp(-reach, reach) + reach  # (H, H')
    right = (columns[None] - columns[:, None]).clamp(-reach, reach) + reach  # (W, W')
    found = table[:, down[:, None, :, None], right[None, :, None, :]]  # (heads, H, W, H', W')
    return found.flatten(3).flatten(1, 2)
