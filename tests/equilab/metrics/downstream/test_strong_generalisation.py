"""Strong generalisation: what is held out, and codes that carry over to it or do not."""

import numpy as np
import pytest

from equilab.errors import DataError, SettingError
from equilab.metrics import CodeTable, StrongGeneralisation
from equilab.metrics.downstream.held_out import held_out_combinations
from tests.refused import refused

SIZES = (3, 4)
FACTORS = np.stack(np.unravel_index(np.arange(240) % 12, SIZES), axis=1)
SPLITS = ("composition", "interpolation", "extrapolation", "single_value")
QUICK = StrongGeneralisation(num_train=120, num_test=150)
pytestmark = pytest.mark.usefixtures("single_trees")


def score(codes: np.ndarray, *, factors: np.ndarray = FACTORS, metric: StrongGeneralisation = QUICK, seed: int = 0):
    return metric(CodeTable(codes, factors), rng=np.random.default_rng(seed))


def held_out(split, target: int, shifted: int, *, share: float = 0.3, seed: int = 0) -> np.ndarray:
    return held_out_combinations(split, target, shifted, share, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(5))
def test_composition_shows_every_value_and_holds_out_about_the_share(seed):
    for sizes in ((2, 2), (3, 40), (6, 10)):
        mask = held_out("composition", *sizes, seed=seed)
        assert mask.any()
        assert not mask.all(axis=0).any()
        assert not mask.all(axis=1).any()
    assert held_out("composition", 40, 40, seed=seed).mean() == pytest.approx(0.3, abs=0.02)


def test_composition_draws_other_combinations_with_another_generator():
    assert (held_out("composition", 6, 6) != held_out("composition", 6, 6, seed=1)).any()


def test_interpolation_holds_out_the_middle_and_extrapolation_the_end():
    assert held_out("interpolation", 2, 10).tolist() == 2 * [[False] * 4 + [True] * 3 + [False] * 3]
    assert held_out("extrapolation", 2, 10).tolist() == 2 * [[False] * 7 + [True] * 3]
    assert held_out("interpolation", 1, 3).tolist() == [[False, True, False]]
    assert held_out("extrapolation", 1, 2).tolist() == [[False, True]]
    for num in range(3, 12):
        for share in (0.01, 0.5, 0.99):
            row = held_out("interpolation", 1, num, share=share)[0]
            assert row.any()
            assert not row[0]
            assert not row[-1]
            assert not held_out("extrapolation", 1, num, share=share)[0, 0]


def test_a_single_value_is_shown():
    assert (~held_out("single_value", 3, 7)).sum(axis=1).tolist() == [1, 1, 1]


def test_nothing_lies_between_two_values():
    assert held_out("interpolation", 5, 2) is None


@pytest.mark.parametrize("split", SPLITS)
def test_a_perfect_code_carries_over_to_what_was_held_out(split):
    found = score(FACTORS.astype(float), metric=StrongGeneralisation((split,), num_train=120, num_test=150))
    assert found.value > 0.99
    assert abs(found.parts[-1].value) < 0.01


@pytest.mark.parametrize("split", SPLITS)
def test_a_code_of_the_combination_carries_nothing_over(split):
    """One number for each combination, in a random order: seen ones are known by heart, others guessed."""
    number = np.random.default_rng(3).permutation(12)[np.arange(240) % 12] + 0.0
    found = score(number[:, None], metric=StrongGeneralisation((split,), num_train=300, num_test=300))
    parts = {part.name.removeprefix("strong_generalisation_"): part.value for part in found.parts}
    assert parts["seen"] > 0.97
    assert found.value < 0.7
    assert parts["gap"] == pytest.approx(parts["seen"] - found.value)
    assert parts[split] == found.value


def test_noise_scores_no_better_than_chance():
    found = score(np.random.default_rng(0).standard_normal((240, 3)))
    assert 0.05 < found.value < 0.4


def test_the_score_of_several_splits_is_their_mean():
    codes = FACTORS @ np.array([[1.0, 0.4], [0.3, 1.0]]) + 0.3 * np.random.default_rng(0).standard_normal((240, 2))
    found = score(codes, metric=StrongGeneralisation(SPLITS[:2], num_train=100, num_test=100))
    parts = {part.name: part for part in found.parts}
    single = [parts[f"strong_generalisation_{split}"] for split in SPLITS[:2]]
    assert found.value == pytest.approx(np.mean([part.value for part in single]))
    np.testing.assert_allclose(found.matrix, np.mean([part.matrix for part in single], axis=0))
    assert list(found.per_factor.values()) == pytest.approx(found.matrix.sum(axis=1).tolist())
    assert parts["strong_generalisation_gap"].better == "down"


def test_pairs_that_no_split_can_be_made_of_are_in_no_mean():
    factors = np.stack(np.unravel_index(np.arange(240) % 8, (2, 4)), axis=1)
    found = score(factors.astype(float), factors=factors, metric=StrongGeneralisation(("interpolation",), 0.3, 90, 90))
    assert found.matrix.tolist() == [[0, 1], [0, 0]]  # of the two values of the first factor none lies between
    assert found.value == 1
    assert found.per_factor == {"factor0": 1, "factor1": 0}


def test_seen_combinations_are_scored_on_observations_that_nothing_was_fitted_to():
    """Every row has a code of its own that says nothing: trees know the rows they have seen, and only those."""
    factors = np.stack(np.unravel_index(np.arange(80) % 4, (2, 2)), axis=1)
    codes = np.random.default_rng(0).permutation(80)[:, None] / 80
    found = [
        score(codes, factors=factors, metric=StrongGeneralisation(num_train=400, num_test=200), seed=seed).parts[-2]
        for seed in range(3)
    ]
    assert {part.name for part in found} == {"strong_generalisation_seen"}
    assert np.mean([part.value for part in found]) < 0.75


def test_what_cannot_be_held_out_is_refused():
    with refused(DataError, "factors", expected="at least two that vary", got="one: factor0"):
        score(np.zeros((4, 1)), factors=np.arange(4)[:, None])
    got, few = "1 observations to show, 1 held out", CodeTable(np.zeros((2, 1)), np.array([[0, 0], [1, 1]]))
    with refused(DataError, "factors", expected="factor0, factor1", got=got, hint="more observations"):
        QUICK.score(few, few.blocks(), np.random.default_rng(0))
    pairs = np.stack(np.unravel_index(np.arange(8) % 4, (2, 2)), axis=1)
    with refused(DataError, "factors", expected="3 values or more, for interpolation", got="at most 2"):
        score(np.zeros((8, 1)), factors=pairs, metric=StrongGeneralisation(("interpolation",)))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"splits": ()}, "composition, interpolation"),
        ({"share": 0.0}, "more than 0 and less than 1"),
        ({"share": 1.0}, "more than 0 and less than 1"),
        ({"num_train": 0}, "at least 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, expected):
    ((name, value),) = settings.items()
    with refused(SettingError, name, expected=expected, got=value):
        StrongGeneralisation(**settings)
