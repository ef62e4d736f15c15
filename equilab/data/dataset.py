"""What a data set is: images, their factors, and the way between the two."""

from abc import ABC, abstractmethod

import numpy as np
import torch
from jaxtyping import Int, UInt8
from numpy import ndarray

from equilab.data.factors import Factors
from equilab.data.table import ImageTable
from equilab.errors import DataError


class Dataset(ABC):
    """Images with known factors; a frozen dataclass of settings in every concrete class.

    Observation i is row i of `table`. A data set with one observation per combination of factors, in the order of
    their flat index, is a grid; one with nuisance (several photographs of one combination, or none) is not, and says
    which observation shows what in `labels`.
    """

    @property
    @abstractmethod
    def factors(self) -> Factors:
        """The factors of variation."""

    @property
    @abstractmethod
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""

    @property
    @abstractmethod
    def table(self) -> ImageTable:
        """All images; opened, or built, when it is first asked for."""

    @property
    @abstractmethod
    def labels(self) -> Int[ndarray, "n k"] | None:
        """The factor values of every observation, or None for a grid."""

    @property
    def is_grid(self) -> bool:
        """Whether observation i is combination i."""
        return self.labels is None

    def __len__(self) -> int:
        """The number of observations."""
        labels = self.labels
        return self.factors.num_combinations if labels is None else len(labels)

    def images(self, indices: Int[ndarray, "n"]) -> UInt8[ndarray, "n c h w"]:
        """Images uint8 (n, C, H, W), 0 to 255, of these observations; DataError for an index out of range."""
        indices = np.asarray(indices)
        if indices.size and not 0 <= indices.min() <= indices.max() < len(self):
            raise DataError(f"indices: expected 0 to {len(self) - 1}, got {indices.min()} to {indices.max()}")
        return self.table.gather_uint8(torch.from_numpy(indices.astype(np.int64))).numpy()

    def factors_of(self, indices: Int[ndarray, "n"]) -> Int[ndarray, "n k"]:
        """The factor values of these observations."""
        labels = self.labels
        return self.factors.from_index(indices) if labels is None else labels[indices]

    def observe(self, factors: Int[ndarray, "n k"], rng: np.random.Generator) -> Int[ndarray, "n"]:
        """An observation of each combination: the only one of a grid, else one of those there are, drawn from rng.

        Raises DataError for a combination that was never observed.
        """
        wanted = self.factors.to_index(factors)
        labels = self.labels
        if labels is None:
            return wanted
        present = self.factors.to_index(labels)
        order = np.argsort(present, kind="stable")
        first = np.searchsorted(present[order], wanted, "left")
        count = np.searchsorted(present[order], wanted, "right") - first
        if not count.all():
            missing = np.asarray(factors)[int(np.argmin(count))].tolist()
            raise DataError(f"factors: {missing} of {', '.join(self.factors.names)} was never observed")
        return order[first + rng.integers(count)]
