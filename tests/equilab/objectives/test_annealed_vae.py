"""AnnealedVAE: the distance of the batch's mean KL, summed over blocks, from a capacity that grows."""

import pytest
import torch

from equilab.errors import SettingError
from equilab.latents import Circle, Gaussian, Latent
from equilab.objectives import AnnealedVAE, BetaVAE
from equilab.schedules import Constant, Linear
from tests.equilab.objectives.objective_cases import binary_images, generator, gradients, silent, small_vae
from tests.refused import refused


def test_the_published_settings_are_the_defaults():
    objective = AnnealedVAE()
    assert (objective.gamma, objective.capacity) == (1000.0, Linear(0.0, 25.0, steps=100_000))


@pytest.mark.parametrize(
    ("step", "capacity"), [(0, 0.0), (1, 0.00025), (50_000, 12.5), (99_999, 24.99975), (100_000, 25.0), (300_000, 25.0)]
)
def test_the_capacity_is_0_at_the_first_update_then_linear_then_constant(step, capacity):
    losses = AnnealedVAE()(small_vae(), binary_images(), silent(step))
    assert losses.terms["capacity"].item() == pytest.approx(capacity, rel=1e-6)
    distance = abs(losses.terms["kl"].item() - capacity)
    assert losses.model.item() == pytest.approx(losses.terms["reconstruction"].item() + 1000 * distance, rel=1e-9)


def kl_of_images(model, images):
    return model.encode(images).kl().sum(1)


@pytest.fixture
def uneven():
    """A model and images some of which have a KL below the capacity of 3 nats, and some above."""
    model, images = small_vae(seed=4), binary_images(12)
    with torch.no_grad():
        model.encoder[1].weight *= 0.5
    capacity = kl_of_images(model, images).mean().item() + 0.1
    assert kl_of_images(model, images).min() < capacity - 0.5 < capacity + 0.5 < kl_of_images(model, images).max()
    return model, images, capacity


def test_the_absolute_value_is_of_the_batchs_mean(uneven):
    """Fails for the mean of each image's distance, which is larger."""
    model, images, capacity = uneven
    losses = AnnealedVAE(gamma=7.0, capacity=capacity)(model, images, silent())
    kl = kl_of_images(model, images)
    distance = (losses.model - losses.terms["reconstruction"]).item() / 7
    assert distance == pytest.approx((kl.mean() - capacity).abs().item(), rel=1e-9)
    assert (kl - capacity).abs().mean().item() > 2 * distance


def test_the_capacity_is_that_of_the_sum_over_blocks(uneven):
    """Fails for a capacity of each block."""
    model, images, capacity = uneven
    losses = AnnealedVAE(gamma=7.0, capacity=capacity)(model, images, silent())
    of_blocks = (losses.by_block["kl"] - capacity).abs().sum().item()
    assert of_blocks > 2 * (losses.model - losses.terms["reconstruction"]).item() / 7


def test_below_the_capacity_the_kl_is_pulled_up_and_above_it_down():
    """The gradient is that of beta-VAE with beta = gamma above the capacity, and with -gamma below it."""
    model, images = small_vae(), binary_images()
    kl = kl_of_images(model, images).mean().item()
    bound = BetaVAE(beta=0.0)(model, images, generator=generator())
    slope = BetaVAE(beta=1.0)(model, images, generator=generator())
    for capacity, sign in ((kl - 0.01, 1), (kl + 0.01, -1)):
        losses = AnnealedVAE(gamma=5.0, capacity=capacity)(model, images, generator=generator())
        parts = zip(*(gradients(model, each.model) for each in (losses, bound, slope)), strict=True)
        for found, reconstruction, both in parts:
            expected = reconstruction + sign * 5.0 * (both - reconstruction)
            assert torch.allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("capacity", [2.0, Constant(2.0)], ids=["number", "schedule"])
def test_losses_and_terms_have_the_precision_of_the_model(dtype, capacity):
    model, images = small_vae(Latent((Circle(), Gaussian()))).to(dtype), binary_images().to(dtype)
    losses = AnnealedVAE(capacity=capacity)(model, images, silent())
    assert losses.model.dtype == dtype
    assert {term.dtype for term in losses.terms.values()} == {dtype}
    assert all(term.shape == () for term in losses.terms.values())


@pytest.mark.parametrize("name", ["gamma", "capacity"])
@pytest.mark.parametrize(
    "weight", [-1.0, float("nan"), float("inf"), True, Linear(-1.0, 2.0, steps=10), Linear(1.0, -2.0, steps=10)]
)
def test_a_weight_or_a_capacity_that_is_somewhere_negative_is_refused(name, weight):
    with refused(SettingError, name, expected="a number >= 0"):
        AnnealedVAE(**{name: weight})
