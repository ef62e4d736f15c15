"""The best threshold of every node of a level, for all classes at once: an exact search that skips most positions."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from equilab.metrics.boosting.presorted import BLOCK, Presorted

_PURE = 1e-6  # mean absolute deviation of the residuals, below which a node stays a leaf
_ROUNDING = 1e-5  # relative, of gains and bounds in float32
_AT_ONCE = 2**15  # blocks that are searched position by position at a time


class Members(NamedTuple):
    """The node of each row, for every class of a level, as flat arrays (rows * classes); the padding weighs nothing."""

    slot: Tensor  # int64, node * classes + class
    row: Tensor  # int64
    residual: Tensor  # float32, the sum over the row's observations of the residual less its node's mean
    weight: Tensor  # float32, the row's observations


class Splits(NamedTuple):
    """For each node and class (nodes, classes): the split that reduces the squared error most, or none."""

    found: Tensor  # bool
    feature: Tensor  # int64
    last: Tensor  # float32, the largest value of the feature that goes left; infinite where nothing is split
    gain: Tensor  # float32, c^2 / (n (N - n)): the squared error is reduced by N times this
    left_sum: Tensor  # float32, c: the sum of centred residuals that go left
    left_weight: Tensor  # float32, n: the observations that go left


class _Blocks(NamedTuple):
    """Sums over blocks (nodes * classes, d * blocks), float32: within a block, and up to its end."""

    sum: Tensor  # of the residuals
    weight: Tensor  # of the observations
    absolute: Tensor  # of the absolute residuals
    end_sum: Tensor
    end_weight: Tensor


class _Found(NamedTuple):
    """The best position in each of some blocks."""

    gain: Tensor  # float32, -1 where no threshold is possible
    left_sum: Tensor
    left_weight: Tensor
    position: Tensor  # int64, in the flat order


def best_splits(data: Presorted, members: Members, total: Tensor, priority: Tensor) -> Splits:
    """The splits of a level's nodes, of which total (nodes, classes), float32, gives the observations N.

    Among features that split equally well, the one of highest priority (nodes, classes, d) wins.

    Behind a position with n observations and residuals that sum to c, the gain is c^2 / (n (N - n)). Within a block
    from (c_s, n_s) to (c_e, n_e), whose absolute residuals sum to a, |c| is at most (|c_s + c_e| + a) / 2 and
    1 / (n (N - n)) at most its value at one of the ends. Only blocks in which this bound reaches the best gain between
    two blocks are searched; the others hold nothing better.
    """
    slots = total.numel()
    blocks = _block_sums(data, members, slots)
    flat = torch.nonzero(_promising(data, blocks, total.view(-1, 1)).view(-1))[:, 0]
    slot, block = flat // len(data.starts), flat % len(data.starts)
    parts = zip(block.split(_AT_ONCE), slot.split(_AT_ONCE), strict=True)
    searched = [_search(data, blocks, members, total, *part) for part in parts]
    found = _Found(*(torch.cat(column) for column in zip(*searched, strict=True)))
    feature = block // (data.order.shape[1] // BLOCK)
    chosen = _choose(found.gain, slot, priority.reshape(slots, -1)[slot, feature], slots)
    split = (chosen < len(flat)).view(total.shape)

    def pick(values: Tensor) -> Tensor:
        return torch.cat([values, values.new_zeros(1)])[chosen].view(total.shape)

    last = data.values[data.order.view(-1)[pick(found.position)], pick(feature)]
    return Splits(
        split,
        pick(feature),
        last.masked_fill(~split, torch.inf),
        pick(found.gain),
        pick(found.left_sum),
        pick(found.left_weight),
    )


def _block_sums(data: Presorted, members: Members, slots: int) -> _Blocks:
    residual, weight = members.residual.new_zeros(2, len(data.values), slots)
    place = (members.row * slots).add_(members.slot)
    residual.view(-1).scatter_(0, place, members.residual)
    weight.view(-1).scatter_(0, place, members.weight)
    within = torch.stack([_sum_blocks(data, values) for values in (residual, weight, residual.abs())])
    ends = within[:2].double().view(2, slots, len(data.order), -1).cumsum(3).float().view_as(within[:2])
    return _Blocks(*within, *ends)


def _sum_blocks(data: Presorted, values: Tensor) -> Tensor:
    return embedding_bag(data.order.view(-1), values, data.starts, mode="sum").T


def _promising(data: Presorted, blocks: _Blocks, total: Tensor) -> Tensor:
    """Whether a block may hold the best split of a slot (slots, d * blocks); total: (slots, 1)."""
    end = blocks.end_weight
    start = end - blocks.weight
    cut = data.cut[:, BLOCK - 1 :: BLOCK]
    inside = (end * (total - end)).clamp_(min=1)  # nothing is gained where all are on one side: the sum is 0 there
    best = (blocks.end_sum.square() / inside).mul_(cut.flatten().float()).amax(1, keepdim=True)
    start.clamp_(min=1)
    last = torch.minimum(end, total - 1)
    least = torch.minimum(start * (total - start), last * (total - last)).clamp_(min=1)
    bound = (2 * blocks.end_sum).sub_(blocks.sum).abs_().add_(blocks.absolute).square_().div_(least)
    reached = torch.cat([torch.zeros_like(cut[:, :1]), cut[:, :-1]], dim=1)  # a threshold may lie before the block
    empty = (blocks.weight == 0) & reached.flatten()
    mixed = blocks.absolute[:, : cut.shape[1]].sum(1, keepdim=True) > _PURE * total
    return (bound >= torch.where(mixed, (4 - 4 * _ROUNDING) * best, torch.inf)).logical_and_(~empty)


def _search(data: Presorted, blocks: _Blocks, members: Members, total: Tensor, block: Tensor, slot: Tensor) -> _Found:
    """Every position of these blocks, each for one slot."""
    classes = total.shape[1]
    rows = data.order.view(-1, BLOCK).index_select(0, block)
    flat = (rows * classes).add_((slot % classes)[:, None]).view(-1)
    member = (members.slot.index_select(0, flat).view(rows.shape) == slot[:, None]).float()
    left_sum = members.residual.index_select(0, flat).view(rows.shape).mul_(member).cumsum_(1)
    left_weight = members.weight.index_select(0, flat).view(rows.shape).mul_(member).cumsum_(1)
    left_sum += (blocks.end_sum[slot, block] - blocks.sum[slot, block])[:, None]
    left_weight += (blocks.end_weight[slot, block] - blocks.weight[slot, block])[:, None]
    inside = left_weight * (total.view(-1)[slot][:, None] - left_weight)
    possible = data.cut.view(-1, BLOCK).index_select(0, block) & (inside > 0)
    gain, place = torch.where(possible, left_sum.square() / inside.clamp(min=1), -1.0).max(1)
    left_sum, left_weight = (values.gather(1, place[:, None])[:, 0] for values in (left_sum, left_weight))
    return _Found(gain, left_sum, left_weight, block * BLOCK + place)


def _choose(gain: Tensor, slot: Tensor, priority: Tensor, slots: int) -> Tensor:
    """The index (slots,) of each slot's best gain, the highest priority among equals; len(gain) where none is."""
    best = gain.new_full((slots,), 0.0).scatter_reduce(0, slot, gain, "amax")
    top = torch.nonzero((gain == best[slot]) & (gain >= 0))[:, 0]
    highest = priority.new_full((slots,), -1.0).scatter_reduce(0, slot[top], priority[top], "amax")
    top = top[priority[top] == highest[slot[top]]]
    return slot.new_full((slots,), len(gain)).scatter_reduce(0, slot[top], top, "amin")
