"""What every objective promises; a new one is found here by itself, with a model and a batch of the types it takes."""

import dataclasses
import inspect
import json
from typing import Any, get_type_hints

import pytest
import torch
from torch import Tensor, nn

import equilab.objectives
from equilab.data import Dataset, Feed, MiniSprites, RotatedDigits, Sampler
from equilab.errors import SettingError
from equilab.latents import Circle, Gaussian, Latent
from equilab.models import Z2CNN, Classifier, ConvVAE, Model, VariationalAutoencoder
from equilab.noise import StreamNoise
from equilab.objectives import Context, Losses, Objective, Player
from equilab.objectives.objective import argument_types
from equilab.schedules import Constant, Schedule, Weight
from tests.refused import refused

OBJECTIVES = [
    value
    for value in vars(equilab.objectives).values()
    if inspect.isclass(value) and issubclass(value, Objective) and not inspect.isabstract(value)
]
SETTINGS: dict[type[nn.Module], Model] = {VariationalAutoencoder: ConvVAE(latent_dim=3), Classifier: Z2CNN(dropout=0.0)}
DATA: dict[type[nn.Module], Dataset] = {VariationalAutoencoder: MiniSprites(), Classifier: RotatedDigits(num_train=100)}
BATCH = 8
MIXED = Latent((Circle(), Gaussian(), Gaussian(2)))
WITHOUT_CIRCLES = {"AdaGVAE"}  # average posteriors, which circles cannot


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Case:
    """An objective beside a small model, a batch of real data by its own sampler, and its players."""

    def __init__(self, objective: Objective, *, settings: Model | None = None, dtype: torch.dtype = torch.float32):
        self.objective, self.types = objective, argument_types(type(objective))
        self.data = DATA[self.types.model]
        settings = settings or SETTINGS[self.types.model]
        self.model = settings.build(self.data.image_shape, generator=generator()).to(dtype)
        self.players = objective.build(self.model, generator=generator(1), data=self.data)
        for player in self.players.values():
            player.module.to(dtype)
        fields = Feed(self.data, objective.sampler, BATCH, seed=0).at(0)
        self.batch = self.types.batch(*(x.to(dtype) if x is not None and x.is_floating_point() else x for x in fields))

    @property
    def draws_noise(self) -> bool:
        return isinstance(self.model, VariationalAutoencoder)

    def modules(self) -> dict[str, nn.Module]:
        """The model and its players, by name."""
        return {"model": self.model} | {name: player.module for name, player in self.players.items()}

    def losses(self, **changes: Any) -> Losses:
        given: dict[str, Any] = {"generator": generator(), "num_observations": len(self.data), "players": self.players}
        return self.objective(self.model, self.batch, **given | changes)


every = pytest.mark.parametrize("found", OBJECTIVES, ids=lambda found: found.__name__)


@pytest.fixture(params=OBJECTIVES, ids=lambda found: found.__name__)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param())


def test_there_are_objectives():
    names = {found.__name__ for found in OBJECTIVES}
    assert names >= {"VAE", "BetaVAE", "AnnealedVAE", "FactorVAE", "BetaTCVAE", "AdaGVAE", "Classification"}


@every
def test_an_objective_is_a_frozen_dataclass_of_few_settings_with_a_sampler(found):
    fields = {field.name: field for field in dataclasses.fields(found)}
    assert found.__dataclass_params__.frozen
    assert len(fields) <= 8
    assert isinstance(found().sampler, Sampler)
    assert "sampler" in fields
    assert found() == found()
    assert hash(found()) == hash(found())


@every
def test_an_objective_survives_run_json(found):
    from equilab.runs.serial import from_tree, known_classes, to_tree

    assert from_tree(json.loads(json.dumps(to_tree(found()))), known_classes()) == found()


def test_the_sampler_makes_the_batch_that_the_objective_takes(case):
    assert case.objective.sampler.batch_type is case.types.batch


