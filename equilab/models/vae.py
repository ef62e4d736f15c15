"""The variational autoencoder: an encoder to a latent, and a Bernoulli decoder on logits."""

import torch
from torch import Tensor, nn

from equilab.errors import ShapeError
from equilab.latents import Latent, Posterior


def at_least_float32(x: Tensor) -> Tensor:
    """x in its own precision, or in float32 where autocast made it coarser: exp and log sums need the digits.

    >>> at_least_float32(torch.zeros(1, dtype=torch.bfloat16)).dtype, at_least_float32(torch.zeros(1).double()).dtype
    (torch.float32, torch.float64)
    """
    return x.to(torch.promote_types(x.dtype, torch.float32))


class VariationalAutoencoder(nn.Module):
    """An encoder that gives the parameters of a latent's posterior, beside a decoder that gives logits.

    encoder: (batch, C, H, W) in [0, 1] -> (batch, latent.num_parameters). decoder: (batch, latent.dim) -> (batch, C, H,
    W). image_shape: (C, H, W), pixels. latent: its blocks; a number stands for so many Gaussian blocks, for which the
    encoder gives the means, then the log variances.

    >>> from equilab.models import ConvVAE
    >>> model = ConvVAE(latent_dim=10).build((1, 64, 64), generator=torch.Generator().manual_seed(0))
    >>> posterior = model.encode(torch.zeros(2, 1, 64, 64))
    >>> posterior.mean.shape, model.decode(posterior.mean).shape
    (torch.Size([2, 10]), torch.Size([2, 1, 64, 64]))
    """

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, *, image_shape: tuple[int, int, int], latent: Latent | int
    ):
        super().__init__()
        self.encoder, self.decoder, self.image_shape = encoder, decoder, image_shape
        self.latent = latent if isinstance(latent, Latent) else Latent.gaussian(latent)

    def encode(self, images: Tensor) -> Posterior:
        """The posterior of images (batch, C, H, W) in [0, 1], float32 under autocast. Raises ShapeError."""
        if images.ndim != 4 or tuple(images.shape[1:]) != self.image_shape:
            expected = ", ".join(map(str, self.image_shape))
            raise ShapeError("images", expected=f"(batch, {expected})", got=tuple(images.shape))
        return self.latent.posterior(at_least_float32(self.encoder(images)))

    def decode(self, z: Tensor) -> Tensor:
        """Logits (batch, C, H, W) of the pixel probabilities, float32 under autocast; `sigmoid` gives an image.

        z: codes (batch, latent.dim). Raises ShapeError.
        """
        if z.ndim != 2 or z.shape[1] != self.latent.dim:
            raise ShapeError("z", expected=f"(batch, {self.latent.dim})", got=tuple(z.shape))
        return at_least_float32(self.decoder(z))

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructed pixel probabilities (batch, C, H, W), decoded from the posterior's mean."""
        return self.decode(self.encode(images).mean).sigmoid()

    def extra_repr(self) -> str:
        return f"image_shape={self.image_shape}, latent={self.latent}"
