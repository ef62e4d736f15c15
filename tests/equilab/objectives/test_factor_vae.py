"""FactorVAE: no gradient leak, the second batch, and a critic that finds a known total correlation."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from equilab.errors import SettingError, ShapeError
from equilab.models import ConvVAE, Critic, build_xavier
from equilab.objectives import CriticSettings, FactorVAE, critic_loss, permute_latents, total_correlation
from equilab.optimizers import Adam

GAMMA = 0.75
OBJECTIVE = FactorVAE(gamma=GAMMA, critic=CriticSettings(hidden=32, num_layers=2))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def model():
    return ConvVAE(latent_dim=4).build((1, 64, 64), generator=generator()).double()


@pytest.fixture
def critic():
    return OBJECTIVE.critic.build(4, generator=generator(1)).double()


@pytest.fixture
def images():
    return torch.rand(12, 1, 64, 64, dtype=torch.float64, generator=generator(2)).round()


def encoder_gradient(model: nn.Module, loss: Tensor) -> Tensor:
    weight = model.encoder[0].weight  # pyright: ignore[reportAttributeAccessIssue, reportIndexIssue]
    return torch.autograd.grad(loss, weight, retain_graph=True)[0]


def test_the_critic_gets_no_gradient_into_the_encoder(model, critic, images):
    losses = OBJECTIVE(model, images, step=0, generator=generator(), critic=critic)
    assert losses.critic is not None
    reached = torch.autograd.grad(losses.critic, list(model.parameters()), allow_unused=True, retain_graph=True)
    assert all(gradient is None for gradient in reached)
    assert any(gradient.any() for gradient in torch.autograd.grad(losses.critic, list(critic.parameters())))


def test_a_leaky_step_has_another_gamma_and_ours_has_not(model, critic, images):
    """Stepping the encoder with the critic's gradient too turns gamma into gamma - (1 - p0) / 2, per sample."""
    first = images[:6]
    losses = OBJECTIVE(model, images, step=0, generator=generator(), critic=critic)

    posterior = model.encode(first)
    z = posterior.sample(generator())
    logits = critic(z)
    elbo = negative_elbo(model, first, z, posterior)
    ours = encoder_gradient(model, losses.model)
    expected = encoder_gradient(model, elbo + GAMMA * total_correlation(logits))
    assert torch.allclose(ours, expected, rtol=1e-9, atol=1e-12)

    leaked = 0.5 * functional.cross_entropy(logits, torch.zeros(6, dtype=torch.long))  # real half of the critic's loss
    leaky = encoder_gradient(model, elbo + GAMMA * total_correlation(logits) + leaked)
    p0 = logits.softmax(1)[:, 0].detach()
    gamma_eff = GAMMA - 0.5 * (1 - p0)
    with_gamma_eff = encoder_gradient(model, elbo + (gamma_eff * (logits[:, 0] - logits[:, 1])).mean())
    assert torch.allclose(leaky, with_gamma_eff, rtol=1e-9, atol=1e-12)
    assert not torch.allclose(leaky, ours, rtol=1e-3)


def negative_elbo(model, images: Tensor, z: Tensor, posterior) -> Tensor:
    """rec + KL, written out once more."""
    reconstruction = functional.binary_cross_entropy_with_logits(model.decode(z), images, reduction="sum")
    kl = -0.5 * (1 + posterior.log_var - posterior.mean**2 - posterior.log_var.exp()).sum()
    return (reconstruction + kl) / len(images)


def test_the_second_batch_feeds_the_critic_and_nothing_else(model, critic, images):
    other = torch.cat([images[:6], 1 - images[6:]])
    before, after = (OBJECTIVE(model, x, step=0, generator=generator(), critic=critic) for x in (images, other))
    assert torch.equal(before.model, after.model)
    assert before.critic is not None
    assert after.critic is not None
    assert not torch.equal(before.critic, after.critic)


class Recorded(nn.Module):
    """A critic that keeps what it was given."""

    def __init__(self, critic: nn.Module):
        super().__init__()
        self.critic, self.inputs = critic, []

    def forward(self, z: Tensor) -> Tensor:
        self.inputs.append(z.detach())
        return self.critic(z)


def test_the_critic_sees_each_latent_of_the_second_batch_permuted_over_the_batch(model, critic, images):
    """Fails for no permutation, for one permutation of whole rows, and for latents permuted within an image."""
    recorded = Recorded(critic)
    OBJECTIVE(model, images, step=0, generator=generator(), critic=recorded)
    noise = generator()
    with torch.no_grad():
        model.encode(images[:6]).sample(noise)
        z = model.encode(images[6:]).sample(noise)
    permuted = recorded.inputs[-1][6:]
    assert torch.equal(permuted.sort(0).values, z.sort(0).values)
    rows = (permuted[:, None] == z).int().argmax(1)  # (batch, latent): the image that each value came from
    assert not torch.equal(rows, torch.arange(6)[:, None].expand(6, 4))
    assert not all(torch.equal(rows[:, 0], rows[:, latent]) for latent in range(4))


def test_the_published_settings_are_the_defaults():
    settings = FactorVAE().critic
    assert (FactorVAE().gamma, settings.optimizer) == (35.0, Adam(1e-4, beta1=0.5, beta2=0.9))
    built = settings.build(10, generator=generator())
    assert sum(parameter.numel() for parameter in built.parameters()) == 5_018_002
    assert Adam() == Adam(1e-4, beta1=0.9, beta2=0.999)
    with pytest.raises(SettingError, match="num_layers: expected at least 1, got 0"):
        CriticSettings(num_layers=0)


def test_the_model_loss_is_the_sum_of_its_weighted_terms(model, critic, images):
    losses = OBJECTIVE(model, images, step=0, generator=generator(), critic=critic)
    terms = losses.terms
    expected = terms["reconstruction"] + terms["kl"] + GAMMA * terms["total_correlation"]
    assert losses.model.item() == pytest.approx(expected.item(), rel=1e-12)
    assert terms["critic"].item() == losses.critic.item()
    assert not any(term.requires_grad for term in terms.values())


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
        permuted = permute_latents(gaussian(512, correlation, noise), generator=noise)
        loss = critic_loss(critic, gaussian(512, correlation, noise), permuted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        estimate = total_correlation(critic(gaussian(50_000, correlation, noise))).item()
    assert estimate == pytest.approx(-math.log(1 - correlation**2), rel=0.1, abs=0.03)


def test_factor_vae_says_what_it_lacks(model, critic, images):
    with pytest.raises(SettingError, match="critic: FactorVAE needs one"):
        OBJECTIVE(model, images, step=0, generator=generator())
    with pytest.raises(ShapeError, match=r"expected two batches, \(2 \* batch, C, H, W\), got 11 images"):
        OBJECTIVE(model, images[:11], step=0, generator=generator(), critic=critic)
