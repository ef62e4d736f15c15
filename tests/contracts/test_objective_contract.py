"""What every objective promises; a new one is found here by itself."""

import dataclasses
import inspect
import json

import pytest
import torch

import equilab.objectives
from equilab.models import Z2CNN, Classifier, ConvVAE, VariationalAutoencoder
from equilab.objectives import Objective
from training.keys import lookup
from training.loop import scalars
from training.serial import from_tree, known_classes, to_tree

OBJECTIVES = [
    value
    for value in vars(equilab.objectives).values()
    if inspect.isclass(value) and issubclass(value, Objective) and not inspect.isabstract(value)
]


MODELS = {VariationalAutoencoder: (ConvVAE(latent_dim=3), 64), Classifier: (Z2CNN(dropout=0.0), 28)}  # size, pixels


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Case:
    """An objective with its defaults beside a small model, its critic, and the images and labels it asks for."""

    def __init__(self, found: type[Objective]):
        self.objective = found()
        settings, size = MODELS[found.kind]
        self.model = settings.build((1, size, size), generator=generator())
        settings = self.objective.critic
        self.critic = settings.build(3, generator=generator(1)) if settings else None
        num = 4 * self.objective.batches
        self.images = torch.rand(num, 1, size, size, generator=generator(2)).round()
        self.labels = {"labels": torch.arange(num)[:, None]} if found.uses_labels else {}

    @property
    def is_vae(self) -> bool:
        return isinstance(self.model, VariationalAutoencoder)

    def losses(self, seed: int = 0, step: int = 0):
        return self.objective(
            self.model, self.images, **self.labels, step=step, generator=generator(seed), critic=self.critic
        )


@pytest.fixture(params=OBJECTIVES, ids=lambda found: found.__name__)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_there_are_objectives():
    assert {"VAE", "BetaVAE", "FactorVAE", "Classification"} <= {found.__name__ for found in OBJECTIVES}


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
    assert losses.terms.keys() >= ({"reconstruction", "kl", "kl_per_latent"} if case.is_vae else {"accuracy"})


def test_every_term_is_a_declared_key(case):
    assert all(lookup(key) for key in scalars(case.losses()))


def test_all_noise_comes_from_the_generator(case):
    before = torch.get_rng_state()
    assert torch.equal(case.losses(seed=3).model, case.losses(seed=3).model)
    assert torch.equal(case.losses(seed=3).model, case.losses(seed=4).model) != case.is_vae  # only a posterior draws
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


def test_float64_works_and_gives_what_float32_gives_without_noise(case):
    """The noise of the two precisions differs, so only what needs none is compared: the posterior's KL."""
    noiseless = "kl" if case.is_vae else "cross_entropy"
    single = case.losses().terms
    case.model.double()
    case.critic = case.critic.double() if case.critic is not None else None
    case.images = case.images.double()
    double = case.losses()
    assert double.model.dtype == torch.float64
    assert single[noiseless].item() == pytest.approx(double.terms[noiseless].item(), rel=1e-4)


def test_bfloat16_autocast_keeps_losses_in_float32(case):
    exact = case.losses()
    with torch.autocast("cpu", torch.bfloat16):
        rough = case.losses()
    assert rough.model.dtype == torch.float32
    compared = "reconstruction" if case.is_vae else "cross_entropy"
    assert rough.terms[compared].item() == pytest.approx(exact.terms[compared].item(), rel=2**-7)
