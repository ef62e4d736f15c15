"""The table of codes: its samples against the definition, and what each unusable input is told."""

import numpy as np
import pytest

from equilab.errors import DataError, ShapeError
from equilab.metrics import CodeTable
from tests.refused import refused
from tests.tables import gaussian_table


def grid(*sizes: int) -> np.ndarray:
    return np.stack(np.unravel_index(np.arange(np.prod(sizes)), sizes), axis=1)


def uneven_table() -> CodeTable:
    """Factor 0 shows the value 5 nine times as often as -70000, with factor 1 unlike within each."""
    factors = np.array([[5, row % 3] for row in range(90)] + [[-70_000, row % 5] for row in range(10)])
    return CodeTable(np.arange(100.0)[:, None], np.random.default_rng(0).permutation(factors))


@pytest.mark.parametrize("factor", [0, 1])
def test_rows_of_a_group_show_one_value(factor):
    table = uneven_table()
    shown = table.factors[table.sample_fixed(factor, groups=500, size=7, rng=np.random.default_rng(0)), factor]
    assert (shown == shown[:, :1]).all()


def test_the_fixed_value_is_uniform_over_those_present_however_many_rows_show_it():
    table, rng = uneven_table(), np.random.default_rng(0)
    rows = table.sample_fixed(0, groups=20_000, size=1, rng=rng)[:, 0]
    assert (table.factors[rows, 0] == 5).mean() == pytest.approx(0.5, abs=0.015)  # 4 standard errors
    by_row = table.factors[table.sample(20_000, rng), 0]  # the broken version: a row's own value
    assert (by_row == 5).mean() > 0.85


def test_rows_are_uniform_among_those_that_show_the_value():
    table = uneven_table()
    rows = table.sample_fixed(0, groups=2, size=1, rng=np.random.default_rng(0))
    assert rows.shape == (2, 1)
    drawn = np.bincount(table.sample_fixed(0, groups=40, size=5_000, rng=np.random.default_rng(1)).ravel())
    for value in (5, -70_000):
        counts = drawn[table.factors[:, 0] == value]
        assert counts.min() > 0
        assert counts.std() / counts.mean() < 0.1


def test_on_a_grid_the_other_factors_stay_uniform_and_independent():
    table = CodeTable(np.zeros((60, 1)), grid(3, 4, 5))
    rows = table.sample_fixed(1, groups=3, size=40_000, rng=np.random.default_rng(0))
    for group in rows:
        joint = np.zeros((3, 5))
        np.add.at(joint, (table.factors[group, 0], table.factors[group, 2]), 1 / len(group))
        np.testing.assert_allclose(joint, 1 / 15, atol=0.006)  # 4 standard errors


def test_the_rows_of_every_value_are_found():
    table = uneven_table()
    for factor in (0, 1):
        drawn = table.sample_fixed(factor, groups=60, size=400, rng=np.random.default_rng(2))
        assert set(drawn.ravel()) == set(range(100))


def test_a_factor_with_one_value_is_not_scored():
    table = CodeTable(np.zeros((12, 1)), grid(1, 3, 1, 4), ("color", "shape", "light", "x"))
    assert table.scored == (1, 3)
    assert table.scored_names == ("shape", "x")


def test_codes_in_float32_are_kept_without_a_copy():
    codes = np.zeros((12, 2), np.float32)
    assert CodeTable(codes, grid(3, 4)).codes is codes


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.float32])
def test_factors_may_have_any_integer_type_and_be_written_as_floats(dtype):
    factors = (grid(3, 4) * 40).astype(dtype)
    table = CodeTable(np.zeros((12, 1)), factors)
    rows = table.sample_fixed(1, groups=400, size=1, rng=np.random.default_rng(0))
    assert np.issubdtype(table.factors.dtype, np.integer)
    assert set(table.factors[rows[:, 0], 1]) == {0, 40, 80, 120}


def test_half_precision_codes_become_single_precision():
    assert CodeTable(np.zeros((12, 1), np.float16), grid(3, 4)).codes.dtype == np.float32


FACTORS = grid(3, 4)
CODES = np.zeros((12, 2))
ENTRIES = np.arange(24).reshape(12, 2)


@pytest.mark.parametrize(
    ("codes", "factors", "names", "error", "argument", "facts"),
    [
        (CODES[:11], FACTORS, (), ShapeError, "codes, factors", {"got": "(11, 2) and (12, 2)"}),
        (CODES[:, 0], FACTORS, (), ShapeError, "codes, factors", {"got": "(12,) and (12, 2)"}),
        (CODES, FACTORS[:, 0], (), ShapeError, "codes, factors", {"got": "(12, 2) and (12,)"}),
        (CODES[:0], FACTORS[:0], (), ShapeError, "codes, factors", {"got": "(0, 2) and (0, 2)"}),
        (CODES[:, :0], FACTORS, (), ShapeError, "codes, factors", {"got": "(12, 0) and (12, 2)"}),
        (np.where(ENTRIES == 7, np.nan, 0), FACTORS, (), DataError, "codes[3, 1]", {"got": np.nan}),
        (np.where(ENTRIES == 8, -np.inf, 0), FACTORS, (), DataError, "codes[4, 0]", {"got": -np.inf}),
        (CODES.astype(complex), FACTORS, (), DataError, "codes", {"expected": "real", "got": "complex128"}),
        (CODES, FACTORS + 0.5, (), DataError, "factors", {"expected": "integers", "hint": "np.unique"}),
        (CODES, np.where(FACTORS == 1, np.nan, FACTORS), (), DataError, "factors", {"expected": "integers"}),
        (CODES, np.where(FACTORS == 1, np.inf, FACTORS), (), DataError, "factors", {"expected": "integers"}),
        (CODES, FACTORS, "ab", DataError, "factor_names", {"got": "the string 'ab'"}),
        (CODES, FACTORS.astype(str), (), DataError, "factors", {"expected": "integers"}),
        (CODES, FACTORS * 0, ("a", "b"), DataError, "factors", {"got": "one value of each of a, b"}),
        (CODES, FACTORS[:, :0], (), DataError, "factors", {"expected": "at least one that varies"}),
        (CODES, FACTORS, ("a",), ShapeError, "factor_names", {"expected": "2 names", "got": "1: a"}),
        (CODES, FACTORS, ("a", "a"), DataError, "factor_names", {"expected": "different", "got": "a, a"}),
    ],
)
def test_tables_that_cannot_be_scored_are_refused(codes, factors, names, error, argument, facts):
    with refused(error, argument, **facts):
        CodeTable(codes, factors, names)


