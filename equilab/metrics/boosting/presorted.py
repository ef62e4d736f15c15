"""Features sorted once before boosting, in blocks of neighbours whose sums are read by every tree."""

from typing import NamedTuple

import torch
from torch import Tensor

BLOCK = 64  # neighbours of one block; measured: 32 and 128 are slower
_LEAST_GAP = 1e-7  # scikit-learn does not cut between values that are closer than this


class Presorted(NamedTuple):
    """n different rows of d features, each feature in rising order, cut into blocks; row n is an empty padding."""

    values: Tensor  # (n + 1, d) float32
    weight: Tensor  # (n + 1,) float32, the observations that share a row; the padding has none
    order: Tensor  # (d, blocks * BLOCK) int32, rows of each feature in rising order, then the padding
    cut: Tensor  # (d, blocks * BLOCK) whether a threshold may lie behind this position
    starts: Tensor  # (d * blocks,) int32, where each block starts in the flat order


def presort(values: Tensor, weight: Tensor) -> Presorted:
    """The rows (n, d), float32, with their weights (n,), sorted by each feature; equal values keep their order.

    >>> presorted = presort(torch.tensor([[3.0], [1.0], [1.0]]), torch.ones(3))
    >>> presorted.order[0, :4].tolist(), presorted.cut[0, :4].tolist()
    ([1, 2, 0, 3], [False, True, False, False])
    """
    n, d = values.shape
    ranked, order = torch.sort(values.T.contiguous(), dim=1, stable=True)
    padding = -n % BLOCK
    length = n + padding
    padded = torch.cat([order, order.new_full((d, padding), n)], dim=1).int()
    cut = torch.zeros(d, length, dtype=torch.bool, device=values.device)
    cut[:, : n - 1] = ranked[:, 1:] - ranked[:, :-1] > _LEAST_GAP
    starts = torch.arange(0, d * length, BLOCK, dtype=torch.int32, device=values.device)
    with_padding = torch.cat([values, values.new_zeros(1, d)])
    return Presorted(with_padding, torch.cat([weight, weight.new_zeros(1)]), padded, cut, starts)
