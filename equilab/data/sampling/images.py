"""Independent images: one batch of them, or two."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from equilab.data.dataset import Dataset
from equilab.data.sampling.sampler import Draw, Images, Sampler, TwoBatches


@dataclass(frozen=True)
class IndependentImages(Sampler):
    """Observations drawn uniformly with replacement (Locatello et al. 2019).

    >>> from equilab.data import MiniSprites
    >>> IndependentImages().draw(MiniSprites(), 4, np.random.default_rng(0)).rows["images"].shape
    (4,)
    """

    batch_type: ClassVar[type] = Images

    def draw(self, data: Dataset, num: int, rng: np.random.Generator) -> Draw:
        return Draw({"images": rng.integers(len(data), size=num)}, {})


@dataclass(frozen=True)
class IndependentBatches(Sampler):
    """Two batches of observations, each drawn uniformly with replacement: FactorVAE permutes the second.

    >>> from equilab.data import MiniSprites
    >>> sorted(IndependentBatches().draw(MiniSprites(), 4, np.random.default_rng(0)).rows)
    ['images', 'second']
    """

    batch_type: ClassVar[type] = TwoBatches

    def draw(self, data: Dataset, num: int, rng: np.random.Generator) -> Draw:
        rows = rng.integers(len(data), size=(num, 2))
        return Draw({"images": rows[:, 0], "second": rows[:, 1]}, {})
