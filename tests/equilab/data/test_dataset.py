"""A data set with nuisance, as photographs are: several observations of some combinations, none of others."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from equilab.data import Cyclic, Dataset, Factor, Factors, ImageTable, MiniSprites
from equilab.errors import DataError, ShapeError
from tests.refused import refused

SHOWN = np.array([[0, 0], [1, 2], [0, 0], [1, 0], [1, 2], [1, 2]], np.uint8)  # (0, 1), (0, 2) and (1, 1) are missing


@dataclass(frozen=True)
class Photographs(Dataset):
    """Six colour pictures of two toys at three azimuths; picture i is filled with the value 40 i."""

    height: int = 2  # pixels

    @property
    def factors(self) -> Factors:
        azimuth = Factor("azimuth", (0.0, 120.0, 240.0), "degrees", Cyclic(3))
        return Factors((Factor("toy", (0.0, 1.0)), azimuth))

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (3, self.height, 5)

    def open_labels(self) -> np.ndarray:
        return SHOWN

    def open_table(self) -> ImageTable:
        values = torch.arange(0, 240, 40, dtype=torch.uint8)
        return ImageTable(values[:, None].repeat(1, 15 * self.height), self.image_shape, "uint8")


def test_an_observation_shows_what_its_labels_say():
    data = Photographs()
    assert (len(data), data.is_grid, data.factors.num_combinations) == (6, False, 6)
    assert data.labels(np.array([5, 0])).tolist() == [[1, 2], [0, 0]]
    assert data.labels(np.arange(6)).dtype == np.int64


def test_observed_factors_are_those_that_were_asked_for():
    data = Photographs()
    asked = SHOWN[np.random.default_rng(0).integers(6, size=100)].astype(np.int64)
    assert np.array_equal(data.labels(data.observe(asked, np.random.default_rng(1))), asked)


def test_observations_of_one_combination_are_drawn_uniformly():
    drawn = Photographs().observe(np.tile([1, 2], (3000, 1)), np.random.default_rng(0))
    counts = np.bincount(drawn, minlength=6)
    assert counts[[0, 2, 3]].tolist() == [0, 0, 0]
    assert np.abs(counts[[1, 4, 5]] - 1000).max() < 5 * (3000 * 2 / 9) ** 0.5


def test_a_combination_that_was_never_observed_is_named():
    with refused(DataError, "factors", expected="toy, azimuth", got=[0, 1]):
        Photographs().observe(np.array([[0, 0], [0, 1]]), np.random.default_rng(0))


def test_images_are_colour_pictures():
    data = Photographs()
    images = data.images(np.array([3, 0]))
    assert images.dtype == np.uint8
    assert images.shape == (2, 3, 2, 5)
    assert (images[0] == 120).all()
    assert (images[1] == 0).all()


def test_the_observation_of_a_grid_is_its_flat_index_and_draws_nothing():
    data, rng = MiniSprites(), np.random.default_rng(0)
    factors = data.factors.sample(20, np.random.default_rng(1))
    assert np.array_equal(data.observe(factors, rng), data.factors.to_index(factors))
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


@pytest.mark.parametrize("data", [Photographs(), MiniSprites()], ids=["photographs", "grid"])
@pytest.mark.parametrize("ask", ["images", "labels"])
def test_observations_that_do_not_exist_are_named(data, ask):
    with refused(DataError, "indices", expected=f"0 to {len(data) - 1}", got=f"0 to {len(data)}"):
        getattr(data, ask)(np.array([0, len(data)]))
    with refused(DataError, "indices", got="-1 to -1"):
        getattr(data, ask)(np.array([-1]))
    with refused(ShapeError, "indices", expected="(n,)", got=()):
        getattr(data, ask)(np.array(0))


def test_the_table_is_opened_once():
    data = Photographs()
    assert data.table is data.table


def test_a_pickled_data_set_is_its_settings_alone():
    data = Photographs(height=200)
    assert len(data.table) == len(data)
    data.observe(SHOWN[:1].astype(np.int64), np.random.default_rng(0))
    assert len(pickle.dumps(data)) < 200
    assert pickle.loads(pickle.dumps(data)) == data


def test_a_data_set_without_its_parts_cannot_be_made():
    with pytest.raises(TypeError, match="abstract"):
        Dataset()  # pyright: ignore[reportAbstractUsage]
