"""Factors: the flat index against numpy, the action of a group, uniform draws, and what the errors say."""

import numpy as np
import pytest

from equilab.data import Cyclic, DSprites, Factor, Factors
from equilab.errors import DataError, SettingError, ShapeError
from tests.refused import refused

FACTORS = Factors(
    (
        Factor("shape", (1.0, 2.0, 3.0)),
        Factor("orientation", (0.0, 90.0, 180.0, 270.0), "degrees", Cyclic(4, (4, 2, 1), "shape")),
        Factor("x", (0.0, 1.0)),
    )
)
TURN = DSprites().factors["orientation"]


def test_flat_indices_run_through_the_last_factor_fastest():
    combinations = np.stack(np.unravel_index(np.arange(24), (3, 4, 2)), axis=1)
    assert np.array_equal(FACTORS.from_index(np.arange(24)), combinations)
    assert np.array_equal(FACTORS.to_index(combinations), np.arange(24))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_indices_of_every_integer_type_come_out_as_int64(dtype):
    assert FACTORS.to_index(np.array([[2, 3, 1]], dtype)).dtype == np.int64
    assert FACTORS.from_index(np.array([23], dtype)).dtype == np.int64


def test_no_indices_give_no_factors():
    assert FACTORS.from_index(np.array([], np.int64)).shape == (0, 3)
    assert FACTORS.to_index(np.zeros((0, 3), np.int64)).shape == (0,)


def test_names_sizes_and_values_are_in_order():
    assert FACTORS.names == ("shape", "orientation", "x")
    assert FACTORS.sizes == (3, 4, 2)
    assert FACTORS.values[1] == (0.0, 90.0, 180.0, 270.0)
    assert (FACTORS.num, FACTORS.num_combinations) == (3, 24)
    assert [factor.name for factor in FACTORS] == ["shape", "orientation", "x"]


def test_sampled_factors_are_uniform_and_independent():
    counts = np.bincount(FACTORS.to_index(FACTORS.sample(24_000, np.random.default_rng(0))), minlength=24)
    statistic = ((counts - 1000) ** 2 / 1000).sum()  # chi-square with 23 degrees of freedom
    assert 23 - 5 * 46**0.5 < statistic < 23 + 5 * 46**0.5


def test_samples_come_from_the_generator_alone():
    first, second = (FACTORS.sample(50, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, FACTORS.sample(50, np.random.default_rng(8)))


def test_the_cyclic_group_acts():
    values = np.arange(39)
    assert np.array_equal(TURN.act(values, 0), values)
    assert np.array_equal(TURN.act(TURN.act(values, 5), 37), TURN.act(values, 42))
    assert np.array_equal(TURN.act(values, 39), values)
    assert np.array_equal(TURN.act(TURN.act(values, 11), -11), values)


def test_acting_adds_angles():
    angles = np.array(TURN.values)
    moved = angles[TURN.act(np.arange(39), 7)]
    assert np.allclose(np.exp(1j * moved), np.exp(1j * (angles[:39] + angles[7])))


def test_the_duplicate_end_point_counts_as_the_first_value():
    assert TURN.act(39, 3) == TURN.act(0, 3) == 3


def test_elements_and_indices_broadcast():
    assert TURN.act(np.arange(3)[:, None], np.arange(2)).tolist() == [[0, 1], [1, 2], [2, 3]]


def test_a_factor_that_does_not_wrap_refuses_a_group_element():
    with refused(DataError, "x", expected="a group acts on", got="one whose values do not wrap"):
        FACTORS["x"].act(0, 1)


def test_an_unknown_name_suggests_the_nearest():
    assert FACTORS["x"] is FACTORS.factors[2]
    expected = "shape, orientation, x"
    with refused(SettingError, "factor", expected=expected, got="'orientatoin'", hint="did you mean orientation?"):
        FACTORS["orientatoin"]
    with pytest.raises(SettingError) as caught:
        FACTORS["zzz"]
    assert (caught.value.argument, caught.value.got, caught.value.hint) == ("factor", "'zzz'", "")


@pytest.mark.parametrize(
    ("factors", "error", "argument", "expected", "got"),
    [
        ([[0, 4, 0]], DataError, "factors[0, 1]", "orientation from 0 to 3", 4),
        ([[0, 0, 0], [-1, 0, 0]], DataError, "factors[1, 0]", "shape from 0 to 2", -1),
        ([[0.0, 0.0, 0.0]], DataError, "factors", "integers", "float64"),
        ([[0, 0]], ShapeError, "factors", "(n, 3) for shape, orientation, x", (1, 2)),
        ([0, 0, 0], ShapeError, "factors", "(n, 3)", (3,)),
    ],
)
def test_factors_that_do_not_exist_are_named(factors, error, argument, expected, got):
    with refused(error, argument, expected=expected, got=got):
        FACTORS.to_index(np.array(factors))


@pytest.mark.parametrize(
    ("indices", "error", "expected", "got"),
    [
        ([0, 24], DataError, "0 to 23", "0 to 24"),
        ([-1], DataError, "0 to 23", "-1 to -1"),
        ([0.5], DataError, "integers", "float64"),
        ([[0]], ShapeError, "(n,)", (1, 1)),
    ],
)
def test_flat_indices_that_do_not_exist_are_named(indices, error, expected, got):
    with refused(error, "indices", expected=expected, got=got):
        FACTORS.from_index(np.array(indices))


def test_factors_that_make_no_sense_are_refused():
    with refused(SettingError, "values", expected="at least one value of x", got="none"):
        Factor("x", ())
    with refused(SettingError, "group", expected="1 to 2 for x", got=3):
        Factor("x", (0.0, 1.0), group=Cyclic(3))
    with refused(SettingError, "factors", expected="different names", got="x, x"):
        Factors((Factor("x", (0.0,)), Factor("x", (1.0,))))
    with refused(SettingError, "symmetry of turn", expected="2 orders", got=1):
        Factors((Factor("shape", (0.0, 1.0)), Factor("turn", (0.0, 1.0), group=Cyclic(2, (1,), "shape"))))
    with refused(SettingError, "factor", expected="shape, turn", got="'shpe'", hint="did you mean shape?"):
        Factors((Factor("shape", (0.0,)), Factor("turn", (0.0, 1.0), group=Cyclic(2, (1,), "shpe"))))


def test_a_group_moves_values_that_there_are_by_whole_steps():
    factor = Factor("angle", (0.0, 1.0, 2.0), group=Cyclic(3))
    for index in (3, -1, np.array([0, 7])):
        with refused(DataError, "index", expected="0 to 2"):
            factor.act(index, 1)
    for argument, arguments in (("index", (0.5, 1)), ("g", (0, 0.5)), ("g", (0, True))):
        with refused(DataError, argument, expected="integers"):
            factor.act(*arguments)


@pytest.mark.parametrize("n", [-1, 1.5, True])
def test_a_number_of_draws_is_a_count(n):
    with refused(SettingError, "n"):
        Factors((Factor("x", (0.0, 1.0)),)).sample(n, np.random.default_rng(0))


@pytest.mark.parametrize("name", ["", "pose/yaw", "a\nb"])
def test_a_name_can_stand_in_a_key(name):
    with refused(SettingError, "name", got=repr(name)):
        Factor(name, (0.0, 1.0))