def test_each_player_has_one_finite_scalar_to_minimise_and_terms_are_detached(case):
    losses = case.losses()
    assert sorted(losses.by_player) == sorted(case.modules())
    assert losses.model is losses.by_player["model"]
    for loss in losses.by_player.values():
        assert (loss.shape, loss.dtype, loss.requires_grad) == ((), torch.float32, True)
        assert loss.isfinite()
    for term in losses.terms.values():
        assert (term.shape, term.dtype, term.requires_grad) == ((), torch.float32, False)
        assert term.isfinite()
    for name, term in losses.by_block.items():
        assert (term.shape, term.requires_grad) == ((len(case.model.latent.blocks),), False), name
        assert term.isfinite().all()


def test_every_term_is_a_declared_key_and_every_key_is_a_term(case):
    losses = case.losses()
    names = {f"train/{name}" for name in losses.terms} | {f"latent/{name}_{{}}" for name in losses.by_block}
    assert names == {key.name for key in case.objective.keys}
    assert len(case.objective.keys) == len(names)
    assert all(key.unit and key.meaning for key in case.objective.keys)


def assert_equal(one: Losses, two: Losses) -> None:
    for first, second in zip(one, two, strict=True):
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)


def test_all_noise_comes_from_the_generator(case):
    before = torch.get_rng_state()
    first, other = case.losses(generator=generator(3)), case.losses(generator=generator(4))
    assert_equal(first, case.losses(generator=generator(3)))
    assert torch.equal(first.model, other.model) != case.draws_noise
    assert torch.equal(before, torch.get_rng_state())


def test_a_context_gives_the_same_losses_on_a_repeat(case):
    """As a training calls it: step, noise of that update, modules by name."""
    noise = StreamNoise(0)

    def at(step: int) -> Losses:
        players = {name: player.module for name, player in case.players.items()}
        context = Context(torch.tensor(step), noise.at(step), len(case.data), players)
        return case.objective(case.model, case.batch, context)

    before = torch.get_rng_state()
    first, other = at(5), at(6)
    assert_equal(first, at(5))
    assert torch.equal(first.model, other.model) != case.draws_noise
    assert torch.equal(before, torch.get_rng_state())


def test_every_weight_of_the_model_and_of_the_players_is_trained(case):
    losses = case.losses()
    for player, module in case.modules().items():
        named = dict(module.named_parameters())
        found = torch.autograd.grad(losses.by_player[player], list(named.values()), retain_graph=True)
        for name, gradient in zip(named, found, strict=True):
            assert gradient.any(), f"{name} of {player}"
            assert gradient.isfinite().all(), f"{name} of {player}"


def test_a_loss_taken_with_the_inputs_of_its_player_reaches_nothing_else(case):
    losses, modules = case.losses(), case.modules()
    for player, loss in losses.by_player.items():
        loss.backward(inputs=[*modules[player].parameters()], retain_graph=True)
        for name, module in modules.items():
            assert all((parameter.grad is not None) == (name == player) for parameter in module.parameters())
            module.zero_grad()


def test_the_loss_of_a_player_does_not_reach_the_model(case):
    losses = case.losses()
    for player in case.players:
        reached = torch.autograd.grad(
            losses.by_player[player], list(case.model.parameters()), allow_unused=True, retain_graph=True
        )
        assert all(gradient is None for gradient in reached)


def test_players_are_built_by_the_generator_alone(case):
    before = torch.get_rng_state()
    same, other = (case.objective.build(case.model, generator=generator(seed), data=case.data) for seed in (1, 2))
    assert torch.equal(before, torch.get_rng_state())
    for name, player in case.players.items():
        assert isinstance(player, Player)
        weights = [list(built[name].module.parameters()) for built in (case.players, same, other)]
        assert all(map(torch.equal, weights[0], weights[1]))
        assert not all(map(torch.equal, weights[0], weights[2]))


@every
def test_float64_gives_what_float32_gives(found):
    """The noise of both is the same, so that every term is."""
    single, double = (Case(found(), dtype=dtype).losses() for dtype in (torch.float32, torch.float64))
    for one, two in zip(single, double, strict=True):
        for name, value in two.items():
            assert value.dtype == torch.float64, name
            assert torch.allclose(one[name].double(), value, rtol=1e-5, atol=1e-5), name


