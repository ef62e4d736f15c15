"""The feed is a pure function, uniform, and different for every seed, update and process."""

from itertools import product

import numpy as np
import pytest

from equilab.data import batch_indices
from equilab.errors import SettingError
from tests.refused import refused


def test_the_same_arguments_give_the_same_indices_in_any_order():
    forwards = [batch_indices(1000, 8, seed=1, step=step).tolist() for step in range(20)]
    backwards = [batch_indices(1000, 8, seed=1, step=step).tolist() for step in reversed(range(20))]
    assert forwards == backwards[::-1]


def test_the_global_generator_has_no_part_in_it():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    batch_indices(1000, 8, seed=1, step=2)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_every_seed_step_and_rank_has_a_batch_of_its_own():
    places = list(product(range(5), range(20), range(3)))
    batches = {tuple(batch_indices(2**40, 64, seed=seed, step=step, rank=rank)) for seed, step, rank in places}
    assert len(batches) == len(places)
    assert len(set().union(*batches)) > 0.999 * 64 * len(places)  # and no stream is a shifted copy of another


def test_a_long_batch_begins_like_a_short_one():
    assert batch_indices(1000, 64, seed=1, step=2)[:8].tolist() == batch_indices(1000, 8, seed=1, step=2).tolist()


@pytest.mark.parametrize("along", ["step", "rank", "seed"])
def test_indices_are_uniform_over_many(along):
    places = [{"seed": 0, "step": 0, "rank": 0} | {along: value} for value in range(1000)]
    drawn = np.concatenate([batch_indices(50, 64, **place) for place in places])
    counts = np.bincount(drawn, minlength=50)
    statistic = ((counts - 1280) ** 2 / 1280).sum()  # chi-square with 49 degrees of freedom
    assert 49 - 5 * 98**0.5 < statistic < 49 + 5 * 98**0.5


def test_neighbouring_updates_are_independent():
    pairs = [
        4 * batch_indices(4, 64, seed=0, step=step) + batch_indices(4, 64, seed=0, step=step + 1) for step in range(500)
    ]
    statistic = ((np.bincount(np.concatenate(pairs), minlength=16) - 2000) ** 2 / 2000).sum()  # 15 degrees of freedom
    assert 0 < statistic < 15 + 5 * 30**0.5


def test_the_draws_are_those_that_earlier_runs_were_trained_on():
    assert batch_indices(737_280, 4, seed=0, step=0).tolist() == [25614, 8513, 451178, 178089]
    assert batch_indices(737_280, 4, seed=3, step=5, rank=1).tolist() == [335119, 25431, 369641, 275464]


def test_one_observation_is_drawn_again_and_again():
    assert batch_indices(1, 5, seed=0, step=0).tolist() == [0] * 5


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        ("num_observations", 0, "at least 1"),
        ("batch_size", 0, "at least 1"),
        ("seed", -1, "0 to 2**128 - 1"),
        ("step", -1, "0 to 2**64 - 1"),
        ("rank", 2**64, "0 to 2**64 - 1"),
    ],
)
def test_arguments_out_of_range_are_named(argument, value, expected):
    arguments = {"num_observations": 10, "batch_size": 2, "seed": 0, "step": 0, "rank": 0} | {argument: value}
    with refused(SettingError, argument, expected=expected, got=value):
        batch_indices(**arguments)
