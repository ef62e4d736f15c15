"""Which combinations of two factors a predictor is not shown: four ways to hold them out, by the values of both."""

from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Int
from numpy import ndarray

HoldOut: TypeAlias = Literal["composition", "interpolation", "extrapolation", "single_value"]


def held_out_combinations(
    split: HoldOut, num_target: int, num_shifted: int, share: float, rng: np.random.Generator
) -> Bool[ndarray, "num_target num_shifted"] | None:
    """Which combinations of a target's and another factor's values are held out; None where there are too few values.

    composition: those of a random set of target values with a random set of the other's values, each set a share
    sqrt(share) of its values, so that every value is seen, but not every combination (Montero et al. 2021, Schott et
    al. 2022). The rest hold out some values of the other factor, together with every value of the target.
    interpolation: the middle `share`; extrapolation: the last `share` (Schott et al. 2022); both take it that these
    values have an order. single_value: all but one, drawn at random (Locatello et al. 2020, "Weakly-supervised
    disentanglement without compromises"); `share` is not used.

    >>> held_out_combinations("interpolation", 1, 5, 0.3, np.random.default_rng(0)).tolist()
    [[False, False, True, True, False]]
    >>> held_out_combinations("composition", 2, 2, 0.3, np.random.default_rng(0)).sum().item()
    1
    """
    every = np.ones(num_target, dtype=bool)
    if split == "composition":
        chosen = [_random_values(num, np.sqrt(share), rng) for num in (num_target, num_shifted)]
        return np.logical_and.outer(*chosen)
    if split == "single_value":
        return np.logical_and.outer(every, np.arange(num_shifted) != rng.integers(num_shifted))
    left = 2 if split == "interpolation" else 1  # values that stay, at the least
    if num_shifted <= left:
        return None
    num = min(max(round(share * num_shifted), 1), num_shifted - left)
    first = (num_shifted - num + 1) // 2 if split == "interpolation" else num_shifted - num
    position = np.arange(num_shifted)
    return np.logical_and.outer(every, (position >= first) & (position < first + num))


def _random_values(num: int, share: float, rng: np.random.Generator) -> Bool[ndarray, "num"]:
    """A random set of values of about this share: not none, not all."""
    return rng.permutation(num) < min(max(round(share * num), 1), num - 1)


def positions(column: Int[ndarray, "n"]) -> tuple[Int[ndarray, "n"], int]:
    """The position of each value among the sorted values of a column, and how many there are.

    >>> found, num = positions(np.array([7, -1, 7]))
    >>> found.tolist(), num
    ([1, 0, 1], 2)
    """
    values, found = np.unique(column, return_inverse=True)
    return found, len(values)
