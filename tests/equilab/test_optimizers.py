"""Optimisers: settings of the torch optimisers that they build, rates at steps, and settings that make no sense."""

import inspect

import pytest
import torch
from torch import nn

import equilab.optimizers
from equilab.errors import SettingError
from equilab.optimizers import SGD, Adam, AdamW, Optimizer
from equilab.schedules import Constant, Cosine, Cyclic, Linear
from tests.refused import refused

KINDS = (Adam, AdamW, SGD)
every = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
NUMBERS = [
    (kind, name)
    for kind, names in {
        Adam: ("eps", "clip_norm"),
        AdamW: ("eps", "weight_decay", "clip_norm"),
        SGD: ("weight_decay", "clip_norm"),
    }.items()
    for name in names
]
SHARES = [(Adam, "beta1"), (Adam, "beta2"), (AdamW, "beta1"), (AdamW, "beta2"), (SGD, "momentum")]
NAN, INF = float("nan"), float("inf")


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def weights() -> list[torch.Tensor]:
    return [nn.Parameter(torch.randn(3, 2, generator=generator())), nn.Parameter(torch.ones(3))]


def rates(optimizer: torch.optim.Optimizer) -> list[float]:
    return [group["lr"] for group in optimizer.param_groups]


def test_every_optimiser_is_here():
    found = [
        kind for kind in vars(equilab.optimizers).values() if inspect.isclass(kind) and issubclass(kind, Optimizer)
    ]
    assert set(found) - {Optimizer} == set(KINDS)


@every
def test_an_optimiser_is_a_frozen_dataclass_with_a_rate_and_a_clip_norm(kind):
    assert kind.__dataclass_params__.frozen
    assert kind() == kind()
    assert hash(kind()) == hash(kind())
    assert kind().clip_norm == 0.0
    assert kind().learning_rate > 0


def test_the_defaults_are_those_of_locatello_2019():
    assert Adam() == Adam(learning_rate=1e-4, beta1=0.9, beta2=0.999, eps=1e-8, clip_norm=0.0)


@pytest.mark.parametrize(
    ("settings", "built", "expected"),
    [
        (Adam(1e-3, beta1=0.5, beta2=0.9, eps=1e-6), torch.optim.Adam, {"lr": 1e-3, "betas": (0.5, 0.9), "eps": 1e-6}),
        (AdamW(1e-3, beta1=0.5, weight_decay=0.3), torch.optim.AdamW, {"betas": (0.5, 0.999), "weight_decay": 0.3}),
        (SGD(0.1, momentum=0.5, nesterov=True, weight_decay=0.2), torch.optim.SGD, {"momentum": 0.5, "nesterov": True}),
    ],
    ids=["Adam", "AdamW", "SGD"],
)
def test_settings_are_those_of_the_torch_optimiser(settings, built, expected):
    optimizer = settings.build(weights())
    assert type(optimizer) is built
    defaults = optimizer.defaults
    assert {name: defaults[name] for name in expected} == expected
    assert defaults["fused"] is True
    assert defaults["lr"] == settings.learning_rate


def after_steps(optimizer: torch.optim.Optimizer, own: list[torch.Tensor]) -> list[torch.Tensor]:
    """The weights after three updates of a loss that is no sum over them."""
    for _ in range(3):
        optimizer.zero_grad()
        (own[0].T @ own[1]).square().sum().backward()
        optimizer.step()
    return own


@pytest.mark.parametrize(
    ("settings", "plain"),
    [
        (Adam(0.1), lambda own: torch.optim.Adam(own, 0.1, foreach=False)),
        (AdamW(0.1, weight_decay=0.5), lambda own: torch.optim.AdamW(own, 0.1, weight_decay=0.5, foreach=False)),
        (SGD(0.01), lambda own: torch.optim.SGD(own, 0.01, momentum=0.9, foreach=False)),
    ],
    ids=["Adam", "AdamW", "SGD"],
)
def test_fused_updates_are_those_of_the_plain_optimiser(settings, plain):
    one, two = weights(), weights()
    found, expected = after_steps(settings.build(one), one), after_steps(plain(two), two)
    assert not torch.equal(found[0], weights()[0])
    for first, second in zip(found, expected, strict=True):
        assert torch.allclose(first, second, rtol=1e-5, atol=1e-6)


@every
@pytest.mark.parametrize("step", [0, 1, 40, 100, 1000])
def test_a_scheduled_rate_is_that_of_the_step(kind, step):
    schedule = Cosine(0.1, 0.01, steps=100)
    optimizer = kind(schedule).build(weights())
    assert rates(optimizer) == [0.1]
    kind(schedule).set_rate(optimizer, step)
    assert rates(optimizer) == [schedule.at(torch.tensor(step)).item()]
    assert type(rates(optimizer)[0]) is float


def test_a_scheduled_rate_is_that_of_every_group():
    optimizer = SGD(Linear(0.0, 1.0, steps=4)).build(weights()[:1])
    optimizer.add_param_group({"params": weights()[1:]})
    SGD(Linear(0.0, 1.0, steps=4)).set_rate(optimizer, 1)
    assert rates(optimizer) == [0.25, 0.25]


@every
def test_a_constant_rate_is_left_as_it_is(kind):
    optimizer = kind(0.1).build(weights())
    optimizer.param_groups[0]["lr"] = 0.7
    kind(0.1).set_rate(optimizer, 5)
    assert rates(optimizer) == [0.7]


def test_an_update_at_a_scheduled_rate_is_that_of_the_rate():
    one, two = weights(), weights()
    scheduled, plain = SGD(Linear(0.0, 0.4, steps=40), momentum=0.0), SGD(0.01, momentum=0.0)
    optimizer = scheduled.build(one)
    scheduled.set_rate(optimizer, 1)
    assert all(map(torch.equal, after_steps(optimizer, one), after_steps(plain.build(two), two)))


@every
def test_a_rate_that_makes_no_sense_is_refused(kind):
    for rate in (0.0, 0, -1e-3, NAN, INF, True, "1e-3", None):
        with refused(SettingError, "learning_rate", expected="number"):
            kind(rate)


@every
def test_a_schedule_may_begin_at_0_and_not_below(kind):
    assert rates(kind(Linear(0.0, 0.1, steps=5)).build(weights())) == [0.0]
    for schedule in (Constant(-0.1), Linear(0.1, -0.1, steps=5), Cyclic(-0.1, 0.1, period=5)):
        with refused(SettingError, "learning_rate", expected="a number >= 0", got=schedule):
            kind(schedule)


@pytest.mark.parametrize(("kind", "name"), SHARES)
def test_decays_are_shares_below_one(kind, name):
    for value in (-0.1, 1.0, NAN, INF, False, True, "0.5", None):
        with refused(SettingError, name, expected="[0, 1)", got=str(value)):
            kind(**{name: value})


@pytest.mark.parametrize(("kind", "name"), NUMBERS)
def test_numbers_are_finite_and_not_negative(kind, name):
    for value in (-1, -1e-9, NAN, INF, True, "1", None):
        with refused(SettingError, name, expected="a number >= 0", got=str(value)):
            kind(**{name: value})


@every
def test_a_clip_norm_is_a_setting_alone(kind):
    """The loop clips: it knows the gradients of all ranks."""
    assert kind(clip_norm=2.5).clip_norm == 2.5
    assert "clip_norm" not in kind(clip_norm=2.5).build(weights()).defaults


def test_nesterov_needs_momentum():
    with refused(SettingError, "nesterov", expected="False where momentum is 0", got=True):
        SGD(momentum=0.0, nesterov=True)
