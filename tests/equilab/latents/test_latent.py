"""A latent of several blocks: layout, noise, KL by block, permutation, averages; all as its blocks alone would give."""

import pytest
import torch

from equilab.errors import DataError, SettingError, ShapeError
from equilab.latents import Circle, Gaussian, Latent, gaussian_posterior, means_and_log_variances
from equilab.noise import GeneratorNoise
from tests.refused import refused

MIXED = Latent((Gaussian(), Gaussian(), Circle("a"), Gaussian(2), Circle("b"), Circle("c")))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def posterior():
    return MIXED.posterior(torch.randn(16, MIXED.num_parameters, dtype=torch.float64, generator=generator()))


def test_sizes_are_the_sums_over_blocks():
    assert (MIXED.dim, MIXED.num_parameters, MIXED.noise_dim) == (2 + 2 + 2 + 4, 4 + 3 + 4 + 6, 2 + 1 + 2 + 2)
    assert [stretch.count for stretch in MIXED.stretches] == [2, 1, 1, 2]
    assert [block.axes for block in MIXED.code_blocks] == [(0,), (1,), (2, 3), (4, 5), (6, 7), (8, 9)]
    assert [block.label for block in MIXED.code_blocks] == ["z0", "z1", "a", "z3", "b", "c"]


def test_gaussian_blocks_of_one_axis_are_the_usual_vae():
    """The first half of the encoder's numbers are means, the second half log variances."""
    mean, log_var = torch.randn(2, 5, 3, generator=generator())
    posterior = Latent.gaussian(3).posterior(torch.cat([mean, log_var], 1))
    assert torch.equal(posterior.mean, mean)
    expected = 0.5 * (mean**2 + log_var.exp() - 1 - log_var)
    assert torch.equal(posterior.kl(), expected)
    noise = torch.randn(5, 3, generator=generator(1))
    assert torch.equal(posterior.sample(generator(1)), mean + torch.exp(0.5 * log_var) * noise)
    assert torch.equal(gaussian_posterior(mean, log_var=log_var).kl(), expected)
    assert all(map(torch.equal, means_and_log_variances(posterior), (mean, log_var)))


def close(one: torch.Tensor, two: torch.Tensor) -> bool:
    """Equal to float64 round-off: vectorised loops may round in another order."""
    return torch.allclose(one, two, rtol=1e-13, atol=1e-13)


def test_every_block_gives_what_it_gives_alone(posterior):
    noise = GeneratorNoise(generator(2)).normal(16, MIXED.noise_dim, like=posterior.mean)
    z, start = posterior.sample(generator(2)), 0
    for index, block in enumerate(MIXED.code_blocks):
        alone = block.manifold.posterior(own_parameters(posterior.parameters, index))
        axes, width = list(block.axes), block.manifold.noise_dim
        assert close(posterior.mean[:, axes], alone.mean)
        assert close(posterior.kl()[:, index], alone.kl())
        assert close(z[:, axes], alone.sample(noise[:, start : start + width]))
        assert close(posterior.log_prob(z)[:, index], alone.log_prob(z[:, axes]))
        assert close(MIXED.log_prior(z)[:, index], block.manifold.log_prior(z[:, axes]))
        start += width


def own_parameters(parameters: torch.Tensor, index: int) -> torch.Tensor:
    """The numbers of one block: every `count`-th of its stretch."""
    start = first = 0
    for stretch in MIXED.stretches:
        width = stretch.count * stretch.block.num_parameters
        if index < first + stretch.count:
            return parameters[:, start + index - first : start + width : stretch.count]
        start, first = start + width, first + stretch.count
    raise AssertionError(index)


def test_pairwise_log_densities_are_those_of_a_slow_loop(posterior):
    z = posterior.sample(generator(3))[:5]
    found = posterior.pairwise_log_prob(z)
    assert found.shape == (5, 16, 6)
    for row in range(5):
        same = z[row].expand(16, -1)
        assert torch.allclose(found[row], posterior.log_prob(same), atol=1e-12)


def test_whole_blocks_are_permuted_over_the_batch(posterior):
    """Fails for a permutation per axis, one permutation of whole rows, and blocks permuted within an image."""
    z = posterior.sample(generator(4))
    permuted = MIXED.permute(z, GeneratorNoise(generator(5)))
    orders = []
    for block in MIXED.code_blocks:
        axes = list(block.axes)
        rows = (permuted[:, None, axes] == z[None, :, axes]).all(-1)  # which row of z each block came from
        assert (rows.sum(1) == 1).all()
        orders.append(rows.int().argmax(1))
        assert orders[-1].sort().values.tolist() == list(range(16))
    assert not any(torch.equal(orders[0], other) for other in orders[1:])


def test_only_shared_blocks_are_averaged():
    latent = Latent((Gaussian(), Gaussian(2)))
    one, two = (latent.posterior(torch.randn(4, 6, generator=generator(seed))) for seed in (0, 1))
    shared = torch.tensor([[True, False], [False, True], [True, True], [False, False]])
    both = one.averaged(two, shared)
    middle = (one.mean + two.mean) / 2
    of_axis = shared[:, [0, 1, 1]]
    assert torch.allclose(both.mean, torch.where(of_axis, middle, one.mean))
    assert torch.equal(both.kl()[3], one.kl()[3])
    again = two.averaged(one, shared)
    assert torch.equal(both.mean[2], again.mean[2])


def test_a_circle_cannot_be_averaged_and_says_so():
    one = Latent((Circle(),)).posterior(torch.ones(2, 3))
    with refused(SettingError, "latent", got="Circle"):
        one.averaged(one, torch.ones(2, 1, dtype=torch.bool))
    with refused(DataError, "posterior", got="Circle(name='')"):
        means_and_log_variances(one)


def test_names_do_not_break_a_stretch_and_must_differ():
    latent = Latent((Gaussian(name="a"), Gaussian(), Gaussian(name="b")))
    assert [stretch.count for stretch in latent.stretches] == [3]
    assert [block.label for block in latent.code_blocks] == ["a", "z1", "b"]
    with refused(SettingError, "blocks", got="z1 twice"):
        Latent((Gaussian(name="z1"), Gaussian()))


@pytest.mark.parametrize("blocks", [(), Gaussian(), ("circle",), (Gaussian,)])
def test_a_latent_is_made_of_blocks(blocks):
    with refused(SettingError, "blocks"):
        Latent(blocks)


def test_other_shapes_are_refused():
    with refused(ShapeError, "parameters", expected="(batch, 17)", got=(4, 16)):
        MIXED.posterior(torch.ones(4, 16))
    with refused(ShapeError, "log_var", expected="(4, 2)", got=(4, 3)):
        gaussian_posterior(torch.ones(4, 2), log_var=torch.ones(4, 3))
