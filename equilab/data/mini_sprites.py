"""Small sets of sprites with dSprites' geometry, rendered in memory, for tests and first steps."""

from dataclasses import dataclass

import numpy as np

from equilab.data.dataset import Dataset
from equilab.data.factors import Cyclic, Factor, Factors
from equilab.data.render import render
from equilab.data.table import ImageTable
from equilab.errors import SettingError, check_count


@dataclass(frozen=True)
class MiniSprites(Dataset):
    """A full grid of a few sprites: 3 x 2 x 4 x 4 x 4 = 384 images by default, rendered in milliseconds.

    Factors shape, scale, orientation, posX, posY, in the units of dSprites. Orientations are 2 pi i / n without the end
    point, so that C_n acts on them; scales and positions span the range of dSprites (one scale: 1; one position: 0.5).
    Raises SettingError for a number below 1 or more than 3 shapes.

    >>> data = MiniSprites()
    >>> len(data), data.image_shape, data.factors.sizes
    (384, (1, 64, 64), (3, 2, 4, 4, 4))
    """

    size: int = 64  # pixels, height and width of an image
    shapes: int = 3  # number of shapes: square, ellipse, heart in this order
    scales: int = 2  # number of scales, 0.5 to 1
    orientations: int = 4  # number of angles in a full turn
    positions: int = 4  # number of positions along each axis

    def __post_init__(self) -> None:
        for name in ("size", "shapes", "scales", "orientations", "positions"):
            check_count(name, getattr(self, name))
        if self.shapes > 3:
            raise SettingError("shapes", expected="1 to 3 (square, ellipse, heart)", got=self.shapes)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, self.size, self.size)

    def open_labels(self) -> None:
        return None

    @property
    def factors(self) -> Factors:
        angles = 2 * np.pi * np.arange(self.orientations) / self.orientations
        turn = Cyclic(self.orientations, (4, 2, 1)[: self.shapes], "shape")
        places = np.linspace(0, 1, self.positions) if self.positions > 1 else np.array([0.5])
        return Factors(
            (
                Factor("shape", (1.0, 2.0, 3.0)[: self.shapes], "1 square, 2 ellipse, 3 heart"),
                Factor("scale", tuple(np.linspace(1, 0.5, self.scales)[::-1].tolist()), "of the largest"),
                Factor("orientation", tuple(angles.tolist()), "radians", turn),
                Factor("posX", tuple(places.tolist()), "of the range, half an image"),
                Factor("posY", tuple(places.tolist()), "of the range, half an image"),
            )
        )

    def open_table(self) -> ImageTable:
        combinations = self.factors.from_index(np.arange(len(self)))
        values = (np.array(values)[index] for values, index in zip(self.factors.values, combinations.T, strict=True))
        return ImageTable.pack(render(*values, size=self.size)[:, None])
