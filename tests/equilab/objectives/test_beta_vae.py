"""VAE and beta-VAE: sums over pixels and latents, one mean over the batch."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from equilab.errors import SettingError
from equilab.models import ConvVAE
from equilab.objectives import VAE, BetaVAE


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def model():
    return ConvVAE(latent_dim=4).build((1, 64, 64), generator=generator()).double()


@pytest.fixture
def images():
    return torch.rand(3, 1, 64, 64, dtype=torch.float64, generator=generator(1)).round()


def slow_losses(model, images, beta: float) -> float:
    """rec + beta KL with a Python loop over images, pixels of one image as a sum, and latents."""
    posterior = model.encode(images)
    logits = model.decode(posterior.sample(generator(7)))
    total = 0.0
    for index in range(len(images)):
        for logit, pixel in zip(logits[index].flatten().tolist(), images[index].flatten().tolist(), strict=True):
            probability = 1 / (1 + torch.exp(torch.tensor(-logit, dtype=torch.float64)).item())
            total -= torch.log(torch.tensor(probability if pixel else 1 - probability, dtype=torch.float64)).item()
        for mean, log_var in zip(posterior.mean[index].tolist(), posterior.log_var[index].tolist(), strict=True):
            total += beta * 0.5 * (mean**2 + torch.tensor(log_var).exp().item() - 1 - log_var)
    return total / len(images)


def test_the_loss_is_that_of_a_slow_loop(model, images):
    loss = BetaVAE(beta=6.0)(model, images, step=0, generator=generator(7)).model.item()
    assert loss == pytest.approx(slow_losses(model, images, 6.0), rel=1e-6)


def test_beta_weighs_sums_not_means(model, images):
    """A mean over pixels makes beta 4,096 times larger than it says: such a loss fails here."""
    posterior = model.encode(images)
    logits = model.decode(posterior.sample(generator(7)))
    log_likelihood = Bernoulli(logits=logits).log_prob(images).sum() / len(images)
    divergence = kl_divergence(Normal(posterior.mean, (posterior.log_var / 2).exp()), Normal(0.0, 1.0)).sum() / len(
        images
    )
    loss = BetaVAE(beta=6.0)(model, images, step=0, generator=generator(7)).model
    assert loss.item() == pytest.approx((6.0 * divergence - log_likelihood).item(), rel=1e-10)
    mean_over_pixels = 6.0 * divergence - log_likelihood / 4096
    assert loss.item() != pytest.approx(mean_over_pixels.item(), rel=0.1)


def test_the_loss_does_not_depend_on_how_often_an_image_is_repeated(model, images):
    with torch.no_grad():  # a posterior without width, so that every repetition has the same latents
        model.encoder[-1].weight[4:] = 0
        model.encoder[-1].bias[4:] = -100
    once = BetaVAE()(model, images[:1], step=0, generator=generator())
    often = BetaVAE()(model, images[:1].repeat(5, 1, 1, 1), step=0, generator=generator())
    for term in ("reconstruction", "kl"):
        assert once.terms[term].item() == pytest.approx(often.terms[term].item(), rel=1e-10)
    assert once.model.item() == pytest.approx(often.model.item(), rel=1e-10)


def test_vae_is_beta_vae_with_beta_one(model, images):
    vae = VAE()(model, images, step=0, generator=generator()).model
    beta_vae = BetaVAE(beta=1.0)(model, images, step=0, generator=generator()).model
    assert torch.equal(vae, beta_vae)


def test_kl_is_the_sum_of_the_kl_of_each_latent(model, images):
    terms = BetaVAE()(model, images, step=0, generator=generator()).terms
    assert terms["kl_per_latent"].shape == (4,)
    assert terms["kl"].item() == pytest.approx(terms["kl_per_latent"].sum().item(), rel=1e-12)


@pytest.mark.parametrize("beta", [-1.0, float("inf"), float("nan")])
def test_a_beta_that_makes_no_sense_is_refused(beta):
    with pytest.raises(SettingError, match=f"beta: expected a number >= 0, got {beta}"):
        BetaVAE(beta=beta)
