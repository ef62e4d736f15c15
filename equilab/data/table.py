"""All images of a data set in memory, one row each, packed to one bit per pixel where they are binary."""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from jaxtyping import UInt8
from numpy import ndarray
from torch import Tensor

from equilab.errors import SettingError, ShapeError


@dataclass(frozen=True, eq=False)
class ImageTable:
    """Rows of pixels that are gathered into batches by index, on the device where they lie.

    rows: uint8 (n, bytes). "uint8": one byte per pixel, C * H * W of them, 0 to 255. "bits": eight binary pixels per
    byte, the first in the highest bit, as `numpy.packbits` writes them. Raises ShapeError for any other
    rows, SettingError for another word.

    >>> table = ImageTable.pack(np.array([[[[1, 0], [0, 1]]]], np.uint8))
    >>> table.gather(torch.tensor([0])).tolist()
    [[[[1.0, 0.0], [0.0, 1.0]]]]
    """

    rows: Tensor
    image_shape: tuple[int, int, int]  # (channels, height, width)
    storage: Literal["bits", "uint8"]
    _pixels_of_byte: Tensor = field(init=False, repr=False)  # int64 (256,): eight pixels 0 or 1, a byte each

    def __post_init__(self) -> None:
        if self.storage not in ("bits", "uint8"):
            raise SettingError("storage", expected="bits or uint8", got=repr(self.storage))
        pixels = math.prod(self.image_shape)
        width = -(-pixels // 8) if self.storage == "bits" else pixels
        if self.rows.dtype != torch.uint8 or self.rows.ndim != 2 or self.rows.shape[1] != width:
            raise ShapeError(
                "rows",
                expected=f"uint8 (n, {width}) for {self.storage} of images {self.image_shape}",
                got=f"{self.rows.dtype} {tuple(self.rows.shape)}",
            )
        bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
        pixels_of_byte = torch.from_numpy(bits).view(torch.int64).flatten().to(self.rows.device)
        object.__setattr__(self, "_pixels_of_byte", pixels_of_byte)

    @classmethod
    def pack(cls, images: UInt8[ndarray, "n c h w"]) -> "ImageTable":
        """The packed table of binary images (n, C, H, W), 0 is off; ShapeError for any other shape."""
        if images.ndim != 4:
            raise ShapeError("images", expected="(n, C, H, W)", got=images.shape)
        num, channels, height, width = images.shape
        packed = np.packbits(images.reshape(num, channels * height * width) != 0, axis=1)
        return cls(torch.from_numpy(packed), (channels, height, width), "bits")

    def __len__(self) -> int:
        """The number of images."""
        return len(self.rows)

    def to(self, device: torch.device | str) -> "ImageTable":
        """The same table on another device."""
        return ImageTable(self.rows.to(device), self.image_shape, self.storage)

    def gather_uint8(self, indices: Tensor) -> Tensor:
        """Images uint8 (n, C, H, W), 0 to 255, at int64 indices (n,) on the table's device."""
        rows = self.rows.index_select(0, indices)
        if self.storage == "uint8":
            return rows.view(len(rows), *self.image_shape)
        return self._unpacked(rows) * 255

    def gather(self, indices: Tensor) -> Tensor:
        """Images float32 (n, C, H, W) in [0, 1] at int64 indices (n,) on the table's device: `gather_uint8` / 255."""
        rows = self.rows.index_select(0, indices)
        if self.storage == "uint8":
            return rows.view(len(rows), *self.image_shape).float() / 255
        return self._unpacked(rows).float()

    def _unpacked(self, rows: Tensor) -> Tensor:
        """Pixels 0 and 1, uint8 (n, C, H, W), of packed rows: one look-up per byte."""
        pixels = self._pixels_of_byte.index_select(0, rows.flatten().int()).view(torch.uint8)
        each = pixels.view(len(rows), 8 * rows.shape[1])[:, : math.prod(self.image_shape)]
        return each.reshape(len(rows), *self.image_shape)
