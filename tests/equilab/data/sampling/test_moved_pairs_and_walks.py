"""Pairs and walks moved by a known group element: labels, uniformity, ends, and steps to what was never observed."""

import numpy as np
import pytest
import torch

from equilab.data import Feed, MiniSprites, MovedPairs, RotatedDigits, TorusSquare, Walks
from equilab.errors import DataError, SettingError
from tests.equilab.data.sampling.sampling_cases import Toys, is_uniform
from tests.refused import refused

TORUS = TorusSquare(size=16, side=4, positions=4)
GRID = MiniSprites(scales=1, orientations=5, positions=3)  # sizes 3, 1, 5, 3, 3: orientation alone is cyclic
ORIENTATION = 2


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def pairs(data, factors: tuple[str, ...] = (), num: int = 20_000):
    """Labels of x and of g x, and g."""
    draw = MovedPairs(factors).draw(data, num, rng())
    return data.labels(draw.rows["images"]), data.labels(draw.rows["moved"]), draw.facts["g"]


def test_the_moved_observation_shows_the_factors_after_g():
    first, moved, g = pairs(TORUS)
    assert np.array_equal(moved, (first + g) % 4)
    assert g.dtype == np.int64
    first, moved, g = pairs(GRID)
    assert g.shape == (20_000, 1)
    expected = first.copy()
    expected[:, ORIENTATION] = GRID.factors["orientation"].act(first[:, ORIENTATION], g[:, 0])
    assert np.array_equal(moved, expected)


def test_g_is_uniform_over_the_group_whatever_the_observation():
    first, _, g = pairs(TORUS)
    assert is_uniform(4 * g[:, 0] + g[:, 1], 16)
    assert is_uniform(4 * first[:, 0] + g[:, 0], 16)
    assert is_uniform(5 * pairs(GRID)[0][:, ORIENTATION] + pairs(GRID)[2][:, 0], 25)


def test_a_group_element_is_a_shift_of_the_pixels():
    """8 pixels to the right and 4 down for g = (2, 1), cyclically."""
    batch = Feed(TORUS, MovedPairs(), batch_size=64, seed=0).at(0)
    shifted = [
        torch.roll(image, (4 * y, 4 * x), (1, 2)) for image, (x, y) in zip(batch.images, batch.g.tolist(), strict=True)
    ]
    assert torch.equal(torch.stack(shifted), batch.moved)


@pytest.mark.parametrize(("factors", "columns"), [(("y",), [1]), (("y", "x"), [1, 0])])
def test_named_factors_move_in_the_order_of_their_names(factors, columns):
    first, moved, g = pairs(TORUS, factors)
    assert g.shape[1] == len(columns)
    expected = first.copy()
    expected[:, columns] = (first[:, columns] + g) % 4
    assert np.array_equal(moved, expected)


def test_where_the_moved_combination_was_never_observed_g_is_the_identity():
    data = Toys()
    draw = MovedPairs().draw(data, 5000, rng())
    first, moved, g = (data.labels(draw.rows["images"]), data.labels(draw.rows["moved"]), draw.facts["g"])
    assert np.array_equal(moved[:, 2], (first[:, 2] + g[:, 0]) % 4)
    assert np.array_equal(moved[:, [0, 1, 3]], first[:, [0, 1, 3]])
    seen = {tuple(row) for row in data.labels(np.arange(len(data)))}
    for row in np.unique(first, axis=0):
        own, possible = (
            (first == row).all(1),
            [k for k in range(4) if (row[0], row[1], (row[2] + k) % 4, row[3]) in seen],
        )
        counts = np.bincount(g[own, 0], minlength=4) / own.sum()
        expected = [(k in possible) / 4 + (k == 0) * (4 - len(possible)) / 4 for k in range(4)]
        assert np.abs(counts - expected).max() < 5 * 0.5 / own.sum() ** 0.5
    stayed = (g == 0).all(1) & (draw.rows["images"] == draw.rows["moved"])
    assert stayed.any()


def walk(data, num: int = 5000, **settings):
    """Labels (walk, time, factor) and actions (walk, time - 1, factor)."""
    draw = Walks(**settings).draw(data, num, rng())
    rows = draw.rows["images"]
    return data.labels(rows.reshape(-1)).reshape(*rows.shape, -1), draw.facts["actions"]


def test_actions_are_the_differences_of_neighbouring_observations():
    """Modulo the order of a cyclic factor, plainly of any other."""
    labels, actions = walk(GRID, length=5, max_step=2)
    assert labels.shape == (5000, 5, 5)
    assert actions.shape == (5000, 4, 5)
    steps = labels[:, 1:] - labels[:, :-1]
    assert np.array_equal(steps[..., ORIENTATION] % 5, actions[..., ORIENTATION] % 5)
    others = [0, 1, 3, 4]
    assert np.array_equal(steps[..., others], actions[..., others])


