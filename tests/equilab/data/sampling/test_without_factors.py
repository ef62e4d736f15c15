"""A data set without factors: samplers of independent images work, the others refuse by name."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from equilab.data import (
    Dataset,
    Factors,
    Feed,
    ImageTable,
    IndependentBatches,
    IndependentImages,
    LabelledImages,
    MovedPairs,
    PairsSharing,
    PartlyLabelledImages,
    Walks,
)
from equilab.errors import DataError
from tests.refused import refused


@dataclass(frozen=True)
class Plain(Dataset):
    """Twenty binary images of 8 x 8 pixels, of which nothing is known."""

    @property
    def factors(self) -> Factors:
        return Factors(())

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, 8, 8)

    def open_labels(self) -> np.ndarray:
        return np.zeros((20, 0), np.int64)

    def open_table(self) -> ImageTable:
        return ImageTable.pack(np.random.default_rng(0).integers(0, 2, (20, 1, 8, 8), dtype=np.uint8))


@pytest.mark.parametrize("sampler", [IndependentImages(), IndependentBatches()])
def test_independent_images_need_no_factors(sampler):
    batch = Feed(Plain(), sampler, 4, seed=0).at(7)
    assert all(field.shape == (4, 1, 8, 8) for field in batch)
    assert torch.equal(batch.images, Feed(Plain(), sampler, 4, seed=0).at(7).images)


@pytest.mark.parametrize(
    "sampler", [LabelledImages(), PartlyLabelledImages(num_labelled=3), PairsSharing(), MovedPairs(), Walks()]
)
def test_samplers_that_need_factors_refuse(sampler):
    with refused(DataError, "data"):
        sampler.draw(Plain(), 4, np.random.default_rng(0))
