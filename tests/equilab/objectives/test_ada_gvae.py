"""Ada-GVAE: a threshold for each pair, averages of means and variances, and the KL once per image."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from equilab.data import Pairs
from equilab.errors import SettingError
from equilab.latents import Circle, Gaussian, Latent, gaussian_posterior, means_and_log_variances
from equilab.objectives import VAE, AdaGVAE, bernoulli_reconstruction, shared_blocks
from tests.equilab.objectives.objective_cases import binary_images, generator, gradients, silent, small_vae
from tests.refused import refused


def unit(means: list[list[float]]):
    """Posteriors of these means and variance 1: KL is half the squared distance of means."""
    mean = torch.tensor(means, dtype=torch.float64)
    return gaussian_posterior(mean, log_var=torch.zeros_like(mean))


def test_each_pair_has_a_threshold_of_its_own():
    """KL 0.5, 2, 8 and 50, 200, 450, with thresholds 4.25 and 250; one threshold of the whole batch fails."""
    shared = shared_blocks(unit([[0.0] * 3] * 2), unit([[1.0, 2.0, 4.0], [10.0, 20.0, 30.0]]))
    assert shared.tolist() == [[True, True, False], [True, True, False]]


def test_the_threshold_lies_halfway_from_the_least_to_the_largest_kl():
    """KL 0, 0, 2, 4.5: halfway is 2.25; the mean, 1.6, the median, 1, and half the distance of means, 1.5, fail."""
    assert shared_blocks(unit([[0.0] * 4]), unit([[0.0, 0.0, 2.0, 3.0]])).tolist() == [[True, True, True, False]]


def test_blocks_are_shared_strictly_below_the_threshold():
    """KL 0, 2 and 4, in blocks of 1, 4 and 8 axes: the second lies on the threshold, exactly."""
    latent = Latent((Gaussian(), Gaussian(4), Gaussian(8)))
    means = [torch.zeros(1, 1), torch.ones(1, 4), torch.ones(1, 8)]
    parameters = torch.cat([part for mean in means for part in (mean, torch.zeros_like(mean))], 1)
    first, second = latent.posterior(torch.zeros(1, 26)), latent.posterior(parameters)
    assert first.kl_to(second).tolist() == [[0.0, 2.0, 4.0]]
    assert shared_blocks(first, second).tolist() == [[True, False, False]]


def test_the_kl_is_that_of_the_first_to_the_second():
    """Of a narrow law to a wide one 0.57 nats, of the wide one to the narrow one 2.19; the threshold is 0.64."""
    first = gaussian_posterior(torch.tensor([[0.0, 0.0, 0.0]]), log_var=torch.tensor([[0.0, -2.0, 0.0]]))
    second = gaussian_posterior(torch.tensor([[0.0, 0.0, 1.6]]), log_var=torch.zeros(1, 3))
    forward = kl_divergence(Normal(0.0, math.exp(-1)), Normal(0.0, 1.0)).item()
    backward = kl_divergence(Normal(0.0, 1.0), Normal(0.0, math.exp(-1))).item()
    threshold = 1.6**2 / 4
    assert forward < threshold < backward
    assert shared_blocks(first, second).tolist() == [[True, True, False]]
    assert shared_blocks(second, first).tolist() == [[True, False, False]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_posteriors_share_nothing_and_give_finite_gradients(dtype):
    model, images = small_vae().to(dtype), binary_images().to(dtype)
    posterior = model.encode(images)
    assert not shared_blocks(posterior, model.encode(images)).any()
    losses = AdaGVAE()(model, Pairs(images, images), generator=generator())
    assert losses.terms["shared"].item() == 0
    assert all(gradient.isfinite().all() for gradient in gradients(model, losses.model))


def test_the_loss_of_pairs_of_equal_images_is_that_of_the_vae():
    model, images = small_vae(), binary_images()
    vae = VAE()(model, images, silent())
    pairs = AdaGVAE(beta=1.0)(model, Pairs(images, images), silent())
    assert pairs.model.item() == pytest.approx(vae.model.item(), rel=1e-12)
    for term in ("reconstruction", "kl"):
        assert pairs.terms[term].item() == pytest.approx(vae.terms[term].item(), rel=1e-12)


def slow_loss(model, batch: Pairs, beta: float) -> Tensor:
    """A loop over pairs and blocks, without noise; the KL of the averaged posterior counts for each of the images."""
    first, second = (means_and_log_variances(model.encode(images)) for images in (batch.images, batch.second))
    total = torch.zeros((), dtype=torch.float64)
    for index in range(len(batch.images)):
        own = [
            [Normal(mean[index, b], (log_var[index, b] / 2).exp()) for b in range(4)]
            for mean, log_var in (first, second)
        ]
        distances = [kl_divergence(one, two) for one, two in zip(*own, strict=True)]
        threshold = (max(distances) + min(distances)) / 2
        for b, distance in enumerate(distances):
            if distance < threshold:
                mean = (own[0][b].mean + own[1][b].mean) / 2
                variance = (own[0][b].variance + own[1][b].variance) / 2
                own[0][b] = own[1][b] = Normal(mean, variance.sqrt())
        for images, laws in zip((batch.images, batch.second), own, strict=True):
            z = torch.stack([law.mean for law in laws])[None]
            total = total + bernoulli_reconstruction(model.decode(z), images[index : index + 1])[0]
            total = total + beta * sum(kl_divergence(law, Normal(0.0, 1.0)) for law in laws)
    return total / (2 * len(batch.images))


def test_loss_and_gradient_are_those_of_a_slow_loop():
    """Fails for averages of log variances or deviations, and for a shared KL that is counted once per pair."""
    model, batch = small_vae(), Pairs(binary_images(), binary_images(seed=2))
    loss = AdaGVAE(beta=3.0)(model, batch, silent()).model
    expected = slow_loss(model, batch, 3.0)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
    for found, slow in zip(gradients(model, loss), gradients(model, expected), strict=True):
        assert torch.allclose(found, slow, rtol=1e-9, atol=1e-10)


def test_terms_are_means_over_both_images():
    model, batch = small_vae(), Pairs(binary_images(), binary_images(seed=2))
    losses = AdaGVAE(beta=3.0)(model, batch, generator=generator())
    terms = losses.terms
    assert losses.model.item() == pytest.approx(terms["reconstruction"].item() + 3.0 * terms["kl"].item(), rel=1e-12)
    assert terms["kl"].item() == pytest.approx(losses.by_block["kl"].sum().item(), rel=1e-12)
    shared = shared_blocks(model.encode(batch.images), model.encode(batch.second))
    assert terms["shared"].item() == pytest.approx(shared.sum().item() / 6, rel=1e-12)
    assert 0 < terms["shared"].item() < 4


def test_the_order_of_the_images_of_a_pair_hardly_matters_where_posteriors_have_one_width():
    """The threshold reads KL(first || second), which is symmetric for equal variances."""
    model, batch = small_vae(), Pairs(binary_images(), binary_images(seed=2))
    with torch.no_grad():
        model.encoder[1].weight[4:] = 0
        model.encoder[1].bias[4:] = -1
    one, two = (AdaGVAE()(model, each, silent()).model.item() for each in (batch, Pairs(batch.second, batch.images)))
    assert one == pytest.approx(two, rel=1e-12)


def test_each_image_is_decoded_from_a_sample_of_its_own():
    """Of a shared block, too: pairs of a model whose blocks are nearly all shared have different samples."""
    model, batch = small_vae(), Pairs(binary_images(), binary_images(seed=2))
    seen = []
    model.decoder[0].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    AdaGVAE()(model, batch, generator=generator())
    first, second = seen[0].chunk(2)
    shared = shared_blocks(model.encode(batch.images), model.encode(batch.second))
    assert (first != second)[shared].all()


@pytest.mark.parametrize("which", ["images", "second"])
def test_the_gradient_of_a_shared_block_reaches_both_encodings(which):
    """Through the reconstruction and the KL of one image alone: a stopped average fails."""
    latent = Latent.gaussian(3)
    leaves = [torch.randn(5, 6, dtype=torch.float64, generator=generator(seed)).requires_grad_() for seed in (0, 1)]
    first, second = map(latent.posterior, leaves)
    shared = shared_blocks(first, second)
    averaged = first.averaged(second, shared) if which == "images" else second.averaged(first, shared)
    loss = averaged.sample(generator(2)).square().sum() + averaged.kl().sum()
    for leaf, own in zip(leaves, ("images", "second"), strict=True):
        (gradient,) = torch.autograd.grad(loss, leaf, retain_graph=True)
        reached = (gradient != 0)[:, :3]
        assert torch.equal(reached, torch.ones_like(shared) if own == which else shared)


def test_circles_cannot_be_shared_and_are_refused():
    model = small_vae(Latent((Circle(), Gaussian())))
    with refused(SettingError, "latent", expected="closed KL between posteriors", got="Circle"):
        AdaGVAE()(model, Pairs(binary_images(), binary_images(seed=2)), silent())


def test_blocks_of_several_axes_are_shared_whole():
    model = small_vae(Latent((Gaussian(2), Gaussian(3), Gaussian())))
    batch = Pairs(binary_images(), binary_images(seed=2))
    losses = AdaGVAE()(model, batch, silent())
    assert losses.by_block["kl"].shape == (3,)
    assert shared_blocks(model.encode(batch.images), model.encode(batch.second)).shape == (6, 3)


@pytest.mark.parametrize("beta", [-1.0, float("nan"), float("inf")])
def test_a_beta_that_makes_no_sense_is_refused(beta):
    with refused(SettingError, "beta", expected="a number >= 0", got=beta):
        AdaGVAE(beta=beta)
