"""Errors: what they carry, how they print, and that they survive a process."""

import inspect
import pickle

import pytest

from equilab import errors
from equilab.errors import DataError, EquilabError, EquivarianceError, SettingError, check_count
from tests.refused import refused

KINDS = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, EquilabError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_a_value_error_that_prints_its_parts(kind):
    error = kind("x", expected="(batch, 3)", got=(2, 4), hint="transpose it")
    assert isinstance(error, ValueError)
    assert str(error) == "x: expected (batch, 3), got (2, 4); transpose it"
    assert (error.argument, error.expected, error.got, error.hint) == ("x", "(batch, 3)", (2, 4), "transpose it")
    assert str(kind("x", expected=3, got=4)) == "x: expected 3, got 4"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("message", ["", "a report\nof two lines"])
def test_an_error_survives_the_way_to_another_process(kind, message):
    error = kind("x", expected="a", got=(1, 2), hint="b", message=message)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_the_place_that_holds_an_argument_stands_in_front_of_it():
    error = DataError("codes", expected="(n, d)", got=(3,), hint="reshape").within("codes.npz")
    assert (type(error), error.argument, error.got, error.hint) == (DataError, "codes.npz: codes", (3,), "reshape")
    report = EquivarianceError("fn", expected="PASS", got="FAIL", message="FAIL\n...").within("step 3")
    assert str(report) == "step 3: FAIL\n..."


@pytest.mark.parametrize("value", [0, -1, 2.0, True, "3", None, float("nan")])
def test_a_count_is_an_integer_of_at_least_one(value):
    with refused(SettingError, "num", got=value):
        check_count("num", value)


def test_refused_notices_another_argument_class_or_value():
    for kind, argument, got in ((DataError, "num", 0), (SettingError, "dim", 0), (SettingError, "num", 1)):
        with pytest.raises((AssertionError, SettingError)), refused(kind, argument, got=got):
            check_count("num", 0)
