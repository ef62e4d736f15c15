"""Pairs of observations that share some of their factors."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Int
from numpy import ndarray

from equilab.data.dataset import Dataset
from equilab.data.sampling.sampler import Draw, Pairs, Sampler, varying
from equilab.errors import DataError, check_count, check_flag


@dataclass(frozen=True)
class PairsSharing(Sampler):
    """Pairs that share some factors, drawn anew for each pair; the other factors are drawn independently.

    The first observation is uniform; which factors are shared is uniform among those that vary; the second is uniform
    among the observations that agree with the first in the shared factors, so that an unshared factor may happen to
    be equal, too (Locatello et al. 2020, section 5). `num_shared=None` draws the number of shared factors uniformly
    from 1 to the number of varying factors - 1. Raises SettingError for a negative number.

    >>> from equilab.data import MiniSprites
    >>> data = MiniSprites()
    >>> draw = PairsSharing(num_shared=2, known=True).draw(data, 100, np.random.default_rng(0))
    >>> first, second = (data.labels(draw.rows[name]) for name in ("images", "second"))
    >>> bool((first == second)[draw.facts["shared"]].all())
    True
    """

    batch_type: ClassVar[type] = Pairs
    num_shared: int | None = None  # varying factors that a pair shares; None: drawn for each pair
    known: bool = False  # whether the batch says which factors are shared

    def __post_init__(self) -> None:
        check_flag("known", self.known)
        if self.num_shared is not None:
            check_count("num_shared", self.num_shared, least=0)

    def draw(self, data: Dataset, num: int, rng: np.random.Generator) -> Draw:
        free = varying(data.factors)
        if len(free) < 2 or (self.num_shared or 0) >= len(free):
            raise DataError(
                "data",
                expected=f"more than {max(self.num_shared or 0, 1)} factors that vary, for pairs that share some",
                got=", ".join(data.factors.names[index] for index in free) or "none",
            )
        counts = rng.integers(1, len(free), size=num) if self.num_shared is None else np.full(num, self.num_shared)
        order = rng.random((num, len(free))).argsort(axis=1)
        shared = np.ones((num, data.factors.num), bool)
        shared[:, list(free)] = order.argsort(axis=1) < counts[:, None]
        first = rng.integers(len(data), size=num)
        second = partners(data, first, shared, rng)
        return Draw({"images": first, "second": second}, {"shared": shared} if self.known else {})


def partners(
    data: Dataset, rows: Int[ndarray, "n"], shared: Bool[ndarray, "n k"], rng: np.random.Generator
) -> Int[ndarray, "n"]:
    """For each observation another one, uniform among those that agree with it in its shared factors.

    rows: observations (n,). shared: true (n, k) where a factor must agree. rng: of every draw. An observation may be
    its own partner. In a grid the other factors are uniform and independent; elsewhere they follow the observations.

    >>> from equilab.data import MiniSprites
    >>> partners(MiniSprites(), np.arange(3), np.ones((3, 5), bool), np.random.default_rng(0)).tolist()
    [0, 1, 2]
    """
    values = data.labels(rows)
    if data.is_grid:
        return data.factors.to_index(np.where(shared, values, data.factors.sample(len(rows), rng)))
    everything, found = data.labels(np.arange(len(data))), np.empty(len(rows), np.int64)
    masks, which = np.unique(shared, axis=0, return_inverse=True)
    for number, mask in enumerate(masks):
        own = np.flatnonzero(which.reshape(-1) == number)
        keys = data.factors.to_index(np.where(mask, everything, 0))
        order = np.argsort(keys, kind="stable")
        wanted = data.factors.to_index(np.where(mask, values[own], 0))
        first, last = (np.searchsorted(keys[order], wanted, side) for side in ("left", "right"))
        found[own] = order[first + rng.integers(last - first)]
    return found