def test_finite_codes_whose_sum_overflows_are_accepted():
    assert CodeTable(np.full((12, 1), 1e308), FACTORS).codes.max() == 1e308


def test_a_split_never_shows_one_observation_on_both_sides():
    table = CodeTable(np.arange(60.0)[:, None], grid(3, 4, 5))
    train, test = table.sample_split(1_000, 500, np.random.default_rng(0))
    assert (len(train), len(test)) == (40, 20)  # the table is smaller than the draws: each observation once
    assert sorted([*train, *test]) == list(range(60))
    large = CodeTable(np.arange(6_000.0)[:, None], np.tile(grid(3, 4, 5), (100, 1)))
    train, test = large.sample_split(1_000, 500, np.random.default_rng(0))
    assert (len(train), len(test), set(train) & set(test)) == (1_000, 500, set())
    assert len(set(train)) < 1_000  # with replacement


def test_sampled_codes_of_few_observations_are_fresh_at_every_draw_and_split_by_observation():
    """One frozen sample of each, drawn again and again, would tell an uninformative code's factors by heart."""
    table = gaussian_table(np.zeros((60, 3)), grid(3, 4, 5), 0.0)
    sampled = table.sampled(np.random.default_rng(0))
    assert len(np.unique(sampled.codes)) > 100_000
    train, test = sampled.sample_split(5_000, 2_000, np.random.default_rng(0))
    assert not set(train % 60) & set(test % 60)
    assert len(set(train)) > 3_000
    rows = sampled.sample(10_000, np.random.default_rng(1))
    assert abs(np.corrcoef(sampled.codes[rows, 0], sampled.factors[rows, 0])[0, 1]) < 0.05


def test_sampled_codes_have_the_mean_and_variance_of_the_posterior():
    table = gaussian_table([[3.0], [-1.0]], np.array([[0], [1]]), [[0.0], [np.log(4.0)]])
    sampled = table.sampled(np.random.default_rng(0))
    first, second = (sampled.codes[sampled.factors[:, 0] == value, 0] for value in (0, 1))
    assert (first.mean(), first.std()) == (pytest.approx(3, abs=0.03), pytest.approx(1, abs=0.02))
    assert (second.mean(), second.std()) == (pytest.approx(-1, abs=0.06), pytest.approx(2, abs=0.04))


def test_the_kl_is_that_of_the_formula():
    table = gaussian_table([[1.0], [3.0]], np.array([[0], [1]]), [[0.0], [1.0]])
    assert table.kl[0] == pytest.approx(0.5 * ((1 + 1 - 0 - 1) + (9 + np.e - 1 - 1)) / 2)


def test_a_grid_is_one_in_any_order_and_whole():
    rows = np.random.default_rng(0).permutation(60)
    table = CodeTable(np.arange(60.0)[rows, None], grid(3, 4, 5)[rows])
    assert table.is_grid
    np.testing.assert_array_equal(table.grid()[..., 0].ravel(), np.arange(60))
    part = CodeTable(np.zeros((59, 1)), grid(3, 4, 5)[1:])
    assert not part.is_grid
    with refused(DataError, "factors", got="59 observations and 1 combinations missing"):
        part.grid()
    twice = CodeTable(np.zeros((120, 1)), np.tile(grid(3, 4, 5), (2, 1)))
    assert twice.is_grid
    with refused(DataError, "factors", expected="exactly once", got="120 observations and 0 combinations missing"):
        twice.grid()
    with refused(
        DataError, "factors", got=f"50 observations and {50**100 - 50} combinations missing", hint="the whole grid"
    ):
        CodeTable(np.zeros((50, 1)), np.arange(100 * 50).reshape(50, 100)).grid()


@pytest.mark.parametrize(
    ("codes", "hint"),
    [
        (np.arange(12.0) * 1e200, "rescale it"),
        (np.arange(12.0) * 1e-200, "rescale it"),
        (np.arange(12.0) + 1e9, "subtract its mean"),
    ],
)
def test_numbers_that_single_precision_cannot_tell_apart_are_refused(codes, hint):
    with refused(DataError, "codes[:, 0]", hint=hint):
        CodeTable(codes[:, None], grid(3, 4))


def test_constants_of_any_size_and_large_offsets_that_float32_holds_are_taken():
    CodeTable(np.column_stack([np.full(12, 1e200), np.arange(12.0) + 1e5]), grid(3, 4))


def test_factors_beyond_64_bits_are_refused_not_made_one():
    with refused(DataError, "factors", expected="64 bits"):
        CodeTable(np.zeros((12, 1)), grid(3, 4) * 1e300)


def test_a_factor_with_a_value_of_its_own_for_an_observation_cannot_be_held_fixed():
    table = CodeTable(np.zeros((12, 1)), np.arange(12)[:, None], ("x",))
    with refused(DataError, "factors", expected="two or more", got="one observation of each value of x"):
        table.sample_fixed(0, groups=5, size=2, rng=np.random.default_rng(0))
