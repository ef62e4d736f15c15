"""Schedules: values at steps, bounds over all steps, and settings that make no sense."""

import dataclasses
import inspect
import math

import pytest
import torch

import equilab.schedules
from equilab.errors import SettingError
from equilab.schedules import Constant, Cosine, Cyclic, Linear, Schedule, check_weight, value_at
from tests.refused import refused

SCHEDULES = {
    Constant: (Constant(2.5), Constant(-1.0)),
    Linear: (Linear(1.0, 3.0, steps=10), Linear(3.0, -1.0, steps=1)),
    Cosine: (Cosine(1.0, 3.0, steps=10), Cosine(3.0, -1.0, steps=1)),
    Cyclic: (Cyclic(0.0, 2.0, period=7, rise=0.3), Cyclic(2.0, -1.0, period=1), Cyclic(0.0, 1.0, period=4, rise=1.0)),
}
every = pytest.mark.parametrize("schedule", [each for some in SCHEDULES.values() for each in some], ids=str)


def at(schedule: Schedule, step: int) -> float:
    return schedule.at(torch.tensor(step)).item()


def test_every_schedule_is_here():
    found = {kind for kind in vars(equilab.schedules).values() if inspect.isclass(kind) and issubclass(kind, Schedule)}
    assert found - {Schedule} == SCHEDULES.keys()


@every
def test_a_schedule_is_a_frozen_dataclass(schedule):
    assert schedule.__dataclass_params__.frozen
    assert dataclasses.replace(schedule) == schedule
    assert hash(dataclasses.replace(schedule)) == hash(schedule)


@every
def test_values_are_scalars_in_float64_that_a_compiled_step_can_use(schedule):
    """No call of `item`: fake tensors have no values to give."""
    assert schedule.at(torch.tensor(3)).dtype == torch.float64
    assert schedule.at(torch.tensor(3)).shape == ()
    meta = schedule.at(torch.tensor(3, device="meta"))
    assert (meta.shape, meta.device.type) == ((), "meta")


@every
def test_bounds_are_the_least_and_the_largest_value(schedule):
    values = [at(schedule, step) for step in range(50)]
    low, high = schedule.bounds()
    assert all(low <= value <= high for value in values)
    if not isinstance(schedule, Cyclic):  # which may begin anew just before its end
        assert (min(values), max(values)) == (low, high)


@pytest.mark.parametrize(
    ("step", "value"), [(0, 1.0), (1, 1.2), (5, 2.0), (9, 2.8), (10, 3.0), (11, 3.0), (10**9, 3.0)]
)
def test_a_linear_schedule_is_a_straight_line_then_constant(step, value):
    assert at(Linear(1.0, 3.0, steps=10), step) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("step", [0, 1, 3, 5, 8, 10, 11, 10**9])
def test_a_cosine_schedule_follows_equation_5_then_is_constant(step):
    expected = 3.0 + 0.5 * (1.0 - 3.0) * (1 + math.cos(math.pi * min(step, 10) / 10))
    assert at(Cosine(1.0, 3.0, steps=10), step) == pytest.approx(expected, rel=1e-15)


def test_a_cyclic_schedule_rises_over_its_part_of_each_cycle():
    schedule = Cyclic(0.0, 2.0, period=10, rise=0.5)
    cycle = [0.0, 0.4, 0.8, 1.2, 1.6, 2.0, 2.0, 2.0, 2.0, 2.0]
    assert [at(schedule, step) for step in range(30)] == pytest.approx(3 * cycle)


def test_a_value_at_a_large_step_has_the_digits_of_float64():
    """In float32, 2^24 + 1 is 2^24."""
    assert at(Linear(0.0, 1.0, steps=2**26), 2**24 + 1) == (2**24 + 1) / 2**26


def test_a_number_stays_the_number_it_is():
    assert value_at(4.0, 10) == 4.0
    assert type(value_at(4.0, 10)) is float
    assert value_at(4, torch.tensor(10), like=torch.zeros(1)) == 4
    assert value_at(Linear(0.0, 4.0, steps=100), 25) == value_at(Linear(0.0, 4.0, steps=100), torch.tensor(25)) == 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_scheduled_weight_takes_the_dtype_of_what_it_weighs(dtype):
    weighed = torch.ones((), dtype=dtype)
    weight = value_at(Constant(0.1), 3, like=weighed)
    assert (weight * weighed).dtype == dtype
    assert torch.equal(weight * weighed, 0.1 * weighed)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Constant, "value"), *((kind, name) for kind in (Linear, Cosine, Cyclic) for name in ("start", "end"))],
)
def test_values_that_are_no_finite_numbers_are_refused(kind, name):
    settings = {Constant: {"value": 1.0}, Cyclic: {"start": 0.0, "end": 1.0, "period": 5}}
    usual = settings.get(kind, {"start": 0.0, "end": 1.0, "steps": 5})
    for value in (float("nan"), float("inf"), -float("inf"), True, "1", None):
        with refused(SettingError, name, expected="a finite number", got=str(value)):
            kind(**usual | {name: value})


@pytest.mark.parametrize("steps", [0, -5, 2.5, float("nan"), float("inf"), True])
def test_a_number_of_updates_is_an_integer_of_at_least_one(steps):
    for kind in (Linear, Cosine):
        with refused(SettingError, "steps", expected="at least 1", got=str(steps)):
            kind(0.0, 1.0, steps=steps)
    with refused(SettingError, "period", expected="at least 1", got=str(steps)):
        Cyclic(0.0, 1.0, period=steps)


@pytest.mark.parametrize("rise", [0.0, -0.5, 1.5, float("nan"), True])
def test_the_rise_is_a_share_of_a_cycle(rise):
    with refused(SettingError, "rise", expected="(0, 1]", got=str(rise)):
        Cyclic(0.0, 1.0, period=5, rise=rise)


@pytest.mark.parametrize("weight", [0.0, 3, 1e30, Constant(0.0), Linear(0.0, 4.0, steps=3), Cyclic(2.0, 0.0, period=3)])
def test_weights_of_at_least_0_are_accepted(weight):
    check_weight("beta", weight)


@pytest.mark.parametrize(
    "weight",
    [-1e-9, float("nan"), float("inf"), True, "1", None, torch.tensor(1.0), Constant(-1.0), Linear(1.0, -1.0, steps=3)],
)
def test_weights_below_0_and_what_is_no_number_are_refused(weight):
    with refused(SettingError, "beta", expected="a number >= 0"):
        check_weight("beta", weight)


def test_the_least_weight_is_the_callers():
    check_weight("beta", 1.0, least=1.0)
    with refused(SettingError, "beta", expected="a number >= 1", got=0.5):
        check_weight("beta", 0.5, least=1.0)
