"""FactorVAE: no gradient leak, the second batch, and a critic that finds a known total correlation."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from equilab.data import TwoBatches
from equilab.errors import SettingError
from equilab.latents import Circle, Gaussian, Latent, means_and_log_variances
from equilab.models import Z2CNN, Critic, build_xavier
from equilab.noise import GeneratorNoise
from equilab.objectives import CriticSettings, FactorVAE, critic_loss, density_ratio_total_correlation
from equilab.optimizers import Adam
from tests.equilab.objectives.objective_cases import binary_images, generator, gradients, small_vae
from tests.refused import refused

GAMMA = 0.75
OBJECTIVE = FactorVAE(gamma=GAMMA, critic=CriticSettings(hidden=32, num_layers=2))


@pytest.fixture
def model():
    return small_vae()


@pytest.fixture
def players(model):
    return built(model)


@pytest.fixture
def critic(players):
    return players["critic"].module


@pytest.fixture
def batch():
    return TwoBatches(binary_images(6), binary_images(6, seed=2))


def built(model: nn.Module):
    players = OBJECTIVE.build(model, generator=generator(1))
    players["critic"].module.double()
    return players


def losses_of(model: nn.Module, batch: TwoBatches, players, seed: int = 0):
    return OBJECTIVE(model, batch, generator=generator(seed), players=players)


def encoder_gradient(model: nn.Module, loss: Tensor) -> Tensor:
    return gradients(model.encoder, loss)[0]  # pyright: ignore[reportArgumentType]


def test_the_critic_gets_no_gradient_into_the_encoder(model, critic, players, batch):
    loss = losses_of(model, batch, players).by_player["critic"]
    reached = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True, retain_graph=True)
    assert all(gradient is None for gradient in reached)
    assert all(gradient.any() for gradient in gradients(critic, loss))


def test_a_leaky_step_has_another_gamma_and_ours_has_not(model, critic, players, batch):
    """Stepping the encoder with the critic's gradient too turns gamma into gamma - (1 - p0) / 2, per sample."""
    losses = losses_of(model, batch, players)
    posterior = model.encode(batch.images)
    z = posterior.sample(generator())
    logits = critic(z)
    elbo = negative_elbo(model, batch.images, z)
    ours = encoder_gradient(model, losses.model)
    expected = encoder_gradient(model, elbo + GAMMA * density_ratio_total_correlation(logits))
    assert torch.allclose(ours, expected, rtol=1e-9, atol=1e-12)

    leaked = 0.5 * functional.cross_entropy(logits, torch.zeros(6, dtype=torch.long))  # real half of the critic's loss
    leaky = encoder_gradient(model, elbo + GAMMA * density_ratio_total_correlation(logits) + leaked)
    p0 = logits.softmax(1)[:, 0].detach()
    gamma_eff = GAMMA - 0.5 * (1 - p0)
    with_gamma_eff = encoder_gradient(model, elbo + (gamma_eff * (logits[:, 0] - logits[:, 1])).mean())
    assert torch.allclose(leaky, with_gamma_eff, rtol=1e-9, atol=1e-12)
    assert not torch.allclose(leaky, ours, rtol=1e-3)


def negative_elbo(model, images: Tensor, z: Tensor) -> Tensor:
    """rec + KL, written out once more."""
    reconstruction = functional.binary_cross_entropy_with_logits(model.decode(z), images, reduction="sum")
    mean, log_var = means_and_log_variances(model.encode(images))
    kl = -0.5 * (1 + log_var - mean**2 - log_var.exp()).sum()
    return (reconstruction + kl) / len(images)


def test_the_second_batch_feeds_the_critic_and_nothing_else(model, players, batch):
    other = TwoBatches(batch.images, 1 - batch.second)
    before, after = (losses_of(model, each, players) for each in (batch, other))
    assert torch.equal(before.model, after.model)
    assert not torch.equal(before.by_player["critic"], after.by_player["critic"])
    assert not torch.equal(before.model, losses_of(model, TwoBatches(1 - batch.images, batch.second), players).model)


class Recorded(nn.Module):
    """A critic that keeps its inputs."""

    def __init__(self, critic: nn.Module):
        super().__init__()
        self.critic, self.inputs = critic, []

    def forward(self, z: Tensor) -> Tensor:
        self.inputs.append(z.detach())
        return self.critic(z)


def recorded(model, batch, players) -> tuple[Tensor, Tensor]:
    """The last codes that the critic saw, drawn from q(z) and permuted."""
    critic = Recorded(players["critic"].module)
    losses_of(model, batch, {"critic": players["critic"]._replace(module=critic)})
    return critic.inputs[-1].chunk(2)


def test_the_critic_sees_each_latent_of_the_second_batch_permuted_over_the_batch(model, players, batch):
    """Fails for no permutation, for one permutation of whole rows, and for latents permuted within an image."""
    real, permuted = recorded(model, batch, players)
    noise = generator()
    with torch.no_grad():
        assert torch.equal(real, model.encode(batch.images).sample(noise))
        z = model.encode(batch.second).sample(noise)
    assert torch.equal(permuted.sort(0).values, z.sort(0).values)
    rows = (permuted[:, None] == z).int().argmax(1)  # (batch, latent): the image that each value came from
    assert not torch.equal(rows, torch.arange(6)[:, None].expand(6, 4))
    assert not all(torch.equal(rows[:, 0], rows[:, latent]) for latent in range(4))


