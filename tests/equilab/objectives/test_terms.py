"""The parts of the objectives against torch.distributions and slow loops."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from equilab.latents import Circle, Gaussian, Latent, gaussian_posterior, means_and_log_variances
from equilab.noise import GeneratorNoise
from equilab.objectives import bernoulli_reconstruction, evidence
from tests.equilab.objectives.objective_cases import Silent, binary_images, generator, small_vae


def test_reconstruction_is_minus_the_log_probability_summed_over_pixels():
    logits = torch.randn(3, 2, 5, 4, dtype=torch.float64, generator=generator())
    images = torch.rand(3, 2, 5, 4, dtype=torch.float64, generator=generator(1)).round()
    expected = -Bernoulli(logits=logits).log_prob(images).sum((1, 2, 3))
    assert torch.allclose(bernoulli_reconstruction(logits, images), expected, rtol=1e-12)


def test_reconstruction_stays_finite_at_extreme_logits():
    logits = torch.tensor([[[[1e4, -1e4]]]])
    assert bernoulli_reconstruction(logits, torch.tensor([[[[1.0, 0.0]]]])).item() == 0
    assert bernoulli_reconstruction(logits, torch.tensor([[[[0.0, 1.0]]]])).item() == 2e4


def test_kl_is_that_of_two_gaussians_for_each_block():
    mean = torch.randn(6, 4, dtype=torch.float64, generator=generator())
    log_var = torch.randn(6, 4, dtype=torch.float64, generator=generator(1))
    expected = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0))
    assert torch.allclose(gaussian_posterior(mean, log_var=log_var).kl(), expected, rtol=1e-12)


def test_the_evidence_sums_over_pixels_and_axes_and_takes_one_mean_over_images():
    """A mean over pixels, or over the two axes of a block, fails here."""
    model, images = small_vae(Latent((Gaussian(2), Gaussian()))), binary_images()
    found = evidence(model, images, GeneratorNoise(generator(7)))
    posterior = model.encode(images)
    assert torch.equal(found.z, posterior.sample(generator(7)))
    log_likelihood = Bernoulli(logits=model.decode(found.z)).log_prob(images)
    assert found.reconstruction.item() == pytest.approx(-log_likelihood.sum().item() / len(images), rel=1e-12)
    mean, log_var = means_and_log_variances(posterior)
    of_axis = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0)).mean(0)
    assert found.kl.tolist() == pytest.approx([(of_axis[0] + of_axis[1]).item(), of_axis[2].item()], rel=1e-12)


def test_the_evidence_of_repeated_images_is_that_of_the_images():
    model, images = small_vae(Latent((Circle(), Gaussian()))), binary_images()
    once, often = (evidence(model, batch, Silent()) for batch in (images, images.repeat(5, 1, 1, 1)))
    assert often.reconstruction.item() == pytest.approx(once.reconstruction.item(), rel=1e-12)
    assert often.kl.tolist() == pytest.approx(once.kl.tolist(), rel=1e-12)


def test_terms_of_the_evidence_are_detached_and_the_loss_is_not():
    found = evidence(small_vae(), binary_images(), Silent())
    losses = found.losses(found.reconstruction, {"more": found.kl[0]})
    assert losses.model.requires_grad
    assert list(losses.terms) == ["reconstruction", "kl", "more"]
    assert not any(term.requires_grad for term in (*losses.terms.values(), *losses.by_block.values()))
    assert losses.terms["kl"].item() == pytest.approx(losses.by_block["kl"].sum().item(), rel=1e-12)
