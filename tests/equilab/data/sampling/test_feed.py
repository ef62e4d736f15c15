"""The feed is a pure function of (seed, rank, step), uniform, and different for every seed, update and process."""

from itertools import product

import numpy as np
import pytest
import torch

from equilab.data import Feed, Images, IndependentImages, Labelled, LabelledImages, MiniSprites, PairsSharing, Walks
from equilab.errors import SettingError
from tests.equilab.data.sampling.sampling_cases import Toys, is_uniform
from tests.refused import refused

DATA = MiniSprites()
BLOCK = 1024  # updates whose draws are made in one call


def feed(*, seed: int = 0, rank: int = 0, batch_size: int = 8) -> Feed:
    return Feed(DATA, LabelledImages(), batch_size, seed=seed, rank=rank)


def rows(given: Feed, step: int) -> list[int]:
    """The observations of a batch of the grid, by their labels."""
    return DATA.factors.to_index(given.at(step).labels.numpy()).tolist()


def stream(num: int = BLOCK, *, start: int = 0, **settings) -> np.ndarray:
    """The observations of many updates, one after the other."""
    given = feed(**settings)
    return np.concatenate([rows(given, step) for step in range(start, start + num)])


STEPS = (0, 1, 1022, 1023, 1024, 1025, 2047, 2048, 5000)


@pytest.mark.parametrize("rank", [0, 3])
def test_a_batch_does_not_depend_on_what_was_drawn_before(rank):
    fresh = {step: rows(feed(seed=1, rank=rank), step) for step in STEPS}
    for order in (STEPS, STEPS[::-1], (5000, 0, 1024, 1023, 1024, 0)):
        used = feed(seed=1, rank=rank)
        assert [rows(used, step) for step in order] == [fresh[step] for step in order]


def test_the_same_step_gives_the_same_images():
    for sampler in (IndependentImages(), PairsSharing(known=True), Walks()):
        one, two = (Feed(Toys(), sampler, 4, seed=2) for _ in range(2))
        two.at(5000)
        assert all(map(torch.equal, one.at(1024), two.at(1024)))


def test_the_global_generators_have_no_part_in_it():
    numpy_before, torch_before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    feed().at(2)
    assert np.array_equal(numpy_before, np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(torch_before, torch.get_rng_state())


def test_every_seed_step_and_rank_has_a_batch_of_its_own():
    steps = (0, 1, 1023, 1024, 1025, 5000)
    batches = {
        tuple(rows(given, step))
        for seed, rank in product(range(4), range(4))
        for given in [feed(seed=seed, rank=rank)]
        for step in steps
    }
    assert len(batches) == 4 * 4 * len(steps)


def test_no_stream_is_a_shifted_copy_of_another():
    """No 8 observations in a row come twice: by chance with probability 3e-12 for all streams together."""
    places = [(seed, rank, start) for seed, rank in product(range(3), range(3)) for start in (0, BLOCK, 5 * BLOCK)]
    seen = set()
    for seed, rank, start in places:
        drawn = stream(256, seed=seed, rank=rank, start=start)
        seen |= {tuple(window) for window in np.lib.stride_tricks.sliding_window_view(drawn, 8)}
    assert len(seen) == len(places) * (256 * 8 - 7)


@pytest.mark.parametrize("along", ["step", "rank", "seed"])
def test_observations_are_uniform_over_many(along):
    if along == "step":
        drawn = stream(2 * BLOCK + 10)
    else:
        drawn = np.concatenate([rows(feed(batch_size=64, **{along: value}), 0) for value in range(100)])
    assert is_uniform(drawn // 8, 48)


def test_neighbouring_updates_are_independent_within_a_block_and_across_its_end():
    drawn = stream(2 * BLOCK).reshape(-1, 8) // 96  # four classes of equal size
    assert is_uniform(4 * drawn[1:] + drawn[:-1], 16)
    ends = []
    for seed in range(60):
        given = feed(seed=seed, batch_size=32)
        last, first = (np.array(rows(given, step)) // 96 for step in (BLOCK - 1, BLOCK))
        ends.append(4 * last + first)
    assert is_uniform(np.concatenate(ends), 16)


def test_a_batch_has_the_type_of_its_sampler_and_images_of_its_rows():
    batch = feed().at(3)
    assert isinstance(batch, Labelled)
    assert (batch.images.shape, batch.images.dtype) == ((8, 1, 64, 64), torch.float32)
    assert (batch.labels.shape, batch.labels.dtype) == ((8, 5), torch.int64)
    observed = DATA.images(np.array(rows(feed(), 3)))
    assert torch.equal(batch.images, torch.from_numpy(observed).float() / 255)
    assert isinstance(Feed(DATA, IndependentImages(), 8, seed=0).at(3), Images)


def test_the_draws_are_those_that_earlier_runs_were_trained_on():
    """Pinned: rows that change change every training."""
    assert rows(feed(batch_size=4), 0) == [332, 150, 145, 362]
    assert rows(feed(seed=3, rank=1, batch_size=4), 1030) == [172, 206, 264, 60]


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, True])
def test_a_batch_holds_something(batch_size):
    with refused(SettingError, "batch_size", expected="at least 1", got=batch_size):
        feed(batch_size=batch_size)


@pytest.mark.parametrize("step", [-1, -1024, -5000])
def test_no_update_comes_before_the_first(step):
    given = feed()
    for _ in range(2):  # of a new feed, and of one that has drawn
        with refused(SettingError, "step", expected="at least 0", got=step):
            given.at(step)
        given.at(0)


@pytest.mark.parametrize("name", ["seed", "rank"])
def test_seeds_and_ranks_are_whole_numbers(name):
    for value in (-1, 0.5):
        with refused(SettingError, name, expected="at least 0", got=value):
            feed(**{name: value}).at(0)
