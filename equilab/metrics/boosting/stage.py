"""One stage of gradient boosting: a regression tree for each class, grown level by level for all of them together."""

from typing import NamedTuple

import torch
from torch import Tensor

from equilab.metrics.boosting.presorted import Presorted
from equilab.metrics.boosting.splits import Members, best_splits

_NO_CURVATURE = 1e-150  # scikit-learn's leaf has the value 0 where the sum of p (1 - p) is below this


class Trees(NamedTuple):
    """Trees of one depth for c classes, their nodes numbered level by level; a leaf higher up sends all to the left."""

    feature: Tensor  # (2^depth - 1, c) int64
    threshold: Tensor  # (2^depth - 1, c) float64; a value goes left if it is at most this; infinite: no split
    value: Tensor  # (2^depth, c) float64 of each leaf
    importance: Tensor  # (d, c) float64, squared error that each feature removes, per observation


def grow(
    data: Presorted, residual: Tensor, curvature: Tensor, *, depth: int, scale: Tensor, priority: Tensor
) -> tuple[Trees, Tensor]:
    """The trees of a stage, and what they add to each row (n, c).

    residual, curvature: (n, c) float64, sums over a row's observations of y - p and p (1 - p). A leaf's value is
    scale (c,) * sum of residuals / sum of curvatures. priority: (2^depth - 1, c, d), which of equal features is taken.
    """
    classes, (rows, d) = residual.shape[1], data.values.shape
    column = torch.arange(classes, device=residual.device).repeat(rows)
    row = torch.arange(rows, device=residual.device).repeat_interleave(classes)
    start = row * d
    weight = data.weight.repeat_interleave(classes)
    whole = torch.cat([residual, residual.new_zeros(1, classes)]).view(-1).float()
    slot = column
    total = data.weight.sum().expand(1, classes).contiguous()
    sums = residual.sum(0)[
        None
    ]  # (nodes, classes), of the residuals of each node; below the root to float32's rounding
    features, thresholds = [], []
    importance = residual.new_zeros(d, classes)
    for level in range(depth):
        nodes = 2**level
        mean = sums / total.clamp(min=1)
        centred = torch.addcmul(whole, weight, mean.float().view(-1).index_select(0, slot), value=-1)
        splits = best_splits(data, Members(slot, row, centred, weight), total, priority[nodes - 1 : 2 * nodes - 1])
        value = data.values.view(-1).index_select(0, splits.feature.view(-1).index_select(0, slot).add_(start))
        right = value > splits.last.view(-1).index_select(0, slot)
        slot = (2 * slot).sub_(column).add_(right, alpha=classes)  # node * classes + column, of child 2 node + right
        thresholds.append(_thresholds(value, right, slot, splits.found))
        features.append(splits.feature)
        importance.scatter_add_(0, splits.feature, splits.gain.double() * total * splits.found)
        left_weight = torch.where(splits.found, splits.left_weight, total)
        left_sum = torch.where(splits.found, splits.left_sum + mean * splits.left_weight, sums)
        total, sums = (
            torch.stack([left, both - left], dim=1).view(-1, classes)
            for left, both in ((left_weight, total), (left_sum, sums))
        )
    slot = slot[:-classes]
    left, bent = (
        values.new_zeros(sums.numel()).index_add_(0, slot, values.reshape(-1)).view(sums.shape)
        for values in (residual, curvature)
    )
    value = torch.where(bent > _NO_CURVATURE, scale * left / bent.clamp(min=_NO_CURVATURE), 0.0)
    trees = Trees(torch.cat(features), torch.cat(thresholds), value, importance / data.weight.double().sum())
    return trees, value.view(-1).index_select(0, slot).view(residual.shape)


def _thresholds(value: Tensor, right: Tensor, child: Tensor, found: Tensor) -> Tensor:
    """Midway (nodes, classes) between the largest value that goes left and the least that goes right."""
    nodes, classes = found.shape
    signed = torch.where(right, -value, value)
    signed[-classes:] = -torch.inf  # the padding
    edges = value.new_full((2 * nodes * classes,), -torch.inf).scatter_reduce(0, child, signed, "amax")
    left, right_side = edges.view(nodes, 2, classes).double().unbind(1)
    return torch.where(found, left / 2 - right_side / 2, torch.inf)


def leaf_values(trees: Trees, values: Tensor, *, depth: int) -> Tensor:
    """What the trees add to each of the rows (n, d) for each class (n, c)."""
    (n, d), classes = values.shape, trees.value.shape[1]
    column = torch.arange(classes, device=values.device).repeat(n)
    start = torch.arange(0, n * d, d, device=values.device).repeat_interleave(classes)
    node = torch.zeros_like(column)
    for level in range(depth):
        slot = (node + (2**level - 1)) * classes + column
        value = values.view(-1).index_select(0, start + trees.feature.view(-1).index_select(0, slot))
        node = 2 * node + (value > trees.threshold.view(-1).index_select(0, slot))
    return trees.value.view(-1).index_select(0, node * classes + column).view(n, classes)
