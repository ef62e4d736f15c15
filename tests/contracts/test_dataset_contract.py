"""What every data set promises; a new one is found here by itself."""

import dataclasses
import inspect
import json
import pickle
import tempfile

import numpy as np
import pytest
import torch

import equilab.data
from equilab.data import ArrayFile, Arrays, Dataset, DSprites, RotatedMNIST, SplitDataset
from equilab.errors import DataError
from equilab.runs.serial import from_tree, known_classes, to_tree
from tests.refused import refused

LARGE = {DSprites}  # tests that need images of these are slow: the first one builds the cache
FROM_FILES = {RotatedMNIST}  # tests that need labels or images of these are skipped where the files are absent


def subclasses(parent: type) -> set[type]:
    return set(parent.__subclasses__()).union(*map(subclasses, parent.__subclasses__()))


IN_MEMORY = {Arrays}  # no settings, so no dataclass: a training keeps them as an ArrayFile
FOUND = sorted(
    (kind for kind in subclasses(Dataset) if kind.__module__.startswith("equilab.") and not inspect.isabstract(kind)),
    key=lambda kind: kind.__name__,
)
FOUND = [kind for kind in FOUND if kind not in IN_MEMORY]
SPLIT = [kind for kind in FOUND if issubclass(kind, SplitDataset)]
FOLDER = tempfile.TemporaryDirectory()


def make(kind: type[Dataset]) -> Dataset:
    """The data set of a class's defaults; of a class of files that of a file with twelve images."""
    if kind is not ArrayFile:
        return kind()
    images = np.random.default_rng(0).integers(256, size=(12, 3, 64, 64), dtype=np.uint8)
    return Arrays(images, {"hue": np.arange(12) % 3, "x": np.arange(12) // 3}).save(f"{FOLDER.name}/data.npz")


every = pytest.mark.parametrize("data", [make(kind) for kind in FOUND], ids=[kind.__name__ for kind in FOUND])
every_with_labels = pytest.mark.parametrize("data", FOUND, ids=[kind.__name__ for kind in FOUND], indirect=True)
every_with_images = pytest.mark.parametrize(
    "data",
    [pytest.param(kind, marks=[pytest.mark.slow] if kind in LARGE else [], id=kind.__name__) for kind in FOUND],
    indirect=True,
)


@pytest.fixture
def data(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    if request.param in FROM_FILES:
        monkeypatch.setenv("EQUILAB_DATA", str(request.getfixturevalue("mnist").parent))
    return make(request.param)


def some(data: Dataset, n: int = 50) -> np.ndarray:
    return np.random.default_rng(0).integers(len(data), size=n)


def test_there_are_data_sets():
    assert {"DSprites", "MiniSprites", "RotatedDigits", "RotatedMNIST"} <= {kind.__name__ for kind in FOUND}
    assert all(getattr(equilab.data, kind.__name__) is kind for kind in FOUND)


@every
def test_a_data_set_is_a_frozen_dataclass_of_few_settings_with_a_meaning_each(data):
    fields = dataclasses.fields(data)
    assert len(fields) <= 8
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(data, fields[0].name, None)
    lines = inspect.getsource(type(data)).splitlines()
    for field in fields:
        assert any(line.strip().startswith(f"{field.name}:") and "  # " in line for line in lines), field.name


@every
def test_settings_decide_equality_and_survive_run_json(data):
    again = make(type(data))
    assert again == data
    assert hash(again) == hash(data)
    assert from_tree(json.loads(json.dumps(to_tree(data))), known_classes()) == data


@every
def test_factors_are_what_they_say(data):
    factors = data.factors
    assert factors.sizes == tuple(len(values) for values in factors.values)
    assert all(values == tuple(sorted(set(values))) for values in factors.values)
    for factor in factors:
        if factor.group is not None:
            assert np.array_equal(np.unique(factor.act(np.arange(factor.size), 1)), np.arange(factor.group.order))


@every
def test_indices_and_factors_are_two_names_of_one_thing(data):
    indices = np.random.default_rng(0).integers(data.factors.num_combinations, size=1000)
    assert np.array_equal(data.factors.to_index(data.factors.from_index(indices)), indices)


@every_with_labels
def test_labels_are_factor_indices(data):
    labels = data.labels(some(data))
    assert labels.dtype == np.int64
    assert labels.shape == (50, data.factors.num)
    data.factors.to_index(labels)


@every_with_labels
def test_observations_show_the_factors_that_were_asked_for(data):
    asked = data.labels(some(data))
    observed = data.observe(asked, np.random.default_rng(1))
    assert observed.dtype == np.int64
    assert np.array_equal(data.labels(observed), asked)
    if data.is_grid:
        assert len(data) == data.factors.num_combinations
        assert np.array_equal(observed, some(data))


@every_with_labels
def test_observations_that_do_not_exist_are_refused(data):
    for index in (-1, len(data)):
        with refused(DataError, "indices", expected=f"0 to {len(data) - 1}", got=f"{index} to {index}"):
            data.labels(np.array([index]))


@every_with_images
def test_images_are_bytes_of_the_shape_that_is_promised(data):
    images = data.images(some(data))
    assert images.dtype == np.uint8
    assert images.shape == (50, *data.image_shape)
    assert images.min() < images.max()
    assert data.images(np.zeros(0, np.int64)).shape == (0, *data.image_shape)


@pytest.mark.parametrize("data", SPLIT, ids=[kind.__name__ for kind in SPLIT], indirect=True)
def test_what_is_held_out_is_of_the_same_kind_and_none_of_the_rest(data):
    test = data.test
    assert (test.factors, test.image_shape) == (data.factors, data.image_shape)
    assert isinstance(test, SplitDataset)
    assert test.test == test
    assert set(np.unique(test.labels(np.arange(len(test))))) == set(np.unique(data.labels(np.arange(len(data)))))
    seen, held_out = (set(map(bytes, each.images(np.arange(len(each))))) for each in (data, test))
    assert not seen & held_out


@every_with_images
def test_the_feed_gives_the_same_images_between_0_and_1(data):
    fed = data.table.gather(torch.from_numpy(some(data)))
    assert len(data.table) == len(data)
    assert fed.dtype == torch.float32
    assert torch.equal(fed, torch.from_numpy(data.images(some(data))).float() / 255)


@every_with_images
def test_a_pickled_data_set_carries_no_images_and_finds_the_same_ones(data):
    images = data.images(some(data, 3))
    carried = pickle.dumps(data)
    assert len(carried) < 1000
    assert pickle.loads(carried) == data
    assert np.array_equal(pickle.loads(carried).images(some(data, 3)), images)


@every_with_images
def test_opening_images_leaves_the_global_generators_alone(data):
    numpy_before, torch_before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    make(type(data)).images(some(data, 3))
    assert np.array_equal(numpy_before, np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(torch_before, torch.get_rng_state())
