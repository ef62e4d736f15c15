"""The parts of the objectives against torch.distributions and slow loops."""

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from equilab.models import Posterior
from equilab.objectives import bernoulli_reconstruction, gaussian_kl, permute_latents


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_reconstruction_is_minus_the_log_probability_summed_over_pixels():
    logits = torch.randn(3, 2, 5, 4, dtype=torch.float64, generator=generator())
    images = torch.rand(3, 2, 5, 4, dtype=torch.float64, generator=generator(1)).round()
    expected = -Bernoulli(logits=logits).log_prob(images).sum((1, 2, 3))
    assert torch.allclose(bernoulli_reconstruction(logits, images), expected, rtol=1e-12)


def test_reconstruction_stays_finite_at_extreme_logits():
    logits = torch.tensor([[[[1e4, -1e4]]]])
    assert bernoulli_reconstruction(logits, torch.tensor([[[[1.0, 0.0]]]])).item() == 0
    assert bernoulli_reconstruction(logits, torch.tensor([[[[0.0, 1.0]]]])).item() == 2e4


def test_kl_is_that_of_two_gaussians_for_each_latent():
    mean = torch.randn(6, 4, dtype=torch.float64, generator=generator())
    log_var = torch.randn(6, 4, dtype=torch.float64, generator=generator(1))
    expected = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0))
    assert torch.allclose(gaussian_kl(Posterior(mean, log_var)), expected, rtol=1e-12)
    assert (gaussian_kl(Posterior(mean, log_var)) >= 0).all()


def correlated(batch: int = 4096) -> torch.Tensor:
    """Two latents that are nearly equal, of means 0 and 5, and scales 1 and 3."""
    first = torch.randn(batch, generator=generator())
    return torch.stack([first, 5 + 3 * first + 0.1 * torch.randn(batch, generator=generator(1))], 1)


def permute_the_wrong_axis(z: torch.Tensor) -> torch.Tensor:
    """What some peers ship: the latents of each sample are shuffled among themselves."""
    return z.gather(1, torch.rand(z.shape, generator=generator()).argsort(1))


def keeps_the_marginals(z: torch.Tensor, permuted: torch.Tensor) -> bool:
    return torch.equal(z.sort(0).values, permuted.sort(0).values)


def test_permuting_keeps_every_marginal_and_removes_the_correlation():
    z = correlated()
    permuted = permute_latents(z, generator=generator(2))
    assert keeps_the_marginals(z, permuted)
    assert torch.corrcoef(z.T)[0, 1] > 0.99
    assert torch.corrcoef(permuted.T)[0, 1].abs() < 4 / 4096**0.5
    assert not keeps_the_marginals(z, permute_the_wrong_axis(z))


def test_each_latent_has_a_permutation_of_its_own():
    z = torch.arange(50.0).repeat(3, 1).T
    permuted = permute_latents(z, generator=generator())
    assert not torch.equal(permuted[:, 0], permuted[:, 1])
    assert not torch.equal(permuted[:, 1], permuted[:, 2])
