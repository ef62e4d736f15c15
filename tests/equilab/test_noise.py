"""Counter-based noise: a function of (seed, purpose, rank, update), whatever was drawn before."""

from itertools import product

import numpy as np
import pytest
import torch

from equilab.errors import SettingError
from equilab.noise import GeneratorNoise, StreamNoise, numpy_stream, stream_key, torch_stream, updates_at_once
from tests.refused import refused

LIKE = torch.zeros(1)


def two_draws(stream: StreamNoise, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    noise = stream.at(step)
    return noise.normal(4, 3, like=LIKE), noise.normal(4, 3, like=LIKE)


@pytest.mark.parametrize("step", [0, 1, 1023, 1024, 5000])
def test_a_draw_does_not_depend_on_what_was_drawn_before(step):
    used = StreamNoise(3)
    for other in (step + 1, 0, 2048, step + 7):
        two_draws(used, other)
    assert all(map(torch.equal, two_draws(used, step), two_draws(StreamNoise(3), step)))


def test_draws_of_one_update_updates_seeds_ranks_and_kinds_differ():
    first, second = two_draws(StreamNoise(0), 0)
    others = [
        second,
        two_draws(StreamNoise(0), 1)[0],
        two_draws(StreamNoise(0), 1024)[0],
        two_draws(StreamNoise(1), 0)[0],
        two_draws(StreamNoise(0, rank=1), 0)[0],
    ]
    assert not any(torch.equal(first, other) for other in others)
    assert not torch.equal(StreamNoise(0).at(0).uniform(4, 3, like=LIKE), first)


def test_numbers_follow_their_laws():
    normal = torch.stack([StreamNoise(0).at(step).normal(1000, like=LIKE) for step in range(0, 3000, 100)])
    assert abs(normal.mean().item()) < 4 / 30_000**0.5
    assert normal.var().item() == pytest.approx(1, abs=4 * (2 / 30_000) ** 0.5)
    assert abs(torch.corrcoef(normal[:2])[0, 1].item()) < 4 / 1000**0.5
    uniform = StreamNoise(0).at(5).uniform(30_000, like=LIKE)
    assert 0 <= uniform.min() <= uniform.max() < 1
    assert uniform.mean().item() == pytest.approx(0.5, abs=4 / (12 * 30_000) ** 0.5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_precisions_get_the_same_numbers(dtype):
    like = torch.zeros(1, dtype=dtype)
    for noise in (StreamNoise(0).at(3), GeneratorNoise(torch.Generator().manual_seed(0))):
        assert noise.normal(5, like=like).dtype == dtype
    assert torch.equal(StreamNoise(0).at(3).normal(5, like=like).float(), StreamNoise(0).at(3).normal(5, like=LIKE))


def test_a_large_draw_is_made_for_few_updates_at_a_time():
    assert updates_at_once(64 * 10) == 1024
    assert updates_at_once(64 * 4096) == 16
    noise = StreamNoise(0)
    noise.at(17).normal(64, 4096, like=LIKE)
    assert sum(numbers.numel() for _, numbers in noise._blocks.values()) <= 2**22


def test_noise_of_a_generator_is_that_of_torch():
    noise = GeneratorNoise(torch.Generator().manual_seed(4))
    expected = torch.Generator().manual_seed(4)
    assert torch.equal(noise.normal(3, 2, like=LIKE), torch.randn(3, 2, generator=expected))
    assert torch.equal(noise.uniform(5, like=LIKE), torch.rand(5, generator=expected))


def test_keys_are_the_same_on_every_machine_and_version():
    """Pinned: a key that changes changes every training."""
    assert stream_key(0, "model") == 6253559076353073775
    assert stream_key(7, "batches", rank=1, index=3) == 4386710354685099991
    places = product(range(5), "ab", range(3), range(50))
    assert len({stream_key(seed, word, rank=rank, index=index) for seed, word, rank, index in places}) == 1500


@pytest.mark.parametrize("seed", [-1, 0.5, True, "0"])
def test_a_seed_is_a_whole_number(seed):
    for make in (stream_key, numpy_stream, torch_stream):
        with refused(SettingError, "seed", got=seed):
            make(seed, "model")


def test_streams_of_numpy_are_reproducible():
    assert np.array_equal(numpy_stream(1, "a", index=2).random(3), numpy_stream(1, "a", index=2).random(3))
    assert not np.array_equal(numpy_stream(1, "a").random(3), numpy_stream(1, "b").random(3))


def test_noise_that_is_kept_stays_that_of_its_update():
    stream = StreamNoise(0)
    kept = stream.at(3)
    stream.at(4).normal(4, 3, like=LIKE)
    assert torch.equal(kept.normal(4, 3, like=LIKE), two_draws(StreamNoise(0), 3)[0])
