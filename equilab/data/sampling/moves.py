"""Observations moved by a known group element, once or along a path."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from equilab.data.dataset import Dataset
from equilab.data.sampling.sampler import Draw, Moved, Sampler, Sequences, positions, varying
from equilab.errors import DataError, check_count, check_texts


@dataclass(frozen=True)
class MovedPairs(Sampler):
    """Pairs (x, g x) with g drawn uniformly from the cyclic groups that act on the factors.

    g has one number of steps for each factor that moves: value i goes to i + g mod the order of its group. Where g x
    was never observed, which happens in data sets that are no grid only, g is the identity.

    >>> from equilab.data import TorusSquare
    >>> draw = MovedPairs().draw(TorusSquare(), 5, np.random.default_rng(0))
    >>> draw.facts["g"].shape
    (5, 2)
    """

    batch_type: ClassVar[type] = Moved
    factors: tuple[str, ...] = ()  # cyclic factors that move; none named: all cyclic ones

    def __post_init__(self) -> None:
        check_texts("factors", self.factors)

    def draw(self, data: Dataset, num: int, rng: np.random.Generator) -> Draw:
        cyclic = tuple(index for index, factor in enumerate(data.factors) if factor.group is not None)
        axes = positions(data.factors, self.factors, cyclic, "cyclic")
        first = rng.integers(len(data), size=num)
        values = data.labels(first)
        moved, g = values.copy(), np.zeros((num, len(axes)), np.int64)
        for column, axis in enumerate(axes):
            factor = data.factors.factors[axis]
            if factor.group is None:
                raise DataError("factors", expected="factors on which a cyclic group acts", got=factor.name)
            g[:, column] = rng.integers(factor.group.order, size=num)
            moved[:, axis] = factor.act(values[:, axis], g[:, column])
        seen = data.is_observed(moved)
        g[~seen] = 0
        second = first.copy()
        second[seen] = data.observe(moved[seen], rng)
        return Draw({"images": first, "moved": second}, {"g": g})


@dataclass(frozen=True)
class Walks(Sampler):
    """Sequences of observations: at every step each factor moves by a few values, drawn uniformly.

    A cyclic factor wraps around, any other stops at its ends; actions hold the steps that were made. A step to a
    combination that was never observed, which happens in data sets that are no grid only, is not made.
    Raises SettingError for less than two observations or steps of 0 values.

    >>> from equilab.data import TorusSquare
    >>> draw = Walks(length=3).draw(TorusSquare(), 5, np.random.default_rng(0))
    >>> draw.rows["images"].shape, draw.facts["actions"].shape
    ((5, 3), (5, 2, 2))
    """

    batch_type: ClassVar[type] = Sequences
    length: int = 4  # observations of a sequence
    max_step: int = 1  # values that a factor moves at most
    factors: tuple[str, ...] = ()  # factors that move; none named: all that vary

    def __post_init__(self) -> None:
        check_texts("factors", self.factors)
        check_count("length", self.length, least=2)
        check_count("max_step", self.max_step)

    def draw(self, data: Dataset, num: int, rng: np.random.Generator) -> Draw:
        axes = positions(data.factors, self.factors, varying(data.factors), "varying")
        rows = [rng.integers(len(data), size=num)]
        actions: list[ndarray] = []
        for _ in range(self.length - 1):
            values = data.labels(rows[-1])
            moved, action = self._step(data, values, axes, rng)
            seen = data.is_observed(moved)
            action[~seen] = 0
            following = rows[-1].copy()
            following[seen] = data.observe(moved[seen], rng)
            rows.append(following)
            actions.append(action)
        return Draw({"images": np.stack(rows, 1)}, {"actions": np.stack(actions, 1)})

    def _step(
        self, data: Dataset, values: Int[ndarray, "num k"], axes: tuple[int, ...], rng: np.random.Generator
    ) -> tuple[Int[ndarray, "num k"], Int[ndarray, "num k"]]:
        """The values after one step, and the steps of all factors."""
        moved, action = values.copy(), np.zeros_like(values)
        for axis in axes:
            factor = data.factors.factors[axis]
            drawn = rng.integers(-self.max_step, self.max_step + 1, size=len(values))
            if factor.group is not None:
                moved[:, axis], action[:, axis] = factor.act(values[:, axis], drawn), drawn
            else:
                moved[:, axis] = (values[:, axis] + drawn).clip(0, factor.size - 1)
                action[:, axis] = moved[:, axis] - values[:, axis]
        return moved, action
