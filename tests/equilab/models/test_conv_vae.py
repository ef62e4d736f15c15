"""The published networks: sizes, initialisation, shapes, and the errors of wrong input."""

import math

import pytest
import torch
from torch import nn

from equilab.errors import SettingError, ShapeError
from equilab.models import ConvVAE, Critic, build_xavier

NETWORKS = ("locatello", "burgess", "kim_mnih")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("network", "encoder", "decoder"),
    [("locatello", 309_204, 381_313), ("burgess", 252_052, 249_953), ("kim_mnih", 249_172, 248_833)],
)
def test_networks_have_the_published_number_of_parameters(network, encoder, decoder):
    model = ConvVAE(network, latent_dim=10).build((1, 64, 64), generator=generator())
    assert (count(model.encoder), count(model.decoder)) == (encoder, decoder)


def test_the_critic_has_the_published_number_of_parameters():
    assert count(Critic(10)) == 5_018_002


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_batch_keeps_its_shape_through_encoder_and_decoder(network, channels, dtype):
    model = ConvVAE(network, latent_dim=7).build((channels, 64, 64), generator=generator()).to(dtype)
    images = torch.rand(3, channels, 64, 64, dtype=dtype, generator=generator())
    posterior = model.encode(images)
    assert posterior.mean.shape == posterior.log_var.shape == (3, 7)
    assert model(images).shape == images.shape
    assert 0 <= model(images).min() <= model(images).max() <= 1


@pytest.mark.parametrize("network", NETWORKS)
def test_weights_are_xavier_uniform_and_biases_zero(network):
    model = ConvVAE(network).build((1, 64, 64), generator=generator())
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            assert not parameter.any(), name
            continue
        receptive = math.prod(parameter.shape[2:])
        bound = math.sqrt(6 / ((parameter.shape[0] + parameter.shape[1]) * receptive))
        assert parameter.abs().max() <= bound
        if parameter.numel() > 1000:  # a uniform law on (-a, a) has variance a^2 / 3
            assert parameter.var().item() == pytest.approx(bound**2 / 3, rel=0.15)


def test_one_seed_gives_one_model_and_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    first, second, other = (ConvVAE().build((1, 64, 64), generator=generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    pairs = zip(first.parameters(), second.parameters(), other.parameters(), strict=True)
    for same, again, different in pairs:
        assert torch.equal(same, again)
        assert same.ndim == 1 or not torch.equal(same, different)


def test_the_posterior_sample_has_the_mean_and_the_variance_that_it_says():
    model = ConvVAE(latent_dim=2).build((1, 64, 64), generator=generator())
    posterior = model.encode(torch.ones(1, 1, 64, 64))
    many = type(posterior)(posterior.mean.expand(20_000, -1), posterior.log_var.expand(20_000, -1))
    sample = many.sample(generator(3))
    deviation = (posterior.log_var / 2).exp()
    assert torch.allclose(sample.mean(0), posterior.mean[0], atol=4 * deviation.max().item() / 141)
    assert torch.allclose(sample.var(0).log(), posterior.log_var[0], atol=0.05)


def test_encoder_refuses_images_of_another_size():
    model = ConvVAE().build((1, 64, 64), generator=generator())
    with pytest.raises(ShapeError, match=r"images: expected \(batch, 1, 64, 64\), got \(2, 3, 64, 64\)"):
        model.encode(torch.zeros(2, 3, 64, 64))
    with pytest.raises(ShapeError, match=r"z: expected \(batch, 10\), got \(2, 9\)"):
        model.decode(torch.zeros(2, 9))


def test_settings_refuse_what_cannot_be_built():
    with pytest.raises(ShapeError, match=r"expected \(channels, 64, 64\)"):
        ConvVAE().build((1, 32, 32), generator=generator())
    with pytest.raises(SettingError, match="expected one of locatello, burgess, kim_mnih, got 'burges'"):
        ConvVAE("burges")  # pyright: ignore[reportArgumentType]
    with pytest.raises(SettingError, match="latent_dim: expected at least 1, got 0"):
        ConvVAE(latent_dim=0)


class Filled(nn.Module):
    """A layer, a norm and a table, with weights that no initialisation would give."""

    def __init__(self):
        super().__init__()
        self.layer, self.norm = nn.Linear(5, 4), nn.BatchNorm1d(4)
        self.register_buffer("table", torch.arange(6))
        for parameter in self.layer.parameters():
            nn.init.constant_(parameter, torch.nan)


def test_build_xavier_draws_weights_zeroes_biases_and_keeps_all_else():
    module = build_xavier(Filled, generator=generator())
    assert module.layer.weight.isfinite().all()
    assert not module.layer.bias.any()
    assert module.norm.weight.tolist() == [1.0] * 4
    assert module.norm.running_var.tolist() == [1.0] * 4
    assert module.table.tolist() == list(range(6))


def test_colour_images_have_the_wider_layer_of_kim_and_mnih():
    model = ConvVAE("kim_mnih", latent_dim=10).build((3, 64, 64), generator=generator())
    wider = sum(isinstance(layer, nn.Linear) and 256 in layer.weight.shape for layer in model.modules())
    assert wider == 4  # into and out of it, in encoder and decoder


@pytest.mark.parametrize("network", NETWORKS)
def test_between_layers_there_is_a_relu(network):
    model = ConvVAE(network).build((1, 64, 64), generator=generator())
    for half in (model.encoder, model.decoder):
        kinds = [type(layer) for layer in half if not isinstance(layer, nn.Flatten | nn.Unflatten)]
        assert set(kinds[1::2]) == {nn.ReLU}
        assert nn.ReLU not in kinds[::2]


def test_the_critic_is_leaky():
    slopes = {layer.negative_slope for layer in Critic(10).modules() if isinstance(layer, nn.LeakyReLU)}
    assert slopes == {0.2}
    assert not any(isinstance(layer, nn.ReLU) for layer in Critic(10).modules())
