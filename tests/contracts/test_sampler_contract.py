"""What every sampler promises, of a grid and of a data set that is none; a new one is found here by itself."""

import dataclasses
import inspect
import json

import numpy as np
import pytest
import torch

import equilab.data
from equilab.data import Dataset, Feed, MiniSprites, Sampler, TorusSquare
from equilab.noise import numpy_stream
from tests.equilab.data.sampling.sampling_cases import Toys, is_uniform

SAMPLERS = [
    value
    for value in vars(equilab.data).values()
    if inspect.isclass(value) and issubclass(value, Sampler) and not inspect.isabstract(value)
]
DATA = (MiniSprites(), TorusSquare(size=32, side=8, positions=16), Toys())
NUM = 500
every = pytest.mark.parametrize("found", SAMPLERS, ids=lambda found: found.__name__)


@pytest.fixture(params=SAMPLERS, ids=lambda found: found.__name__)
def sampler(request: pytest.FixtureRequest) -> Sampler:
    return request.param()


@pytest.fixture(params=DATA, ids=lambda data: type(data).__name__)
def data(request: pytest.FixtureRequest) -> Dataset:
    return request.param


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_there_are_samplers():
    names = {found.__name__ for found in SAMPLERS}
    assert names >= {"IndependentImages", "IndependentBatches", "LabelledImages", "PartlyLabelledImages"}
    assert names >= {"PairsSharing", "MovedPairs", "Walks"}


@every
def test_a_sampler_is_a_frozen_dataclass_of_few_settings(found):
    assert found.__dataclass_params__.frozen
    assert len(dataclasses.fields(found)) <= 8
    assert found() == found()
    assert hash(found()) == hash(found())


@every
def test_a_sampler_survives_run_json(found):
    from equilab.runs.serial import from_tree, known_classes, to_tree

    assert from_tree(json.loads(json.dumps(to_tree(found()))), known_classes()) == found()


def test_all_randomness_comes_from_the_generator(sampler, data):
    numpy_before, torch_before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    first, same, other = (sampler.draw(data, NUM, rng(seed)) for seed in (0, 0, 1))
    for fields, again in zip(first, same, strict=True):
        assert fields.keys() == again.keys()
        assert all(np.array_equal(fields[name], again[name]) for name in fields)
    assert not np.array_equal(first.rows["images"], other.rows["images"])
    assert np.array_equal(numpy_before, np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(torch_before, torch.get_rng_state())


def test_rows_are_observations_and_first_axes_are_draws(sampler, data):
    draw = sampler.draw(data, NUM, rng())
    for rows in draw.rows.values():
        assert rows.dtype == np.int64
        assert rows.ndim in (1, 2)
        assert 0 <= rows.min() <= rows.max() < len(data)
    assert {len(values) for fields in draw for values in fields.values()} == {NUM}


def test_rows_and_facts_are_the_fields_of_the_batch(sampler, data):
    draw, kind = sampler.draw(data, NUM, rng()), sampler.batch_type
    assert not draw.rows.keys() & draw.facts.keys()
    given = draw.rows.keys() | draw.facts.keys()
    assert given <= set(kind._fields)
    assert set(kind._fields) - given <= kind._field_defaults.keys()


def test_the_first_images_are_uniform(sampler, data):
    rows = sampler.draw(data, 100 * len(data), rng()).rows["images"]
    assert is_uniform(rows if rows.ndim == 1 else rows[:, 0], len(data))


def test_a_feed_gathers_the_images_of_the_rows_beside_the_facts(sampler, data):
    """The draws of 1,024 updates are those of one call, update after update."""
    feed = Feed(data, sampler, batch_size=3, seed=0)
    batch = feed.at(7)
    assert isinstance(batch, sampler.batch_type)
    draw = sampler.draw(data, 1024 * 3, numpy_stream(0, "batches"))
    for name, rows in draw.rows.items():
        own, images = rows[21:24], getattr(batch, name)
        assert (images.dtype, images.shape) == (torch.float32, (*own.shape, *data.image_shape))
        expected = torch.from_numpy(data.images(own.reshape(-1))).float() / 255
        assert torch.equal(images.flatten(0, own.ndim - 1), expected)
    for name, facts in draw.facts.items():
        assert np.array_equal(getattr(batch, name).numpy(), facts[21:24])
    for name in set(batch._fields) - draw.rows.keys() - draw.facts.keys():
        assert getattr(batch, name) is None
