"""What a data set is: images, their factors, and the way between the two."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int, UInt8
from numpy import ndarray

from equilab.data.factors import Factors, checked_indices
from equilab.data.labels import checked_labels
from equilab.data.table import ImageTable
from equilab.errors import DataError, ShapeError


class Dataset(ABC):
    """Images with known factors; every concrete class is a frozen dataclass of settings.

    Observation i is row i of `table`. In a grid it shows combination i of the factors, each combination once; any
    other data set (several photographs of one combination, or none) says in `open_labels` what each observation shows.
    A pickled data set is its settings alone: its table is opened anew where it is unpickled.
    """

    @property
    @abstractmethod
    def factors(self) -> Factors:
        """The factors of variation."""

    @property
    @abstractmethod
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of an image, pixels."""

    @abstractmethod
    def open_table(self) -> ImageTable:
        """All images in the order of the observations; called once, when they are first asked for."""

    @abstractmethod
    def open_labels(self) -> Int[ndarray, "n k"] | None:
        """The factor indices (n, k), integers, that each observation shows, or None for a grid; called once.

        Where they are used, DataError names the factor of an index that is no integer or no value's.
        """

    @cached_property
    def table(self) -> ImageTable:
        """All images in the order of the observations, in memory or mapped from a file."""
        return self.open_table()

    def check(self) -> None:
        """Raises ShapeError or DataError unless there is an image of `image_shape` for each observation."""
        if self.table.image_shape != self.image_shape:
            raise ShapeError("open_table", expected=f"images {self.image_shape}", got=self.table.image_shape)
        if len(self.table) != len(self):
            what = "combinations of a grid" if self.is_grid else "rows of labels"
            expected = f"{len(self)} images, one for each of the {what}"
            raise DataError("open_table", expected=expected, got=len(self.table))

    @cached_property
    def _labels(self) -> Int[ndarray, "n k"] | None:
        labels = self.open_labels()
        return None if labels is None else checked_labels(labels, self.factors)

    @property
    def is_grid(self) -> bool:
        """Whether observation i is combination i of the factors, for every i."""
        return self._labels is None

    def __len__(self) -> int:
        """The number of observations."""
        return self.factors.num_combinations if self._labels is None else len(self._labels)

    def images(self, indices: Int[ndarray, "n"]) -> UInt8[ndarray, "n c h w"]:
        """Images uint8 (n, C, H, W), 0 to 255, of observations (n,); DataError for an index out of range."""
        return self.table.gather_uint8(torch.from_numpy(checked_indices(indices, len(self)))).numpy()

    def labels(self, indices: Int[ndarray, "n"]) -> Int[ndarray, "n k"]:
        """Factor indices int64 (n, k) of observations (n,); DataError for an index out of range."""
        indices = checked_indices(indices, len(self))
        if self._labels is None:
            return self.factors.from_index(indices)
        return self._labels[indices].astype(np.int64)

    def observe(self, factors: Int[ndarray, "n k"], rng: np.random.Generator) -> Int[ndarray, "n"]:
        """Observations int64 (n,) that show these factor indices (n, k).

        In a grid each is the only one there is, and rng is not used; else it is uniform over those there are.
        Raises ShapeError or DataError for factors that do not fit, DataError for a combination never observed.
        """
        wanted = self.factors.to_index(factors)
        if self._labels is None:
            return wanted
        order, combination = self._by_combination
        first = np.searchsorted(combination, wanted, "left")
        count = np.searchsorted(combination, wanted, "right") - first
        if not count.all():
            missing = np.asarray(factors)[int(np.argmin(count))].tolist()
            raise DataError(
                "factors", expected=f"an observed combination of {', '.join(self.factors.names)}", got=missing
            )
        return order[first + rng.integers(count)]

    def is_observed(self, factors: Int[ndarray, "n k"]) -> Bool[ndarray, "n"]:
        """Whether some observation shows each combination of factor indices (n, k); in a grid every one is shown.

        Raises ShapeError or DataError for factors that do not fit.
        """
        wanted = self.factors.to_index(factors)
        if self._labels is None:
            return np.ones(len(wanted), bool)
        _, combination = self._by_combination
        place = np.searchsorted(combination, wanted).clip(max=len(combination) - 1)
        return combination[place] == wanted

    @cached_property
    def _by_combination(self) -> tuple[Int[ndarray, "n"], Int[ndarray, "n"]]:
        """Observations ordered by the flat index of their combination, and that index."""
        combination = self.factors.to_index(self.labels(np.arange(len(self))))
        order = np.argsort(combination, kind="stable")
        return order, combination[order]

    def __getstate__(self) -> dict[str, Any]:
        """The settings, without what was opened or derived from them."""
        cached = {name for kind in type(self).__mro__ for name, value in vars(kind).items() if _is_cached(value)}
        return {name: value for name, value in vars(self).items() if name not in cached}


def _is_cached(attribute: Any) -> bool:
    return isinstance(attribute, cached_property)