@pytest.mark.parametrize("max_step", [1, 2])
def test_steps_of_a_cyclic_factor_are_uniform_and_independent_of_the_walk_so_far(max_step):
    labels, actions = walk(TORUS, length=3, max_step=max_step, num=20_000)
    width = 2 * max_step + 1
    assert np.abs(actions).max() == max_step
    assert is_uniform(width * (actions[:, 0, 0] + max_step) + actions[:, 1, 0] + max_step, width**2)
    assert is_uniform(width * (actions[:, 1, 0] + max_step) + actions[:, 1, 1] + max_step, width**2)
    assert is_uniform(width * labels[:, 1, 0] + actions[:, 1, 0] + max_step, 4 * width)


def test_a_factor_that_does_not_wrap_stops_at_its_ends():
    labels, actions = walk(GRID, length=2, max_step=1, num=20_000)
    start, action = labels[:, 0, 3], actions[:, 0, 3]
    shares = [[np.mean(action[start == value] == step) for step in (-1, 0, 1)] for value in (0, 1, 2)]
    expected = [[0, 2 / 3, 1 / 3], [1 / 3, 1 / 3, 1 / 3], [1 / 3, 2 / 3, 0]]
    assert np.abs(np.array(shares) - expected).max() < 5 * 0.5 / (20_000 / 3) ** 0.5
    assert shares[0][0] == shares[2][2] == 0


def test_only_named_factors_move():
    labels, actions = walk(GRID, factors=("posX", "orientation"))
    assert not actions[..., [0, 1, 4]].any()
    assert actions[..., [2, 3]].any((0, 1)).all()
    assert (labels[:, :1] == labels)[..., [0, 1, 4]].all()


def test_a_step_to_what_was_never_observed_is_not_made():
    data = Toys()
    labels, actions = walk(data, length=4)
    steps = labels[:, 1:] - labels[:, :-1]
    assert np.array_equal(steps[..., 2] % 4, actions[..., 2] % 4)
    assert np.array_equal(steps[..., [0, 1, 3]], actions[..., [0, 1, 3]])
    rows = Walks(length=4).draw(data, 5000, rng()).rows["images"]
    assert not actions[rows[:, 1:] == rows[:, :-1]].any()
    _, all_made = walk(MiniSprites(scales=1, positions=3), length=4, factors=("shape", "orientation", "posX"))
    assert still(actions) > still(all_made) + 0.1  # of two grids of one size, a third of the first was never observed


def still(actions: np.ndarray) -> float:
    """The share of steps that move no factor."""
    return float((actions == 0).all(-1).mean())


def test_a_walk_is_a_batch_of_sequences_of_images():
    batch = Feed(TORUS, Walks(length=3), batch_size=5, seed=0).at(2)
    assert (batch.images.shape, batch.actions.shape) == ((5, 3, 1, 16, 16), (5, 2, 2))
    for sequence, actions in zip(batch.images, batch.actions.tolist(), strict=True):
        for before, after, (x, y) in zip(sequence[:-1], sequence[1:], actions, strict=True):
            assert torch.equal(torch.roll(before, (4 * y, 4 * x), (1, 2)), after)


@pytest.mark.parametrize(("name", "value", "least"), [("length", 1, 2), ("max_step", 0, 1), ("length", True, 2)])
def test_a_walk_without_steps_is_refused(name, value, least):
    with refused(SettingError, name, expected=f"at least {least}", got=value):
        Walks(**{name: value})


def test_factors_that_cannot_move_are_refused():
    with refused(DataError, "data", expected="at least one cyclic factor", got="digit"):
        MovedPairs().draw(RotatedDigits(num_train=50), 5, rng())
    with refused(DataError, "factors", expected="cyclic group acts", got="posX"):
        MovedPairs(("orientation", "posX")).draw(GRID, 5, rng())
    still = MiniSprites(shapes=1, scales=1, orientations=1, positions=1)
    with refused(DataError, "data", expected="at least one varying factor"):
        Walks().draw(still, 5, rng())


@pytest.mark.parametrize("sampler", [MovedPairs, Walks])
def test_factors_that_do_not_exist_or_stand_twice_are_refused(sampler):
    with refused(SettingError, "factor", got="'orientatio'", hint="did you mean orientation?"):
        sampler(factors=("orientatio",)).draw(GRID, 5, rng())
    with refused(DataError, "factors", expected="different factors", got="x, y, x"):
        sampler(factors=("x", "y", "x")).draw(TORUS, 5, rng())
