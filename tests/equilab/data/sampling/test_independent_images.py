"""Independent images, two batches of them, and images with labels of all or of a fixed part."""

import numpy as np
import pytest

from equilab.data import (
    IndependentBatches,
    IndependentImages,
    LabelledImages,
    MiniSprites,
    PartlyLabelledImages,
    RotatedDigits,
)
from equilab.errors import DataError, SettingError
from tests.equilab.data.sampling.sampling_cases import Toys, is_uniform
from tests.refused import refused

SMALL = MiniSprites(shapes=1, scales=1, orientations=2, positions=2)  # 8 observations
every_data = pytest.mark.parametrize(
    "data", [SMALL, Toys(), RotatedDigits(num_train=50)], ids=["grid", "toys", "digits"]
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_draws_follow_one_another_independently_and_with_replacement():
    rows = IndependentImages().draw(SMALL, 20_001, rng()).rows["images"]
    assert is_uniform(8 * rows[1:] + rows[:-1], 64)
    assert (rows[1:] == rows[:-1]).any()


def test_the_two_batches_are_independent_of_one_another():
    rows = IndependentBatches().draw(SMALL, 20_000, rng()).rows
    assert is_uniform(8 * rows["images"] + rows["second"], 64)


@every_data
def test_labels_are_those_of_the_images(data):
    draw = LabelledImages().draw(data, 300, rng())
    assert np.array_equal(draw.facts["labels"], data.labels(draw.rows["images"]))
    assert draw.facts["labels"].dtype == np.int64


@every_data
def test_labels_of_a_part_are_those_of_its_images(data):
    draw = PartlyLabelledImages(num_labelled=20 if len(data) > 20 else 5).draw(data, 300, rng())
    assert np.array_equal(draw.facts["labels"], data.labels(draw.rows["labelled_images"]))


def part(seed: int, *, num: int = 20, part_seed: int = 0) -> set[int]:
    sampler = PartlyLabelledImages(num_labelled=num, part_seed=part_seed)
    return set(sampler.draw(Toys(), 2000, rng(seed)).rows["labelled_images"].tolist())


def test_the_labelled_part_is_the_same_for_every_draw_and_another_for_another_seed_of_its_own():
    assert len(part(0)) == 20
    assert part(0) == part(1) == part(2)
    assert part(0) != part(0, part_seed=1)


def test_labelled_images_are_uniform_over_the_part_and_the_others_over_everything():
    rows = PartlyLabelledImages(num_labelled=4).draw(SMALL, 20_000, rng()).rows
    _, places = np.unique(rows["labelled_images"], return_inverse=True)
    assert is_uniform(8 * places + rows["images"], 32)


def test_the_part_may_be_everything_and_no_more():
    assert part(0, num=150) == set(range(150))
    with refused(DataError, "num_labelled", expected="at most 150", got=151):
        part(0, num=151)


def test_the_part_itself_is_drawn_uniformly():
    members = [list(part(0, num=15, part_seed=seed)) for seed in range(200)]
    assert is_uniform(np.array(members), 150)


@pytest.mark.parametrize(
    ("name", "value", "least"),
    [("num_labelled", 0, 1), ("num_labelled", 2.0, 1), ("part_seed", -1, 0), ("part_seed", True, 0)],
)
def test_settings_of_the_part_that_make_no_sense_are_refused(name, value, least):
    with refused(SettingError, name, expected=f"at least {least}", got=value):
        PartlyLabelledImages(**{name: value})
