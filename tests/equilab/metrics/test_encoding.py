"""Encoding a data set: every image of a grid once and in order, others sampled, and mistakes found early."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
import torch

from equilab.data import Dataset, Factor, Factors, ImageTable, MiniSprites
from equilab.errors import DataError, SettingError, ShapeError
from equilab.metrics import MIG, CodeTable, ScoreSettings, evaluate, score_codes
from tests.refused import refused

GRID = MiniSprites(size=16, positions=3)


@dataclass(frozen=True)
class Photographs(Dataset):
    """Sixty pictures of eight combinations, some seen more often than others; pixel 0 tells the observation."""

    @cached_property
    def factors(self) -> Factors:
        return Factors((Factor("shape", (0.0, 1.0)), Factor("pose", (0.0, 1.0, 2.0, 3.0))))

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, 2, 2)

    def open_labels(self) -> np.ndarray:
        return np.random.default_rng(0).integers([2, 4], size=(60, 2))

    def open_table(self) -> ImageTable:
        rows = torch.zeros(60, 4, dtype=torch.uint8)
        rows[:, 0] = torch.arange(60)
        return ImageTable(rows, self.image_shape, "uint8")


def pixels(images: torch.Tensor) -> torch.Tensor:
    return images.flatten(1)[:, ::5]


def test_every_image_of_a_grid_is_encoded_once_and_in_order():
    seen = []

    def encode(images):
        seen.append(len(images))
        return pixels(images)

    table = CodeTable.encode(encode, GRID, batch_size=50)
    assert sum(seen) == len(GRID)
    assert set(seen[:-1]) == {50}
    everything = np.arange(len(GRID))
    np.testing.assert_array_equal(table.codes, pixels(torch.from_numpy(GRID.images(everything) / 255)).numpy())
    np.testing.assert_array_equal(table.factors, GRID.labels(everything))
    assert table.factor_names == GRID.factors.names
    assert table.codes.dtype == np.float32


def test_the_encoder_sees_float32_images_without_gradients():
    weight = torch.ones(52, 2, requires_grad=True)

    def encode(images):
        assert images.dtype == torch.float32
        assert images.shape[1:] == (1, 16, 16)
        assert 0 <= images.min() <= images.max() == 1
        assert not torch.is_grad_enabled()
        return pixels(images) @ weight

    assert CodeTable.encode(encode, GRID).codes.shape == (len(GRID), 2)
    assert torch.is_grad_enabled()


def test_a_numpy_encoder_gives_the_same_table():
    def encode(images):
        assert isinstance(images, np.ndarray)
        return images.reshape(len(images), -1)[:, ::5]

    by_numpy = CodeTable.encode(encode, GRID, inputs="numpy")
    np.testing.assert_array_equal(by_numpy.codes, CodeTable.encode(pixels, GRID).codes)


def test_bfloat16_codes_and_codes_that_need_gradients_are_taken():
    codes = CodeTable.encode(lambda images: pixels(images).bfloat16().requires_grad_(), GRID).codes
    assert codes.dtype == np.float32


def test_progress_is_told_after_every_batch():
    told = []
    CodeTable.encode(pixels, GRID, batch_size=100, progress=lambda done, total: told.append((done, total)))
    assert told == [(100, 216), (200, 216), (216, 216)]


def test_other_data_sets_are_sampled_and_labels_follow_the_images():
    data = Photographs()
    table = CodeTable.encode(lambda images: images.flatten(1)[:, :1] * 255, data, num_samples=50, seed=3)
    drawn = np.rint(table.codes[:, 0]).astype(int)
    assert len(set(drawn)) == 50
    np.testing.assert_array_equal(table.factors, data.open_labels()[drawn])
    other = CodeTable.encode(lambda images: images.flatten(1)[:, :1] * 255, data, num_samples=50, seed=4)
    assert not np.array_equal(other.codes, table.codes)


def test_no_observation_is_encoded_twice_or_a_metric_could_be_fitted_to_it_and_scored_on_it():
    table = CodeTable.encode(lambda images: images.flatten(1)[:, :1] * 255, Photographs(), num_samples=500)
    np.testing.assert_array_equal(np.rint(table.codes[:, 0]), np.arange(60))


@pytest.mark.parametrize(
    ("encode", "error", "facts"),
    [
        (lambda images: images, ShapeError, {"expected": "(100, d) of 100 images", "got": (100, 1, 16, 16)}),
        (lambda images: pixels(images)[1:], ShapeError, {"expected": "(100, d) of 100 images", "got": (99, 52)}),
        (lambda images: pixels(images)[:, : len(images) // 4], ShapeError, {"expected": "(16, 25)", "got": (16, 4)}),
        (
            lambda images: (pixels(images), None),
            ShapeError,
            {"expected": "a tensor or an array", "got": "NoneType", "hint": "wrap the model"},
        ),
    ],
)
def test_codes_of_another_shape_are_refused_with_the_shape_expected(encode, error, facts):
    with refused(error, "encode", **facts):
        CodeTable.encode(encode, GRID, batch_size=100)


def test_a_code_that_is_not_finite_is_found_in_its_batch_and_named():
    batches = []

    def encode(images):
        batches.append(len(images))
        codes = pixels(images).clone()
        if len(batches) == 2:
            codes[7, 3] = torch.nan
        return codes

    with refused(DataError, "encode", expected="finite", got="nan in dimension 3 of observation 57"):
        CodeTable.encode(encode, GRID, batch_size=50)
    assert len(batches) == 2


def test_a_grid_is_sampled_when_asked_and_never_encoded_twice():
    table = CodeTable.encode(pixels, GRID, num_samples=50, seed=1)
    assert len({tuple(row) for row in table.factors.tolist()}) == 50
    again = CodeTable.encode(pixels, GRID, num_samples=50, seed=1)
    np.testing.assert_array_equal(table.factors, again.factors)
    whole = CodeTable.encode(pixels, GRID, num_samples=len(GRID))
    np.testing.assert_array_equal(whole.codes, CodeTable.encode(pixels, GRID).codes)


@pytest.mark.parametrize("setting", ["batch_size", "num_samples"])
def test_encoding_nothing_is_refused(setting):
    with refused(SettingError, setting, expected="at least 1", got=0):
        CodeTable.encode(pixels, Photographs(), **{setting: 0})


def test_chosen_observations_are_encoded_in_their_order():
    settings = ScoreSettings(observations=np.arange(len(GRID))[::-2], batch_size=50, references=())
    found = evaluate(pixels, GRID, metrics=[MIG(num_samples=100)], settings=settings)
    rows = np.asarray(settings.observations)
    codes = pixels(GRID.table.gather(torch.from_numpy(rows)))
    names = GRID.factors.names
    expected = score_codes(
        codes,
        GRID.labels(rows),
        metrics=[MIG(num_samples=100)],
        factor_names=names,
        settings=ScoreSettings(references=()),
    )
    assert found.flat() == expected.flat()


def test_batches_are_copied_or_an_encoder_that_reuses_its_output_would_overwrite_them():
    output = torch.empty(50, 52)

    def encode(images):
        return output[: len(images)].copy_(pixels(images))

    found = CodeTable.encode(encode, GRID, batch_size=50)
    np.testing.assert_array_equal(found.codes, CodeTable.encode(pixels, GRID).codes)


def test_batches_of_one_kind_are_expected():
    def encode(images):
        codes = pixels(images)
        return codes if len(images) == 100 else (codes, torch.zeros_like(codes))

    with refused(ShapeError, "encode", expected="codes alone for every batch", got="52 Gaussian(axes=1, name='')"):
        CodeTable.encode(encode, GRID, batch_size=100)
    with refused(ShapeError, "encode: log_var", expected="(100, 52)", got=(100, 51)):
        CodeTable.encode(lambda images: (pixels(images), pixels(images)[:, 1:]), GRID, batch_size=100)
    with refused(ShapeError, "encode", expected="a tensor or an array", got="tuple"):
        CodeTable.encode(lambda images: (pixels(images),) * 3, GRID)
