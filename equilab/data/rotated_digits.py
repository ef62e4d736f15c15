"""Rotated handwritten digits that need no download: those of scikit-learn (Alpaydin & Kaynak 1998)."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int, UInt8
from numpy import ndarray

from equilab.data.factors import Factor, Factors
from equilab.data.rotate import rotate
from equilab.data.split import SplitDataset
from equilab.data.table import ImageTable
from equilab.errors import SettingError, check_count, check_word

NUM_IMAGES, NUM_TRAIN = 1_797, 1_297
DIGITS = Factors((Factor("digit", tuple(map(float, range(10))), "the digit itself"),))


@dataclass(frozen=True)
class RotatedDigits(SplitDataset):
    """1,297 digits to train on and 500 to test on, each turned once by a uniform angle; milliseconds, and no files.

    The digits of 8 x 8 pixels are enlarged to the middle 5/7 of an image, as MNIST's are to 20 of 28 pixels, and turned
    by an angle in [0, 2 pi), in one bilinear interpolation; permutation, then angles, from
    `numpy.random.default_rng(seed)`. One factor, the digit. Raises SettingError for a number that makes no sense.

    >>> data = RotatedDigits(num_train=100)
    >>> data.image_shape, len(data), len(data.test)
    ((1, 28, 28), 100, 500)
    """

    split: Literal["train", "test"] = "train"  # images to train on, or those that are held out
    num_train: int = NUM_TRAIN  # images to train on: the first ones of the 1,297
    size: int = 28  # pixels, height and width of an image
    seed: int = 0  # of the split and of the angles

    def __post_init__(self) -> None:
        check_word("split", self.split, ("train", "test"))
        for name, least in (("size", 1), ("seed", 0)):
            check_count(name, getattr(self, name), least=least)
        if type(self.num_train) is not int or not 1 <= self.num_train <= NUM_TRAIN:
            raise SettingError("num_train", expected=f"1 to {NUM_TRAIN}", got=self.num_train)

    @property
    def factors(self) -> Factors:
        return DIGITS

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, self.size, self.size)

    def open_test(self) -> "RotatedDigits":
        return self if self.split == "test" else replace(self, split="test")

    def open_table(self) -> ImageTable:
        return ImageTable(torch.from_numpy(self._opened[0]).flatten(1), self.image_shape, "uint8")

    def open_labels(self) -> Int[ndarray, "n 1"]:
        return self._opened[1].astype(np.int64)[:, None]

    @cached_property
    def _opened(self) -> tuple[UInt8[ndarray, "n h h"], Int[ndarray, "n"]]:
        """Images and labels of this split."""
        from sklearn.datasets import load_digits

        pixels, labels = map(np.asarray, load_digits(return_X_y=True))  # (1797, 64), 0 to 16
        images = np.rint(pixels * (255 / 16)).astype(np.uint8).reshape(NUM_IMAGES, 8, 8)
        rng = np.random.default_rng(self.seed)
        order = rng.permutation(NUM_IMAGES)
        angles = rng.uniform(0, 2 * np.pi, size=NUM_IMAGES)
        wanted = slice(self.num_train) if self.split == "train" else slice(NUM_TRAIN, None)
        zoom = 5 / 7 * self.size / 8
        return rotate(images[order[wanted]], angles[wanted], size=self.size, zoom=zoom), np.asarray(labels)[
            order[wanted]
        ]
