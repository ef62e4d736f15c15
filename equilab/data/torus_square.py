"""A square shifted cyclically in two directions: the group C_n x C_n acts on the images, transitively."""

from dataclasses import dataclass

import numpy as np

from equilab.data.dataset import Dataset
from equilab.data.factors import Cyclic, Factor, Factors
from equilab.data.table import ImageTable
from equilab.errors import SettingError, check_count


@dataclass(frozen=True)
class TorusSquare(Dataset):
    """A full grid of binary images of one square, shifted cyclically to the right (x) and down (y).

    A square that leaves the image on one side comes back on the other, so that C_n acts on each factor and shifts the
    pixels by size / n. After the data set "Square" of Tonnaer et al. 2022. Raises SettingError for a side that is no
    part of an image, or for positions that do not divide the size.

    >>> data = TorusSquare(size=64, positions=16)
    >>> len(data), data.image_shape, data.factors.names
    (256, (1, 64, 64), ('x', 'y'))
    """

    size: int = 64  # pixels, height and width of an image
    side: int = 16  # pixels, height and width of the square
    positions: int = 32  # number of shifts along each axis, a divisor of the size

    def __post_init__(self) -> None:
        for name in ("size", "side", "positions"):
            check_count(name, getattr(self, name))
        if self.side >= self.size:
            raise SettingError("side", expected=f"less than the {self.size} pixels of an image", got=self.side)
        if self.size % self.positions:
            raise SettingError("positions", expected=f"a divisor of {self.size}", got=self.positions)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, self.size, self.size)

    @property
    def factors(self) -> Factors:
        angles = tuple((2 * np.pi * np.arange(self.positions) / self.positions).tolist())
        return Factors(tuple(Factor(name, angles, "radians", Cyclic(self.positions)) for name in ("x", "y")))

    def open_labels(self) -> None:
        return None

    def open_table(self) -> ImageTable:
        shifts = np.arange(self.positions) * (self.size // self.positions)
        line = (np.arange(self.size) - shifts[:, None]) % self.size < self.side  # (position, pixel)
        images = line[None, :, :, None] & line[:, None, None, :]  # (x, y, row, column)
        return ImageTable.pack(images.reshape(-1, 1, self.size, self.size).astype(np.uint8))
