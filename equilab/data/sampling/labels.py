"""Images with labels: all of them, or a fixed part of the data set."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from equilab.data.dataset import Dataset
from equilab.data.sampling.sampler import Draw, Labelled, PartlyLabelled, Sampler
from equilab.errors import DataError, check_count
from equilab.noise import numpy_stream


@dataclass(frozen=True)
class LabelledImages(Sampler):
    """Observations drawn uniformly with replacement, with the factor indices that they show.

    >>> from equilab.data import MiniSprites
    >>> LabelledImages().draw(MiniSprites(), 4, np.random.default_rng(0)).facts["labels"].shape
    (4, 5)
    """

    batch_type: ClassVar[type] = Labelled

    def draw(self, data: Dataset, num: int, rng: np.random.Generator) -> Draw:
        refuse_without_factors(data)
        rows = rng.integers(len(data), size=num)
        return Draw({"images": rows}, {"labels": data.labels(rows)})


@dataclass(frozen=True)
class PartlyLabelledImages(Sampler):
    """Images of the whole data set without labels, beside images of a part of it with labels (Locatello et al. 2020b).

    The labelled part is drawn once, without replacement, from a seed of its own, so that it is the same in every
    update and for every seed of a training. Raises SettingError for a number below 1 or a negative seed.

    >>> from equilab.data import MiniSprites
    >>> draw = PartlyLabelledImages(num_labelled=10).draw(MiniSprites(), 500, np.random.default_rng(0))
    >>> len(np.unique(draw.rows["labelled_images"])), draw.facts["labels"].shape
    (10, (500, 5))
    """

    batch_type: ClassVar[type] = PartlyLabelled
    num_labelled: int = 100  # observations that have labels
    part_seed: int = 0  # of the choice of these observations

    def __post_init__(self) -> None:
        check_count("num_labelled", self.num_labelled)
        check_count("part_seed", self.part_seed, least=0)

    def draw(self, data: Dataset, num: int, rng: np.random.Generator) -> Draw:
        refuse_without_factors(data)
        if self.num_labelled > len(data):
            raise DataError("num_labelled", expected=f"at most {len(data)} observations", got=self.num_labelled)
        part = numpy_stream(self.part_seed, "labelled part").choice(len(data), self.num_labelled, replace=False)
        rows = rng.integers(len(data), size=num)
        labelled = part[rng.integers(len(part), size=num)]
        return Draw({"images": rows, "labelled_images": labelled}, {"labels": data.labels(labelled)})


def refuse_without_factors(data: Dataset) -> None:
    """DataError for a data set without factors, which has no labels."""
    if not data.factors.num:
        raise DataError(
            "data", expected="a data set with factors, for labels", got=f"{type(data).__name__} without any"
        )
