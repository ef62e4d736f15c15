"""Equivariance of the mean of a stochastic module over its random numbers, with an interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from equilab.check.case import Asked
from equilab.check.compare import difference

_DEVIATIONS = 3.0  # half the width of the interval, in standard errors


@dataclass(frozen=True)
class Interval:
    """An estimate, and where it lies with 99.7 % probability."""

    value: float
    low: float
    high: float


def expected_error(asked: Asked, g: Any, seeds: int) -> Interval:
    """|E f(g x) - g E f(x)| over the signal |E f(x') - E f(x)| / sqrt 2, root mean square, the largest of the leaves.

    Every call has random numbers of its own. With d_i the differences of n independent pairs, the mean of <d_i, d_j>
    over i != j is an estimate of |E d|^2 without bias; its standard error is that of the jackknife.
    """
    case = asked.case
    still = [case.call(asked.subject, case.values, seed=_seed(case.seed, 3 * place)) for place in range(seeds)]
    moved_values, other_values = case.moved(g), case.others()[0]
    moved = [case.call(asked.subject, moved_values, seed=_seed(case.seed, 3 * place + 1)) for place in range(seeds)]
    other = [case.call(asked.subject, other_values, seed=_seed(case.seed, 3 * place + 2)) for place in range(seeds)]
    found = []
    for leaf in asked.telling:
        action = case.out_actions[leaf]
        seen = [action.observe(each[leaf]) for each in still]
        errors = [
            difference(action.observe(each[leaf]), action.act(g, here.double() if here.is_floating_point() else here))
            for each, here in zip(moved, seen, strict=True)
        ]
        spreads = [difference(action.observe(each[leaf]), here) for each, here in zip(other, seen, strict=True)]
        signal = max(mean_square(spreads).value / 2, 0.0)
        found.append(_relative(mean_square(errors), signal))
    return max(found, key=lambda each: each.value, default=Interval(0.0, 0.0, 0.0))


def mean_square(draws: Sequence[Tensor]) -> Interval:
    """The mean square of the expectation of independent draws, without bias: it may be negative."""
    stacked = torch.stack([draw.flatten() for draw in draws])
    gram = stacked @ stacked.T / stacked.shape[1]
    count = len(draws)
    total, diagonal, rows = gram.sum(), gram.diagonal().sum(), gram.sum(1)
    value = float((total - diagonal) / (count * (count - 1)))
    left_out = (total - 2 * rows + gram.diagonal()) - (diagonal - gram.diagonal())
    left_out = left_out / ((count - 1) * (count - 2))
    error = math.sqrt(float((left_out - left_out.mean()).square().sum()) * (count - 1) / count)
    return Interval(value, value - _DEVIATIONS * error, value + _DEVIATIONS * error)


def _relative(square: Interval, signal: float) -> Interval:
    if signal == 0:
        return Interval(math.inf, 0.0, math.inf)
    value, low, high = (math.sqrt(max(each, 0.0) / signal) for each in (square.value, square.low, square.high))
    return Interval(value, low, high)


def _seed(base: int, place: int) -> int:
    return 7_919 * (base + 1) + place
