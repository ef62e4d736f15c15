"""Laws of every block: densities integrate to 1, samples follow them, KL against Monte Carlo, gradients, actions."""

import dataclasses
import inspect
import math

import numpy as np
import pytest
import torch
from torch import Tensor

import equilab.latents
from equilab.errors import GroupError, SettingError
from equilab.groups import SO2
from equilab.latents import Block, Circle, Gaussian, GaussianPosterior, wrapped_normal_kl
from tests.refused import refused

BLOCKS = [
    value
    for value in vars(equilab.latents).values()
    if inspect.isclass(value) and issubclass(value, Block) and not inspect.isabstract(value)
]
WIDTHS = (-3.0, -1.0, -0.7, 0.0, 1.0, 4.0)  # numbers that set the width of a posterior, narrow to wide


@pytest.fixture(params=BLOCKS, ids=lambda found: found.__name__)
def block(request: pytest.FixtureRequest) -> Block:
    return request.param()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def parameters(block: Block, width: float, num: int = 1) -> Tensor:
    """Numbers (num, num_parameters), float64, of posteriors at different places with one width."""
    places = torch.randn(num, block.num_parameters, dtype=torch.float64, generator=generator(1))
    places[:, -1:] = width
    return places


def test_a_block_is_a_frozen_dataclass_whose_name_is_not_compared(block):
    assert block.__dataclass_params__.frozen
    assert dataclasses.replace(block, name="other") == block


@pytest.mark.parametrize("width", WIDTHS)
def test_the_kl_is_that_of_a_million_samples(block, width):
    posterior = block.posterior(parameters(block, width))
    noise = torch.randn(1_000_000, block.noise_dim, dtype=torch.float64, generator=generator(2))
    z = posterior.sample(noise)
    ratio = posterior.log_prob(z) - block.log_prior(z)
    error = ratio.std().item() / 1000
    assert posterior.kl().item() == pytest.approx(ratio.mean().item(), abs=4 * error + 1e-9)
    assert posterior.kl().item() >= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_moments_of_samples_are_those_of_the_density(block, width):
    """E[z] and E[z z^T] of 10^6 samples within 5 standard errors of the density's, weighted over a fine grid."""
    posterior = block.posterior(parameters(block, width))
    z = posterior.sample(torch.randn(1_000_000, block.noise_dim, dtype=torch.float64, generator=generator(3)))
    points, volume = grid(block, posterior)
    weights = (posterior.log_prob(points).exp() * volume)[:, None]
    for power in (1, 2):
        sampled = z**power
        assert torch.allclose(
            sampled.mean(0),
            (weights * points**power).sum(0),
            rtol=0,
            atol=5 * sampled.std(0).max().item() / 1000 + 1e-6,
        )


def grid(block: Block, posterior) -> tuple[Tensor, float]:
    """Points (n, dim) that cover a block of intrinsic dimension 1 where its posterior has mass, and their spacing."""
    assert block.intrinsic_dim == 1, "quadrature of this test is over a line"
    if isinstance(posterior, GaussianPosterior):
        reach = 12 * math.exp(0.5 * posterior.log_var.item())
        line = torch.linspace(-reach, reach, 20_001, dtype=torch.float64)
        return (line + posterior.mean.item())[:, None], (line[1] - line[0]).item()
    angle = torch.arange(20_000, dtype=torch.float64) * (2 * math.pi / 20_000)
    return torch.stack([angle.cos(), angle.sin()], 1), 2 * math.pi / 20_000


@pytest.mark.parametrize("width", WIDTHS)
def test_the_density_integrates_to_one(block, width):
    posterior = block.posterior(parameters(block, width))
    points, volume = grid(block, posterior)
    assert (posterior.log_prob(points).exp() * volume).sum().item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e-3, 1.0, 30.0])
def test_gradients_are_finite_at_0_and_far_from_it(block, dtype, scale):
    numbers = torch.randn(16, block.num_parameters, dtype=dtype, generator=generator(4)) * scale
    numbers.requires_grad_()
    posterior = block.posterior(numbers)
    z = posterior.sample(torch.randn(16, block.noise_dim, dtype=dtype, generator=generator(5)))
    (posterior.kl().sum() + posterior.log_prob(z.detach()).sum() + z.square().sum() + z.sum()).backward()
    assert numbers.grad is not None
    assert numbers.grad.isfinite().all()
    assert z.dtype == dtype


def test_gradients_of_kl_and_sample_agree_with_finite_differences(block):
    numbers = parameters(block, -0.3, num=5).requires_grad_()
    noise = torch.randn(5, block.noise_dim, dtype=torch.float64, generator=generator(6))
    assert torch.autograd.gradcheck(lambda p: block.posterior(p).kl(), numbers)
    assert torch.autograd.gradcheck(lambda p: block.posterior(p).sample(noise), numbers)
    z = block.posterior(numbers).sample(noise).detach()
    assert torch.autograd.gradcheck(lambda p: block.posterior(p).log_prob(z), numbers)


