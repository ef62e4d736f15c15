"""What the tests of samplers share: a data set that is no grid, and a chi-square test."""

from dataclasses import dataclass

import numpy as np
import torch

from equilab.data import Cyclic, Dataset, Factor, Factors, ImageTable


@dataclass(frozen=True)
class Toys(Dataset):
    """150 photographs of three toys at four azimuths under three lights: some combinations often, others never.

    Azimuth is cyclic, the table is always the same one, and the pixels of photograph i spell i.
    """

    num: int = 150  # photographs

    @property
    def factors(self) -> Factors:
        azimuth = Factor("azimuth", (0.0, 90.0, 180.0, 270.0), "degrees", Cyclic(4))
        toy, light = Factor("toy", (0.0, 1.0, 2.0)), Factor("light", (10.0, 20.0, 30.0), "lux")
        return Factors((toy, Factor("table", (1.0,)), azimuth, light))

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, 2, 8)

    def open_labels(self) -> np.ndarray:
        rng = np.random.default_rng(0)
        shown = self.factors.from_index(rng.choice(36, 24, replace=False))
        return shown[rng.integers(24, size=self.num) * rng.integers(2, size=self.num)]  # half show the first

    def open_table(self) -> ImageTable:
        numbers = np.stack([np.arange(self.num) // 256, np.arange(self.num) % 256], 1).astype(np.uint8)
        return ImageTable(torch.from_numpy(numbers), self.image_shape, "bits")


def is_uniform(values: np.ndarray, num: int) -> bool:
    """Whether draws of 0 to num - 1 are uniform: chi-square within 5 deviations of its mean, on either side."""
    counts = np.bincount(values.reshape(-1), minlength=num)
    assert len(counts) == num, f"values up to {len(counts) - 1}"
    expected, freedom = values.size / num, num - 1
    return abs(float(((counts - expected) ** 2 / expected).sum()) - freedom) < 5 * (2 * freedom) ** 0.5
