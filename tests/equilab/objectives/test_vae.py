"""VAE: the negative evidence lower bound, and the objectives that contain it as a special case."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from equilab.latents import Circle, Gaussian, Latent, means_and_log_variances
from equilab.objectives import VAE, AnnealedVAE, BetaTCVAE, BetaVAE, CriticSettings, FactorVAE
from tests.equilab.objectives.objective_cases import assert_bit_for_bit, binary_images, generator, small_vae

LATENTS = {"gaussian": Latent.gaussian(4), "circles": Latent((Circle(), Gaussian(), Gaussian(2), Circle()))}
every_latent = pytest.mark.parametrize("latent", LATENTS.values(), ids=LATENTS)
SMALL_CRITIC = CriticSettings(hidden=8, num_layers=1)


def test_the_loss_is_the_negative_evidence_lower_bound():
    model, images = small_vae(), binary_images()
    losses = VAE()(model, images, generator=generator(7))
    posterior = model.encode(images)
    log_likelihood = Bernoulli(logits=model.decode(posterior.sample(generator(7)))).log_prob(images)
    mean, log_var = means_and_log_variances(posterior)
    kl = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0))
    assert losses.model.item() == pytest.approx((kl.sum() - log_likelihood.sum()).item() / len(images), rel=1e-12)
    assert losses.model.item() == pytest.approx(
        losses.terms["reconstruction"].item() + losses.terms["kl"].item(), rel=1e-12
    )


@every_latent
@pytest.mark.parametrize(
    "objective",
    [
        BetaVAE(beta=1.0),
        BetaVAE(beta=1.0, block_weights=(1.0,) * 4),
        AnnealedVAE(gamma=1.0, capacity=0.0),
        FactorVAE(gamma=0.0, critic=SMALL_CRITIC),
        BetaTCVAE(beta=1.0, estimator="weighted"),
        BetaTCVAE(beta=1.0, estimator="stratified"),
        BetaTCVAE(beta=1.0, estimator="exact"),
    ],
    ids=["beta 1", "block weights 1", "capacity 0", "gamma 0", "TC weighted", "TC stratified", "TC exact"],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_this_objective_is_the_vae_to_the_last_bit(objective, latent, dtype):
    model, images, second = small_vae(latent).to(dtype), binary_images().to(dtype), binary_images(seed=2).to(dtype)
    players = objective.build(model, generator=generator(3))
    for player in players.values():
        player.module.to(dtype)
    batch = objective.sampler.batch_type(*(images, second)[: len(objective.sampler.batch_type._fields)])
    found = objective(model, batch, generator=generator(5), num_observations=100, players=players)
    assert_bit_for_bit(model, found, VAE()(model, images, generator=generator(5)))
