"""Rotated MNIST (Larochelle et al. 2007), regenerated from MNIST, or read from the original .amat files."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int, UInt8
from numpy import ndarray

from equilab.data.amat import read_amat
from equilab.data.factors import Factors
from equilab.data.idx import read_mnist
from equilab.data.rotate import rotate
from equilab.data.rotated_digits import DIGITS
from equilab.data.split import SplitDataset
from equilab.data.table import ImageTable
from equilab.errors import SettingError, check_text, check_word

NUM_TRAIN, NUM_TEST = 12_000, 50_000
AMAT = {
    "train": "mnist_all_rotation_normalized_float_train_valid.amat",
    "test": "mnist_all_rotation_normalized_float_test.amat",
}


@dataclass(frozen=True)
class RotatedMNIST(SplitDataset):
    """12,000 digits to train on and 50,000 to test on, 28 x 28, each turned once by a uniform angle.

    Regenerated: all 70,000 digits of MNIST are pooled, the first 62,000 of a permutation are split into 12,000 and
    50,000, and each is turned by an angle in [0, 2 pi), bilinear, rounded to 8 bits; permutation, then angles, from
    `numpy.random.default_rng(seed)`. It is made as the set of Larochelle et al. 2007 was, but is not that set: compare
    models side by side on it, not digit for digit with published tables. With `amat` it is that set.

    One factor, the digit. Nothing is read before images or labels are asked for; then DataError says which files are
    missing and where to get them. Raises SettingError for a number of images that there is not.

    >>> data = RotatedMNIST(num_train=1000)
    >>> data.image_shape, data.test == RotatedMNIST("test", num_train=1000), data.factors.names
    ((1, 28, 28), True, ('digit',))
    """

    split: Literal["train", "test"] = "train"  # images to train on, or those that are held out
    num_train: int = NUM_TRAIN  # images to train on: the first ones of the 12,000
    seed: int = 0  # of the split and of the angles
    folder: str | None = None  # of MNIST's four idx.gz files; None: mnist in the folder named by EQUILAB_DATA
    amat: str | None = None  # folder of the two original .amat files; None: regenerated from MNIST

    def __post_init__(self) -> None:
        check_word("split", self.split, AMAT)
        for name in ("folder", "amat"):
            check_text(name, getattr(self, name), none=True)
        if type(self.seed) is not int or self.seed < 0:
            raise SettingError("seed", expected="an integer, 0 or more", got=self.seed)
        if type(self.num_train) is not int or not 1 <= self.num_train <= NUM_TRAIN:
            raise SettingError("num_train", expected=f"1 to {NUM_TRAIN}", got=self.num_train)

    @property
    def factors(self) -> Factors:
        return DIGITS

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, 28, 28)

    def open_test(self) -> "RotatedMNIST":
        return self if self.split == "test" else replace(self, split="test")

    def open_table(self) -> ImageTable:
        return ImageTable(torch.from_numpy(self._opened[0]).flatten(1), self.image_shape, "uint8")

    def open_labels(self) -> Int[ndarray, "n 1"]:
        return self._opened[1].astype(np.int64)[:, None]

    @cached_property
    def _opened(self) -> tuple[UInt8[ndarray, "n 28 28"], UInt8[ndarray, "n"]]:
        """Images and labels of this split."""
        if self.amat is not None:
            num = self.num_train if self.split == "train" else NUM_TEST
            return read_amat(Path(self.amat).expanduser() / AMAT[self.split], num)
        images, labels = read_mnist(self.folder)
        rng = np.random.default_rng(self.seed)
        order = rng.permutation(len(images))[: NUM_TRAIN + NUM_TEST]
        angles = rng.uniform(0, 2 * np.pi, size=len(order))
        wanted = slice(self.num_train) if self.split == "train" else slice(NUM_TRAIN, None)
        return rotate(images[order[wanted]], angles[wanted]), labels[order[wanted]]
