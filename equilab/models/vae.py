"""The variational autoencoder: a Gaussian posterior with diagonal covariance, a Bernoulli decoder on logits."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from equilab.errors import ShapeError


def at_least_float32(x: Tensor) -> Tensor:
    """x in its own precision, or in float32 where autocast made it coarser: exp and log sums need the digits.

    >>> at_least_float32(torch.zeros(1, dtype=torch.bfloat16)).dtype, at_least_float32(torch.zeros(1).double()).dtype
    (torch.float32, torch.float64)
    """
    return x.to(torch.promote_types(x.dtype, torch.float32))


class Posterior(NamedTuple):
    """The Gaussian q(z|x) of a batch: mean and log variance, both (batch, latent_dim)."""

    mean: Tensor
    log_var: Tensor

    def sample(self, generator: torch.Generator) -> Tensor:
        """z = mean + exp(log_var / 2) noise, (batch, latent_dim); the gradient flows into both (Kingma & Welling 2014).

        >>> posterior = Posterior(torch.ones(2, 3), torch.full((2, 3), -100.0))
        >>> posterior.sample(torch.Generator().manual_seed(0)).tolist()[0]
        [1.0, 1.0, 1.0]
        """
        noise = torch.empty_like(self.mean).normal_(generator=generator)
        return self.mean + torch.exp(0.5 * self.log_var) * noise


class VariationalAutoencoder(nn.Module):
    """An encoder that gives 2 latent_dim numbers (mean, then log variance) beside a decoder that gives logits.

    encoder: (batch, C, H, W) in [0, 1] -> (batch, 2 latent_dim); decoder: (batch, latent_dim) -> (batch, C, H, W).

    >>> from equilab.models import ConvVAE
    >>> model = ConvVAE(latent_dim=10).build((1, 64, 64), generator=torch.Generator().manual_seed(0))
    >>> posterior = model.encode(torch.zeros(2, 1, 64, 64))
    >>> posterior.mean.shape, model.decode(posterior.mean).shape
    (torch.Size([2, 10]), torch.Size([2, 1, 64, 64]))
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, *, image_shape: tuple[int, int, int], latent_dim: int):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.image_shape, self.latent_dim = image_shape, latent_dim

    def encode(self, images: Tensor) -> Posterior:
        """The posterior of images (batch, C, H, W) in [0, 1], float32 under autocast. Raises ShapeError."""
        if images.ndim != 4 or tuple(images.shape[1:]) != self.image_shape:
            expected = ", ".join(map(str, self.image_shape))
            raise ShapeError(f"images: expected (batch, {expected}), got {tuple(images.shape)}")
        mean, log_var = at_least_float32(self.encoder(images)).chunk(2, dim=1)
        return Posterior(mean, log_var)

    def decode(self, z: Tensor) -> Tensor:
        """Logits (batch, C, H, W) of the pixel probabilities, float32 under autocast; `sigmoid` gives an image."""
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ShapeError(f"z: expected (batch, {self.latent_dim}), got {tuple(z.shape)}")
        return at_least_float32(self.decoder(z))

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructed pixel probabilities (batch, C, H, W), decoded from the posterior's mean."""
        return self.decode(self.encode(images).mean).sigmoid()

    def extra_repr(self) -> str:
        return f"image_shape={self.image_shape}, latent_dim={self.latent_dim}"