def test_the_group_acts_by_its_product_and_moves_the_posterior_along(block):
    numbers = parameters(block, -0.5, num=7)
    z = block.posterior(numbers).mean
    if block.group is None:
        with refused(GroupError, "g", expected=type(block).__name__):
            block.act(SO2.element("1/8"), z)
        return
    g, h = SO2.element("1/8"), SO2.element("0.3")
    assert torch.allclose(block.act(g, block.act(h, z)), block.act(SO2.compose(g, h), z), atol=1e-14)
    assert torch.allclose(block.act(block.group.identity, z), z, atol=0)
    moved = numbers.clone()
    moved[:, : block.dim] = block.act(g, numbers[:, : block.dim])
    before, after = block.posterior(numbers), block.posterior(moved)
    assert torch.allclose(after.mean, block.act(g, before.mean), atol=1e-14)
    assert torch.allclose(after.kl(), before.kl(), atol=1e-14)
    noise = torch.randn(7, block.noise_dim, dtype=torch.float64, generator=generator(7))
    assert torch.allclose(after.sample(noise), block.act(g, before.sample(noise)), atol=1e-14)
    assert torch.allclose(after.log_prob(block.act(g, z)), before.log_prob(z), atol=1e-12)


def test_a_traversal_stays_on_the_manifold(block):
    code = block.posterior(parameters(block, -1.0)).mean[0]
    path = block.path(code, 9)
    assert path.shape == (block.intrinsic_dim, 9, block.dim)
    assert len(block.positions(9)) == 9
    values = block.values(path[0].numpy())
    assert np.allclose(values, path[0].numpy(), atol=1e-12)
    assert len(np.unique(values.round(9), axis=0)) == 9  # no point twice: the end of a circle is not its beginning


def test_an_element_of_another_group_does_not_act_on_a_circle():
    with refused(GroupError, "g", expected="SO(2)"):
        Circle().act(equilab.groups.O2.element("1/4", mirror=True), torch.ones(1, 2))


@pytest.mark.parametrize("axes", [0, -1, 1.5, True])
def test_a_gaussian_block_has_at_least_one_axis(axes):
    with refused(SettingError, "axes", got=axes):
        Gaussian(axes)


def test_the_kl_of_a_wrapped_normal_is_that_of_quadrature_at_every_width():
    """Fails for the KL of a Gaussian with the entropy of a line, which is wrong above 0.5 radians."""
    sigma = torch.cat(
        [torch.logspace(-2, math.log10(3), 60, dtype=torch.float64), torch.tensor([0.4999999, 0.5, 0.5000001])]
    )
    angle = torch.arange(20_000, dtype=torch.float64) * (2 * math.pi / 20_000) - math.pi
    log_density = equilab.latents.wrapped_normal_log_prob(angle, sigma[:, None])
    expected = (log_density.exp() * (log_density + math.log(2 * math.pi))).mean(1) * 2 * math.pi
    assert torch.allclose(wrapped_normal_kl(sigma), expected, atol=1e-7)
    line = 0.5 * math.log(2 * math.pi) - 0.5 - torch.log(sigma)
    assert (line - expected).abs().max() > 0.1


def test_posteriors_average_means_and_variances():
    """Fails for averaged log variances, averaged standard deviations, and a sum over K^2."""
    one = GaussianPosterior(torch.tensor([[1.0]]), torch.tensor([[4.0]]).log())
    two = GaussianPosterior(torch.tensor([[3.0]]), torch.tensor([[16.0]]).log())
    both = one.average(two)
    assert (both.mean.item(), both.log_var.exp().item()) == (2.0, pytest.approx(10.0))
    assert not any(math.isclose(both.log_var.exp().item(), wrong) for wrong in (8.0, 9.0, 5.0))


def test_the_kl_between_gaussians_is_that_of_torch():
    one, two = (GaussianPosterior(*torch.randn(2, 6, 3, generator=generator(seed))) for seed in (0, 1))
    normals = [torch.distributions.Normal(each.mean, torch.exp(0.5 * each.log_var)) for each in (one, two)]
    assert torch.allclose(one.kl_to(two), torch.distributions.kl_divergence(*normals).sum(-1), rtol=1e-5)
    assert torch.equal(one.kl_to(one), torch.zeros(6))


def test_a_block_without_a_closed_form_refuses_by_name():
    posterior = Circle().posterior(torch.ones(1, 3))
    with refused(SettingError, "latent", got="Circle"):
        posterior.kl_to(posterior)
    with refused(SettingError, "latent", got="Circle"):
        posterior.average(posterior)