def test_bfloat16_autocast_keeps_losses_and_terms_in_float32(case):
    exact = case.losses()
    with torch.autocast("cpu", torch.bfloat16):
        rough = case.losses()
    for values in rough:
        assert all(value.dtype == torch.float32 for value in values.values())
    compared = "reconstruction" if case.draws_noise else "cross_entropy"
    assert rough.terms[compared].item() == pytest.approx(exact.terms[compared].item(), rel=2**-7)


def weights_of(found: type[Objective]) -> list[str]:
    return [field.name for field in dataclasses.fields(found) if get_type_hints(found)[field.name] == Weight]


def test_the_weights_of_objectives_are_found():
    assert weights_of(equilab.objectives.AnnealedVAE) == ["gamma", "capacity"]


@pytest.mark.parametrize(
    ("found", "name"), [(found, name) for found in OBJECTIVES for name in weights_of(found)], ids=str
)
def test_a_schedule_of_a_weight_is_its_value_at_the_step(found, name):
    number, scheduled = (dataclasses.replace(found(), **{name: weight}) for weight in (2.0, Constant(2.0)))
    assert isinstance(getattr(scheduled, name), Schedule)
    case = Case(number)
    expected = case.losses(step=7)
    case.objective = scheduled
    assert_equal(case.losses(step=7), expected)


@pytest.mark.parametrize(
    "found",
    [each for each in OBJECTIVES if argument_types(each).model is VariationalAutoencoder],
    ids=lambda found: found.__name__,
)
def test_circles_work_or_are_refused_by_name(found):
    case = Case(found(), settings=ConvVAE(latent=MIXED))
    if found.__name__ in WITHOUT_CIRCLES:
        with refused(SettingError, "latent", got="Circle"):
            case.losses()
        return
    losses = case.losses()
    assert losses.model.isfinite()
    assert all(term.shape == (3,) for term in losses.by_block.values())
    gradients = torch.autograd.grad(losses.model, list(case.model.parameters()))
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert all(gradient.any() for gradient in gradients)


class Odd(nn.Module):
    """A model of no known kind."""

    def forward(self, x: Tensor) -> Tensor:
        return x


def test_a_model_of_another_kind_is_refused(case):
    name = type(case.objective).__name__
    expected = f"a {case.types.model.__name__}, which {name} trains"
    with refused(SettingError, "model", expected=expected, got="a Odd", hint="another model or objective"):
        case.objective(Odd(), case.batch, generator=generator())


def test_a_batch_of_another_type_is_refused(case):
    expected = f"{case.types.batch.__name__}({', '.join(case.types.batch._fields)})"
    hint = f"{type(case.objective.sampler).__name__} draws {case.types.batch.__name__}"
    for batch in (tuple(case.batch), list(case.batch), None, {"images": case.batch[0]}):
        with refused(SettingError, "batch", expected=expected, got=f"a {type(batch).__name__}", hint=hint):
            case.objective(case.model, batch, generator=generator())


def test_images_alone_stand_for_a_batch_that_holds_nothing_else(case):
    if case.types.batch._fields == ("images",):
        whole, alone = (
            case.objective(case.model, batch, generator=generator(), num_observations=len(case.data))
            for batch in (case.batch, case.batch.images)
        )
        assert_equal(whole, alone)
    else:
        with refused(SettingError, "batch", got="a Tensor"):
            case.objective(case.model, case.batch.images, generator=generator())


def test_noise_must_come_from_somewhere(case):
    with refused(SettingError, "generator", expected="a torch.Generator, or a context", got="none"):
        case.losses(generator=None)


def test_a_missing_player_is_named(case):
    for name in case.players:
        others = {other: player for other, player in case.players.items() if other != name}
        with refused(SettingError, "players", expected=f"one called {name!r}", hint="objective.build"):
            case.losses(players=others)
    if not case.players:
        assert_equal(case.losses(players=None), case.losses())


class Wrapped(nn.Module):
    """A model in a module of another kind, as a parallel training wraps it."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module

    def __getattr__(self, name: str) -> Any:
        return super().__getattr__(name) if name == "module" else getattr(super().__getattr__("module"), name)

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x)


def test_the_kind_of_a_wrapped_model_is_that_of_the_model(case):
    expected = case.losses()
    case.model = Wrapped(case.model)
    assert_equal(case.losses(), expected)
