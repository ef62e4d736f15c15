"""What the tests of objectives share: a small VAE, binary images, generators, and noise that is always zero."""

import torch
from torch import Tensor, nn

from equilab.latents import Latent, Posterior, gaussian_posterior, means_and_log_variances
from equilab.models import VariationalAutoencoder
from equilab.noise import Noise
from equilab.objectives import Context, Losses

SHAPE = (1, 4, 4)
PIXELS = 16


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small_vae(latent: Latent | int = 4, *, seed: int = 0) -> VariationalAutoencoder:
    """A VAE of 4 x 4 images in float64, linear but for one tanh, with weights of about one."""
    latent = latent if isinstance(latent, Latent) else Latent.gaussian(latent)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(PIXELS, latent.num_parameters))
    decoder = nn.Sequential(nn.Linear(latent.dim, PIXELS), nn.Tanh(), nn.Linear(PIXELS, PIXELS), nn.Unflatten(1, SHAPE))
    model = VariationalAutoencoder(encoder, decoder, image_shape=SHAPE, latent=latent).double()
    noise = generator(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=noise))
    return model


def binary_images(num: int = 6, *, seed: int = 1) -> Tensor:
    return torch.rand(num, *SHAPE, generator=generator(seed)).round().double()


class Silent(Noise):
    """Zero, whatever is drawn: samples are the posterior's mean or mode, and permutations are all the same."""

    def _draw(self, kind: str, shape: tuple[int, ...], device: torch.device) -> Tensor:
        return torch.zeros(shape, device=device)


def silent(step: int = 0, *, num_observations: int = 0) -> Context:
    return Context(torch.tensor(step), Silent(), num_observations)


def gradients(model: nn.Module, loss: Tensor) -> list[Tensor]:
    """The gradient of every parameter of the model."""
    return list(torch.autograd.grad(loss, list(model.parameters()), retain_graph=True))


def assert_bit_for_bit(model: nn.Module, found: Losses, expected: Losses) -> None:
    """The model's loss, every gradient of it, and the terms of the second are those of the first."""
    assert torch.equal(found.model, expected.model)
    assert found.model.dtype == expected.model.dtype
    assert all(map(torch.equal, gradients(model, found.model), gradients(model, expected.model)))
    assert all(torch.equal(found.terms[name], term) for name, term in expected.terms.items())
    assert torch.equal(found.by_block["kl"], expected.by_block["kl"])


def separate(posterior: Posterior) -> tuple[Posterior, Tensor, Tensor]:
    """The same posterior of leaves: means and log variances (batch, dim) that collect gradients."""
    mean, log_var = (values.detach().requires_grad_() for values in means_and_log_variances(posterior))
    return gaussian_posterior(mean, log_var=log_var), mean, log_var
