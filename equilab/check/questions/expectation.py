"""Equivariance of the mean of a stochastic module over its random numbers, with an interval for every output."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from equilab.check.questions.calibrate import MARGIN, cautious, floors, own_round_off
from equilab.check.questions.case import Asked
from equilab.check.questions.compare import difference

_DEVIATIONS = 3.0  # half the width of the interval, in standard errors


@dataclass(frozen=True)
class Interval:
    """An estimate, and three standard errors to either side of it; `round_off`: what arithmetic alone may do."""

    value: float
    low: float
    high: float
    round_off: float = 0.0


def expected_errors(asked: Asked, g: Any, seeds: int, dtype: torch.dtype) -> list[Interval]:
    """|E f(g x) - g E f(x)| over the signal |E f(x') - E f(x)| / sqrt 2, root mean square, of each telling output.

    Every call has random numbers of its own. With d_i the differences of n independent pairs, the mean of <d_i, d_j>
    over i != j is an estimate of |E d|^2 without bias. The signal counts with its lower bound where it makes the upper
    bound of the error larger, and with its upper bound where it makes the lower one smaller.
    """
    case = asked.case
    still = [case.call(asked.subject, case.values, seed=_seed(case.seed, 3 * place)) for place in range(seeds)]
    moved_values, other_values = case.moved(g), case.others()[0]
    moved = [case.call(asked.subject, moved_values, seed=_seed(case.seed, 3 * place + 1)) for place in range(seeds)]
    other = [case.call(asked.subject, other_values, seed=_seed(case.seed, 3 * place + 2)) for place in range(seeds)]
    rounding = own_round_off(asked, cautious(asked, dtype)).rounding
    last = floors(asked, dtype)
    found = []
    for leaf in asked.telling:
        action = case.out_actions[leaf]
        seen = [action.observe(each[leaf]) for each in still]
        errors = [
            difference(action.observe(each[leaf]), action.act(g, here.double() if here.is_floating_point() else here))
            for each, here in zip(moved, seen, strict=True)
        ]
        spreads = [difference(action.observe(each[leaf]), here) for each, here in zip(other, seen, strict=True)]
        found.append(_relative(mean_square(errors), mean_square(spreads), max(MARGIN * rounding[leaf], last[leaf])))
    return found


def mean_square(draws: Sequence[Tensor]) -> Interval:
    """The mean square of the expectation of independent draws, without bias: it may be negative.

    Its variance is that of the jackknife, which is right where the expectation is large, and no less than that of the
    pure products of deviations, 2 / n^2 times their sum of squares, which is all that is left where it is small.
    """
    stacked = torch.stack([draw.flatten() for draw in draws])
    gram = stacked @ stacked.T / stacked.shape[1]
    count = len(draws)
    total, diagonal, rows = gram.sum(), gram.diagonal().sum(), gram.sum(1)
    value = float((total - diagonal) / (count * (count - 1)))
    left_out = (total - 2 * rows + gram.diagonal()) - (diagonal - gram.diagonal())
    left_out = left_out / ((count - 1) * (count - 2))
    jackknife = float((left_out - left_out.mean()).square().sum()) * (count - 1) / count
    centred = gram - gram.mean(0) - gram.mean(1)[:, None] + gram.mean()
    products = 2 * float(centred.square().sum() - centred.diagonal().square().sum()) / (count * (count - 1)) ** 2
    error = math.sqrt(jackknife + products)
    return Interval(value, value - _DEVIATIONS * error, value + _DEVIATIONS * error)


def _relative(square: Interval, signal: Interval, round_off: float) -> Interval:
    """The root of one over half of the other; an infinite bound where the signal may be nothing."""

    def ratio(above: float, below: float) -> float:
        return math.sqrt(max(above, 0.0) / (below / 2)) if below > 0 else (math.inf if above > 0 else 0.0)

    found = Interval(
        ratio(square.value, signal.value), ratio(square.low, signal.high), ratio(square.high, signal.low), round_off
    )
    return found if math.isfinite(square.value) else Interval(math.inf, math.inf, math.inf, round_off)


def _seed(base: int, place: int) -> int:
    return 7_919 * (base + 1) + place
