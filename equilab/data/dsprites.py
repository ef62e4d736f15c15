"""dSprites (Matthey et al. 2017): 737,280 binary sprites with six factors, rendered from their geometry."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch

from equilab.data.cache import cache_folder, cached_file
from equilab.data.dataset import Dataset
from equilab.data.dsprites_npz import read_packed
from equilab.data.factors import Cyclic, Factor, Factors
from equilab.data.render import render
from equilab.data.table import ImageTable
from equilab.errors import check_text

NUM_IMAGES = 737_280
BYTES_PER_IMAGE = 64 * 64 // 8
SHA256 = "3a228f4037ef3d42a42588e0e01f1078aa2df13cfa17584e88c95ed9fb5672da"  # of all images, packed, in order
POSITIONS = np.linspace(0, 1, 32)
FACTORS = Factors(
    (
        Factor("color", (1.0,), "1 white"),
        Factor("shape", (1.0, 2.0, 3.0), "1 square, 2 ellipse, 3 heart"),
        Factor("scale", tuple(np.linspace(0.5, 1, 6).tolist()), "of the largest"),
        Factor("orientation", tuple(np.linspace(0, 2 * np.pi, 40).tolist()), "radians", Cyclic(39, (4, 2, 1), "shape")),
        Factor("posX", tuple(POSITIONS.tolist()), "of the range, 32 px"),
        Factor("posY", tuple(POSITIONS.tolist()), "of the range, 32 px"),
    )
)


@dataclass(frozen=True)
class DSprites(Dataset):
    """64 x 64 binary sprites: color 1, shape 3, scale 6, orientation 40, posX 32, posY 32, the last fastest.

    Rendered exactly, without a download, into a cache file of 360 MiB when first used; or read from the original npz.
    Orientations are linspace(0, 2 pi, 40): the last one is the first one again, so the group that turns them is C_39,
    and 715,706 of the 737,280 images are distinct. The position step is 1.032 px: images are not shifts of each other.

    The table is mapped from the cache file, after its checksum was verified; that of an npz is read into memory. Asking
    for images raises DataError when the cache cannot be written, or the npz is broken or of another shape or type.

    >>> DSprites().factors.sizes, len(DSprites())
    ((1, 3, 6, 40, 32, 32), 737280)
    """

    npz: str | None = None  # path of the original dsprites_ndarray_*.npz; None: rendered, nothing is downloaded

    def __post_init__(self) -> None:
        check_text("npz", self.npz, none=True)

    @property
    def factors(self) -> Factors:
        return FACTORS

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, 64, 64)

    def open_labels(self) -> None:
        return None

    def open_table(self) -> ImageTable:
        if self.npz is not None:
            rows = read_packed(Path(self.npz).expanduser(), NUM_IMAGES)
        else:
            path = cached_file(
                cache_folder() / f"dsprites-{SHA256[:12]}.bits",
                packed_blocks,
                digest=SHA256,
                num_bytes=NUM_IMAGES * BYTES_PER_IMAGE,
                title="dSprites",
            )
            # Copy-on-write: torch wants a writable array, and nothing that is written would reach the file.
            rows = np.memmap(path, np.uint8, mode="c", shape=(NUM_IMAGES, BYTES_PER_IMAGE))
        return ImageTable(torch.from_numpy(rows), self.image_shape, "bits")


def packed_blocks() -> Iterator[bytes]:
    """All images, packed, in order: one block of 1024 positions per shape, scale and orientation."""
    x, y = (grid.ravel() for grid in np.meshgrid(POSITIONS, POSITIONS, indexing="ij"))
    for shape, scale, orientation in product(*(FACTORS[name].values for name in ("shape", "scale", "orientation"))):
        yield np.packbits(render(int(shape), scale, orientation, x, y), axis=None).tobytes()
