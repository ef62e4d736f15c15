"""Rows to fit to and rows to score on: disjoint parts of the observations that a table shows in one or more passes."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from equilab.errors import DataError


class Split(NamedTuple):
    """Rows to fit to and rows to score on; no observation is among both."""

    train: Int[ndarray, "num_train"]
    test: Int[ndarray, "num_test"]


def split_observations(n: int, num_train: int, num_test: int, rng: np.random.Generator) -> Split:
    """All of n observations in two parts, drawn at random, their sizes in the ratio of the two numbers.

    Raises DataError for less than two observations.

    >>> [len(part) for part in split_observations(6, 100, 50, np.random.default_rng(0))]
    [4, 2]
    """
    if n < 2:
        raise DataError("codes", expected="at least two observations, to fit to one part and score on another", got=n)
    order = rng.permutation(n)
    cut = min(max(round(n * num_train / (num_train + num_test)), 1), n - 1)
    return Split(order[:cut], order[cut:])


def drawn(parts: Split, num_train: int, num_test: int, rng: np.random.Generator, *, copies: int) -> Split:
    """So many rows of each part, uniform with replacement, each from any of the passes over all observations."""
    n = sum(map(len, parts))
    counts = (num_train, num_test)
    rows = [part[rng.integers(len(part), size=num)] for part, num in zip(parts, counts, strict=True)]
    if copies > 1:
        rows = [part + n * rng.integers(copies, size=len(part)) for part in rows]
    return Split(*rows)


def whole(parts: Split, *, copies: int) -> Split:
    """Every row of each part once, of all passes.

    >>> whole(Split(np.array([2, 0]), np.array([1])), copies=2).train.tolist()
    [2, 0, 5, 3]
    """
    starts = sum(map(len, parts)) * np.arange(copies)[:, None]
    return Split(*((part + starts).ravel() for part in parts))
