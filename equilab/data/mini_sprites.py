"""Small sets of sprites with dSprites' geometry, rendered in memory, for tests and first steps."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from equilab.data.dataset import Dataset
from equilab.data.factors import Cyclic, Factor, Factors
from equilab.data.render import render
from equilab.data.table import ImageTable
from equilab.errors import SettingError


@dataclass(frozen=True)
class MiniSprites(Dataset):
    """A full grid of a few sprites: 3 x 2 x 4 x 4 x 4 = 384 images by default, rendered in milliseconds.

    Factors shape, scale, orientation, posX, posY. Orientations are 2 pi i / n without the end point, so that C_n acts
    on them; positions stay in the range of dSprites.

    >>> data = MiniSprites()
    >>> len(data), data.image_shape, data.factors.sizes
    (384, (1, 64, 64), (3, 2, 4, 4, 4))
    """

    size: int = 64  # pixels, height and width of an image
    scales: int = 2  # number of scales, 0.5 to 1
    orientations: int = 4  # number of angles in a full turn
    positions: int = 4  # number of positions along each axis

    def __post_init__(self) -> None:
        for name in ("size", "scales", "orientations", "positions"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name}: expected at least 1, got {getattr(self, name)}")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, self.size, self.size)

    @property
    def labels(self) -> None:
        return None

    @property
    def factors(self) -> Factors:
        angles = 2 * np.pi * np.arange(self.orientations) / self.orientations
        places = tuple(np.linspace(0, 1, self.positions).tolist())
        return Factors(
            (
                Factor("shape", (0.0, 1.0, 2.0), "square, ellipse, heart"),
                Factor("scale", tuple(np.linspace(1, 0.5, self.scales)[::-1].tolist()), "of the largest"),
                Factor("orientation", tuple(angles.tolist()), "radians", Cyclic(self.orientations, (4, 2, 1), "shape")),
                Factor("posX", places, "of the range"),
                Factor("posY", places, "of the range"),
            )
        )

    @property
    def table(self) -> ImageTable:
        return _render_all(self)


@lru_cache(maxsize=4)
def _render_all(data: MiniSprites) -> ImageTable:
    """The images of the whole grid."""
    combinations = data.factors.from_index(np.arange(len(data)))
    values = [np.array(factor.values)[column] for factor, column in zip(data.factors, combinations.T, strict=True)]
    return ImageTable.pack(render(*values, size=data.size)[:, None])
