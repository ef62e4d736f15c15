"""Pairs share exactly the factors that they say; the other factors are drawn independently."""

from itertools import combinations

import numpy as np
import pytest

from equilab.data import MiniSprites, PairsSharing, RotatedDigits
from equilab.data.sampling.pairs import partners
from equilab.errors import DataError, SettingError
from tests.equilab.data.sampling.sampling_cases import Toys, is_uniform
from tests.refused import refused

GRID = MiniSprites(scales=1, orientations=3, positions=2)  # sizes 3, 1, 3, 2, 2: four factors vary
VARYING = [0, 2, 3, 4]
CONSTANT = 1


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def drawn(data, num_shared, num: int = 20_000):
    """Labels of both observations, and which factors are shared."""
    draw = PairsSharing(num_shared, known=True).draw(data, num, rng())
    return data.labels(draw.rows["images"]), data.labels(draw.rows["second"]), draw.facts["shared"]


@pytest.mark.parametrize("num_shared", [0, 1, 2, 3])
def test_exactly_as_many_varying_factors_are_chosen_as_are_asked_for(num_shared):
    first, second, shared = drawn(GRID, num_shared)
    assert (shared[:, VARYING].sum(1) == num_shared).all()
    assert shared[:, CONSTANT].all()
    assert (first == second)[shared].all()


@pytest.mark.parametrize("num_shared", [1, 2, 3])
def test_which_factors_are_shared_is_uniform(num_shared):
    _, _, shared = drawn(GRID, num_shared)
    subsets = list(combinations(range(4), num_shared))
    places = [subsets.index(tuple(np.flatnonzero(row))) for row in shared[:, VARYING]]
    assert is_uniform(np.array(places), len(subsets))


@pytest.mark.parametrize("num_shared", [0, 1, None])
def test_the_other_factors_are_drawn_independently_and_may_happen_to_be_equal(num_shared):
    """Fails for a second value that is never the first one."""
    first, second, shared = drawn(GRID, num_shared)
    for factor in VARYING:
        size, own = GRID.factors.sizes[factor], ~shared[:, factor]
        assert is_uniform(size * first[own, factor] + second[own, factor], size**2)
    unshared = ~shared[:, [2, 4]].any(1)
    assert is_uniform(2 * second[unshared, 2] + second[unshared, 4], 6)


def test_an_unknown_number_is_uniform_from_one_to_all_but_one():
    _, _, shared = drawn(GRID, None)
    assert is_uniform(shared[:, VARYING].sum(1) - 1, 3)


def test_the_batch_says_which_factors_are_shared_only_where_that_is_known():
    known, hidden = (PairsSharing(2, known=known).draw(GRID, 50, rng()) for known in (True, False))
    assert known.facts["shared"].dtype == bool
    assert hidden.facts == {}
    assert all(np.array_equal(known.rows[name], hidden.rows[name]) for name in known.rows)


@pytest.mark.parametrize("data", [GRID, Toys()], ids=["grid", "toys"])
def test_partners_are_uniform_among_the_observations_that_agree(data):
    """Against a loop over all observations, for every observation of a few and every choice of shared factors."""
    everything, num = data.labels(np.arange(len(data))), 3000
    masks = np.array(np.meshgrid(*[[False, True]] * data.factors.num)).reshape(data.factors.num, -1).T
    for row in (0, 7, len(data) - 1):
        for mask in masks:
            found = partners(data, np.full(num, row), np.tile(mask, (num, 1)), rng(row))
            agree = [other for other in range(len(data)) if (everything[other] == everything[row])[mask].all()]
            assert set(found) <= set(agree)
            assert is_uniform(np.searchsorted(agree, found), len(agree)) or len(agree) == 1


def test_partners_of_many_rows_and_masks_agree_each_with_its_own():
    data = Toys()
    rows, shared = rng().integers(len(data), size=2000), rng(1).integers(2, size=(2000, 4)).astype(bool)
    first, second = data.labels(rows), data.labels(partners(data, rows, shared, rng(2)))
    assert (first == second)[shared].all()
    assert 0 < (first == second)[~shared].mean() < 1


def test_of_no_grid_pairs_share_what_they_say_too():
    first, second, shared = drawn(Toys(), 2, num=3000)
    assert (first == second)[shared].all()
    assert (shared[:, [0, 2, 3]].sum(1) == 2).all()
    assert shared[:, 1].all()


def test_a_data_set_with_too_few_factors_that_vary_is_refused():
    with refused(DataError, "data", expected="more than 4 factors", got="shape, orientation, posX, posY"):
        PairsSharing(4).draw(GRID, 5, rng())
    for num_shared in (None, 0, 1):
        with refused(DataError, "data", expected="more than 1 factors", got="digit"):
            PairsSharing(num_shared).draw(RotatedDigits(num_train=50), 5, rng())
    still = MiniSprites(shapes=1, scales=1, orientations=1, positions=1)
    with refused(DataError, "data", got="none"):
        PairsSharing().draw(still, 5, rng())


@pytest.mark.parametrize("num_shared", [-1, 1.0, True, "2"])
def test_a_number_that_makes_no_sense_is_refused(num_shared):
    with refused(SettingError, "num_shared", expected="at least 0", got=num_shared):
        PairsSharing(num_shared)
