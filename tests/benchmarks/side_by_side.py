"""Two pieces of work measured in turn, so that a change of the machine's speed meets both."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple


class Comparison(NamedTuple):
    """Median seconds of each, and the median, least and largest ratio first / second over the pairs."""

    first: float
    second: float
    ratio: float
    least: float
    largest: float


def compare(
    first: Callable[[], object], second: Callable[[], object], *, rounds: int, clock: Callable[[], float] = perf_counter
) -> Comparison:
    """Both called in turn, A B A B ..., after one uncounted call of each.

    clock: time.process_time counts the processor's seconds, which on one thread other processes disturb least.
    """
    times: list[tuple[float, float]] = []
    for _ in range(rounds + 1):
        pair = []
        for work in (first, second):
            start = clock()
            work()
            pair.append(clock() - start)
        times.append((pair[0], pair[1]))
    counted = times[1:]
    ratios = [a / b for a, b in counted]
    return Comparison(
        median(a for a, _ in counted), median(b for _, b in counted), median(ratios), min(ratios), max(ratios)
    )
