"""What every objective promises; a new one is found here by itself."""

import dataclasses
import inspect
import json

import pytest
import torch

import equilab.objectives
from equilab.models import ConvVAE
from equilab.objectives import Objective
from training.serial import from_tree, known_classes, to_tree

OBJECTIVES = [
    value
    for value in vars(equilab.objectives).values()
    if inspect.isclass(value) and issubclass(value, Objective) and not inspect.isabstract(value)
]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Case:
    """An objective with its defaults beside a small model, its critic, and as many images as it asks for."""

    def __init__(self, found: type[Objective]):
        self.objective = found()
        self.model = ConvVAE(latent_dim=3).build((1, 64, 64), generator=generator())
        settings = self.objective.critic
        self.critic = settings.build(3, generator=generator(1)) if settings else None
        self.images = torch.rand(4 * self.objective.batches, 1, 64, 64, generator=generator(2)).round()

    def losses(self, seed: int = 0, step: int = 0):
        return self.objective(self.model, self.images, step=step, generator=generator(seed), critic=self.critic)


@pytest.fixture(params=OBJECTIVES, ids=lambda found: found.__name__)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_there_are_objectives():
    assert {"VAE", "BetaVAE", "FactorVAE"} <= {found.__name__ for found in OBJECTIVES}


def test_an_objective_is_a_frozen_dataclass_of_few_settings(case):
    assert dataclasses.is_dataclass(case.objective)
    assert case.objective.__dataclass_params__.frozen
    assert len(dataclasses.fields(case.objective)) <= 8


def test_an_objective_survives_run_json(case):
    assert from_tree(json.loads(json.dumps(to_tree(case.objective))), known_classes()) == case.objective


def test_losses_are_finite_scalars_and_terms_are_detached(case):
    losses = case.losses()
    assert losses.model.shape == ()
    assert losses.model.isfinite()
    assert (losses.critic is None) == (case.critic is None)
    assert not any(term.requires_grad for term in losses.terms.values())
    assert {"reconstruction", "kl", "kl_per_latent"} <= losses.terms.keys()


def test_all_noise_comes_from_the_generator(case):
    before = torch.get_rng_state()
    assert torch.equal(case.losses(seed=3).model, case.losses(seed=3).model)
    assert not torch.equal(case.losses(seed=3).model, case.losses(seed=4).model)
    assert torch.equal(before, torch.get_rng_state())


def test_every_weight_of_the_model_is_trained(case):
    for name, weight in zip(
        dict(case.model.named_parameters()),
        torch.autograd.grad(case.losses().model, list(case.model.parameters())),
        strict=True,
    ):
        assert weight.any(), name


def test_the_critics_loss_does_not_reach_the_model(case):
    losses = case.losses()
    if losses.critic is None:
        pytest.skip("this objective has no critic")
    reached = torch.autograd.grad(losses.critic, list(case.model.parameters()), allow_unused=True)
    assert all(gradient is None for gradient in reached)


def test_float64_works_and_gives_the_same_kl_as_float32(case):
    """The noise of the two precisions differs, so only what needs none is compared: the posterior's KL."""
    single = case.losses().terms
    case.model.double()
    case.critic = case.critic.double() if case.critic is not None else None
    case.images = case.images.double()
    double = case.losses()
    assert double.model.dtype == torch.float64
    assert single["kl"].item() == pytest.approx(double.terms["kl"].item(), rel=1e-4)


def test_bfloat16_autocast_keeps_losses_in_float32(case):
    exact = case.losses()
    with torch.autocast("cpu", torch.bfloat16):
        rough = case.losses()
    assert rough.model.dtype == torch.float32
    assert rough.terms["reconstruction"].item() == pytest.approx(exact.terms["reconstruction"].item(), rel=2**-7)
