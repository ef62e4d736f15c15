"""beta-VAE: sums over pixels and blocks, one mean over the batch, and weights of single blocks."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from equilab.errors import SettingError
from equilab.latents import Circle, Gaussian, Latent, means_and_log_variances
from equilab.objectives import BetaVAE
from equilab.schedules import Linear
from tests.equilab.objectives.objective_cases import binary_images, generator, gradients, silent, small_vae
from tests.refused import refused


@pytest.fixture
def model():
    return small_vae()


@pytest.fixture
def images():
    return binary_images()


def slow_losses(model, images, beta: float) -> float:
    """rec + beta KL with a Python loop over images, pixels of one image as a sum, and latents."""
    posterior = model.encode(images)
    logits = model.decode(posterior.sample(generator(7)))
    means, log_vars = means_and_log_variances(posterior)
    total = 0.0
    for index in range(len(images)):
        for logit, pixel in zip(logits[index].flatten().tolist(), images[index].flatten().tolist(), strict=True):
            probability = 1 / (1 + torch.exp(torch.tensor(-logit, dtype=torch.float64)).item())
            total -= torch.log(torch.tensor(probability if pixel else 1 - probability, dtype=torch.float64)).item()
        for mean, log_var in zip(means[index], log_vars[index], strict=True):
            total += beta * 0.5 * (mean**2 + log_var.exp() - 1 - log_var).item()
    return total / len(images)


def test_the_loss_is_that_of_a_slow_loop(model, images):
    loss = BetaVAE(beta=6.0)(model, images, generator=generator(7)).model.item()
    assert loss == pytest.approx(slow_losses(model, images, 6.0), rel=1e-12)


def test_beta_weighs_sums_not_means(model, images):
    """A mean over pixels makes beta 16 times larger than it says, a mean over latents four times smaller."""
    posterior = model.encode(images)
    logits = model.decode(posterior.sample(generator(7)))
    log_likelihood = Bernoulli(logits=logits).log_prob(images).sum() / len(images)
    mean, log_var = means_and_log_variances(posterior)
    divergence = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0)).sum() / len(images)
    loss = BetaVAE(beta=6.0)(model, images, generator=generator(7)).model.item()
    assert loss == pytest.approx((6.0 * divergence - log_likelihood).item(), rel=1e-10)
    for wrong in (6.0 * divergence - log_likelihood / 16, 6.0 * divergence / 4 - log_likelihood):
        assert loss != pytest.approx(wrong.item(), rel=0.1)


def test_the_loss_does_not_depend_on_how_often_an_image_is_repeated(model, images):
    once, often = (BetaVAE()(model, batch, silent()) for batch in (images, images.repeat(5, 1, 1, 1)))
    for term in ("reconstruction", "kl"):
        assert once.terms[term].item() == pytest.approx(often.terms[term].item(), rel=1e-10)
    assert once.model.item() == pytest.approx(often.model.item(), rel=1e-10)


def test_kl_is_the_sum_of_the_kl_of_each_block(images):
    losses = BetaVAE()(small_vae(Latent((Circle(), Gaussian(2), Gaussian()))), images, silent())
    assert losses.by_block["kl"].shape == (3,)
    assert losses.terms["kl"].item() == pytest.approx(losses.by_block["kl"].sum().item(), rel=1e-12)


def test_block_weights_weigh_the_kl_of_each_block_and_no_term(images):
    model = small_vae(Latent((Circle(), Gaussian(2), Gaussian())))
    losses = BetaVAE(beta=2.0, block_weights=(0.0, 1.0, 3.0))(model, images, silent())
    plain = BetaVAE(beta=2.0)(model, images, silent())
    kl = plain.by_block["kl"]
    expected = plain.terms["reconstruction"] + 2.0 * (kl[1] + 3.0 * kl[2])
    assert losses.model.item() == pytest.approx(expected.item(), rel=1e-12)
    assert torch.equal(losses.by_block["kl"], kl)


def test_a_block_of_weight_0_has_no_gradient_of_its_kl(images):
    """Its width then has a gradient of the reconstruction alone, which silent noise makes 0."""
    model = small_vae(2)
    gradient = gradients(model, BetaVAE(block_weights=(0.0, 1.0))(model, images, silent()).model)[0]
    assert not gradient[2].any()  # the first block's log variance
    assert gradient[3].any()


@pytest.mark.parametrize(("step", "beta"), [(0, 0.0), (25, 1.0), (100, 4.0), (5000, 4.0)])
def test_a_schedule_of_beta_is_read_at_the_updates_made(model, images, step, beta):
    annealed = BetaVAE(beta=Linear(0.0, 4.0, steps=100))(model, images, generator=generator(7), step=step)
    assert annealed.model.item() == BetaVAE(beta=beta)(model, images, generator=generator(7)).model.item()


@pytest.mark.parametrize("beta", [-1.0, float("inf"), float("nan"), True, "4", None])
def test_a_beta_that_makes_no_sense_is_refused(beta):
    with refused(SettingError, "beta", expected="a number >= 0", got=beta if isinstance(beta, float) else repr(beta)):
        BetaVAE(beta=beta)


@pytest.mark.parametrize("weight", [-1.0, float("inf"), float("nan")])
def test_block_weights_that_make_no_sense_are_refused(weight):
    with refused(SettingError, "block_weights", expected="numbers >= 0"):
        BetaVAE(block_weights=(1.0, weight))


def test_as_many_block_weights_as_blocks_are_needed(model, images):
    with refused(SettingError, "block_weights", expected="4, one for each block", got=(1.0, 2.0)):
        BetaVAE(block_weights=(1.0, 2.0))(model, images, silent())
