"""The published networks: sizes, initialisation, shapes, and the errors of wrong input."""

import math

import pytest
import torch
from torch import nn

from equilab.errors import SettingError, ShapeError
from equilab.latents import Circle, Gaussian, Latent, Posterior, means_and_log_variances
from equilab.models import ConvVAE, Critic, VariationalAutoencoder, build_xavier
from tests.refused import refused

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
    assert (posterior.mean.shape, posterior.parameters.shape) == ((3, 7), (3, 14))
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
    mean, log_var = means_and_log_variances(posterior)
    sample = model.latent.posterior(posterior.parameters.expand(20_000, -1)).sample(generator(3))
    deviation = (log_var / 2).exp()
    assert torch.allclose(sample.mean(0), mean[0], atol=4 * deviation.max().item() / 141)
    assert torch.allclose(sample.var(0).log(), log_var[0], atol=0.05)


TORUS = Latent((Circle("x"), Circle("y")))
MIXED = Latent((Gaussian(), Circle(), Gaussian(3)))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("latent", [TORUS, MIXED], ids=["torus", "mixed"])
def test_a_latent_of_blocks_sets_the_widths_of_encoder_and_decoder(network, latent):
    model = ConvVAE(network, latent=latent).build((1, 64, 64), generator=generator())
    assert model.latent == latent
    posterior = model.encode(torch.rand(3, 1, 64, 64, generator=generator()))
    assert isinstance(posterior, Posterior)
    assert posterior.parameters.shape == (3, latent.num_parameters)
    assert posterior.mean.shape == posterior.sample(generator()).shape == (3, latent.dim)
    assert posterior.kl().shape == (3, len(latent.blocks))
    assert model(torch.zeros(3, 1, 64, 64)).shape == (3, 1, 64, 64)


def test_codes_of_circles_lie_on_circles():
    model = ConvVAE(latent=TORUS).build((1, 64, 64), generator=generator())
    posterior = model.encode(torch.rand(5, 1, 64, 64, generator=generator()))
    for codes in (posterior.mean, posterior.sample(generator(1))):
        assert torch.allclose(codes.unflatten(1, (2, 2)).norm(dim=2), torch.ones(5, 2), atol=1e-6)


def test_a_number_stands_for_gaussian_blocks():
    by_number, by_blocks = (
        ConvVAE(**settings).build((1, 64, 64), generator=generator())
        for settings in ({"latent_dim": 4}, {"latent": Latent.gaussian(4)})
    )
    assert by_number.latent == by_blocks.latent == Latent.gaussian(4)
    assert all(map(torch.equal, by_number.parameters(), by_blocks.parameters()))
    plain = VariationalAutoencoder(by_number.encoder, by_number.decoder, image_shape=(1, 64, 64), latent=4)
    assert plain.latent == Latent.gaussian(4)


def test_bfloat16_autocast_gives_posteriors_and_logits_in_float32():
    model = ConvVAE(latent=MIXED).build((1, 64, 64), generator=generator())
    images = torch.rand(2, 1, 64, 64, generator=generator())
    exact = model.encode(images)
    with torch.autocast("cpu", torch.bfloat16):
        rough = model.encode(images)
        logits = model.decode(rough.mean)
    assert rough.parameters.dtype == rough.mean.dtype == rough.kl().dtype == logits.dtype == torch.float32
    assert torch.allclose(rough.parameters, exact.parameters, atol=2**-6)
    assert not torch.equal(rough.parameters, exact.parameters)


def test_images_and_codes_of_another_shape_are_refused():
    model = ConvVAE().build((1, 64, 64), generator=generator())
    for shape in ((2, 3, 64, 64), (1, 64, 64), (2, 1, 32, 64)):
        with refused(ShapeError, "images", expected="(batch, 1, 64, 64)", got=shape):
            model.encode(torch.zeros(shape))
    for shape in ((2, 9), (10,), (2, 1, 10)):
        with refused(ShapeError, "z", expected="(batch, 10)", got=shape):
            model.decode(torch.zeros(shape))


def test_settings_refuse_what_cannot_be_built():
    with refused(ShapeError, "image_shape", expected="(channels, 64, 64) for burgess", got=(1, 32, 32)):
        ConvVAE().build((1, 32, 32), generator=generator())
    with refused(SettingError, "network", expected="locatello, burgess, kim_mnih", got="'burges'"):
        ConvVAE("burges")  # pyright: ignore[reportArgumentType]
    for latent_dim in (0, 2.0, True):
        with refused(SettingError, "latent_dim", expected="at least 1", got=latent_dim):
            ConvVAE(latent_dim=latent_dim)


def test_a_number_of_latents_beside_a_latent_is_refused():
    with refused(SettingError, "latent_dim", expected="no number beside latent, which has 4", got=5):
        ConvVAE(latent=TORUS, latent_dim=5)
    assert ConvVAE(latent=TORUS, latent_dim=4).latent == ConvVAE(latent=TORUS).latent == TORUS


@pytest.mark.parametrize("latent", [4, (Circle(),), Circle(), "circle"])
def test_a_latent_is_a_latent(latent):
    with refused(SettingError, "latent", expected="Latent((Gaussian(2), Gaussian()))", got=repr(latent)):
        ConvVAE(latent=latent)


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