def test_the_two_numbers_of_a_circle_are_permuted_together(batch):
    """Permuted apart they leave the circle, and the critic would tell them by that alone."""
    model = small_vae(Latent((Circle(), Gaussian(), Circle())))
    _, permuted = recorded(model, batch, built(model))
    for axes in ((0, 1), (3, 4)):
        assert torch.allclose(permuted[:, axes].norm(dim=1), torch.ones(6, dtype=torch.float64), rtol=1e-12)


def correlated(batch: int = 4096) -> Tensor:
    """Two latents that are nearly equal, of means 0 and 5, and scales 1 and 3."""
    first = torch.randn(batch, generator=generator())
    return torch.stack([first, 5 + 3 * first + 0.1 * torch.randn(batch, generator=generator(1))], 1)


def permute_the_wrong_axis(z: Tensor) -> Tensor:
    """A variant in circulation: the latents of each sample are shuffled among themselves."""
    return z.gather(1, torch.rand(z.shape, generator=generator()).argsort(1))


def keeps_the_marginals(z: Tensor, permuted: Tensor) -> bool:
    return torch.equal(z.sort(0).values, permuted.sort(0).values)


def test_permuting_keeps_every_marginal_and_removes_the_correlation():
    z = correlated()
    permuted = Latent.gaussian(2).permute(z, GeneratorNoise(generator(2)))
    assert keeps_the_marginals(z, permuted)
    assert torch.corrcoef(z.T)[0, 1] > 0.99
    assert torch.corrcoef(permuted.T)[0, 1].abs() < 4 / 4096**0.5
    assert not keeps_the_marginals(z, permute_the_wrong_axis(z))


def test_the_published_settings_are_the_defaults():
    settings = FactorVAE().critic
    assert (FactorVAE().gamma, settings.optimizer) == (35.0, Adam(1e-4, beta1=0.5, beta2=0.9))
    built = settings.build(10, generator=generator())
    assert sum(parameter.numel() for parameter in built.parameters()) == 5_018_002
    assert Adam() == Adam(1e-4, beta1=0.9, beta2=0.999)


@pytest.mark.parametrize("name", ["hidden", "num_layers"])
def test_a_critic_without_layers_or_units_is_refused(name):
    with refused(SettingError, name, expected="at least 1", got=0):
        CriticSettings(**{name: 0})


def test_the_model_loss_is_the_sum_of_its_weighted_terms(model, players, batch):
    losses = losses_of(model, batch, players)
    terms = losses.terms
    expected = terms["reconstruction"] + terms["kl"] + GAMMA * terms["total_correlation"]
    assert losses.model.item() == pytest.approx(expected.item(), rel=1e-12)
    assert terms["critic"].item() == losses.by_player["critic"].item()
    assert sorted(losses.by_player) == ["critic", "model"]


def test_a_critic_at_chance_has_the_loss_log_2_and_finds_no_total_correlation(model, critic, players, batch):
    for parameter in critic.parameters():
        nn.init.zeros_(parameter)
    terms = losses_of(model, batch, players).terms
    assert terms["critic"].item() == pytest.approx(math.log(2), rel=1e-12)
    assert terms["total_correlation"].item() == 0


def test_the_critic_is_built_for_the_numbers_of_the_code():
    model = small_vae(Latent((Circle(), Gaussian(3))))
    assert built(model)["critic"].module(torch.zeros(2, 5, dtype=torch.float64)).shape == (2, 2)


def gaussian(batch: int, correlation: float, noise: torch.Generator) -> Tensor:
    """Latents (batch, 4): two independent pairs of Gaussians, each pair with this correlation."""
    z = torch.randn(batch, 4, generator=noise)
    partner = correlation * z[:, 0::2] + math.sqrt(1 - correlation**2) * z[:, 1::2]
    return torch.stack([z[:, 0::2], partner], 2).flatten(1)


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_the_critic_finds_the_total_correlation_of_a_gaussian(correlation):
    """TC of two pairs is -log(1 - correlation^2) nats: 0 and 1.02."""
    noise = generator(5)
    critic = build_xavier(lambda: Critic(4, hidden=128, num_layers=3), generator=noise)
    optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9), fused=True)
    for _ in range(800):
        permuted = Latent.gaussian(4).permute(gaussian(512, correlation, noise), GeneratorNoise(noise))
        loss = critic_loss(critic, gaussian(512, correlation, noise), permuted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        estimate = density_ratio_total_correlation(critic(gaussian(50_000, correlation, noise))).item()
    assert estimate == pytest.approx(-math.log(1 - correlation**2), rel=0.1, abs=0.03)


def test_a_missing_critic_and_a_single_batch_are_refused(model, players, batch):
    with refused(SettingError, "players", expected="'critic'", got="none", hint="objective.build"):
        OBJECTIVE(model, batch, generator=generator())
    with refused(SettingError, "players", expected="'critic'", got="other"):
        OBJECTIVE(model, batch, generator=generator(), players={"other": players["critic"]})
    with refused(SettingError, "batch", expected="TwoBatches(images, second)", got="a Tensor", hint="TwoBatches"):
        OBJECTIVE(model, batch.images, generator=generator(), players=players)


def test_a_critic_is_not_built_for_another_kind_of_model():
    classifier = Z2CNN().build((1, 28, 28), generator=generator())
    with refused(SettingError, "model", expected="VariationalAutoencoder", got="a Classifier"):
        FactorVAE().build(classifier, generator=generator())


@pytest.mark.parametrize("critic", ["x", None, CriticSettings])
def test_a_critic_of_another_kind_is_refused(critic):
    with refused(SettingError, "critic", expected="CriticSettings", got=repr(critic)):
        FactorVAE(critic=critic)
    with refused(SettingError, "critic.optimizer", got=repr(critic)):
        CriticSettings(optimizer=critic)
