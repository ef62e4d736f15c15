"""Settings of a convolutional VAE, and the module they stand for."""

from dataclasses import dataclass
from typing import Literal

import torch

from equilab.errors import SettingError, ShapeError, check_count, check_word
from equilab.latents import Latent
from equilab.models.base import Model
from equilab.models.conv_networks import burgess, kim_mnih, locatello
from equilab.models.initialise import build_xavier
from equilab.models.vae import VariationalAutoencoder

NETWORKS = {"locatello": locatello, "burgess": burgess, "kim_mnih": kim_mnih}


@dataclass(frozen=True)
class ConvVAE(Model):
    """A VAE with one of the three published networks for 64 x 64 images.

    >>> model = ConvVAE("locatello").build((1, 64, 64), generator=torch.Generator().manual_seed(0))
    >>> sum(parameter.numel() for parameter in model.parameters())
    690517
    """

    network: Literal["locatello", "burgess", "kim_mnih"] = "burgess"  # published encoder and decoder
    latent_dim: int = 10  # number of Gaussian blocks of one dimension, unless `latent` is given
    latent: Latent | None = None  # blocks, such as Latent((Gaussian(2), Gaussian())); None: `latent_dim` Gaussian ones

    def __post_init__(self) -> None:
        check_word("network", self.network, NETWORKS)
        check_count("latent_dim", self.latent_dim)
        if self.latent is None:
            return
        if not isinstance(self.latent, Latent):
            raise SettingError(
                "latent", expected="a latent such as Latent((Gaussian(2), Gaussian()))", got=repr(self.latent)
            )
        if self.latent_dim not in (ConvVAE.latent_dim, self.latent.dim):
            raise SettingError(
                "latent_dim", expected=f"no number beside latent, which has {self.latent.dim}", got=self.latent_dim
            )

    def build(self, image_shape: tuple[int, int, int], *, generator: torch.Generator) -> VariationalAutoencoder:
        """The module with Xavier-uniform weights and zero biases. Raises ShapeError unless images are 64 x 64."""
        if tuple(image_shape[1:]) != (64, 64):
            raise ShapeError("image_shape", expected=f"(channels, 64, 64) for {self.network}", got=tuple(image_shape))
        latent = self.latent or Latent.gaussian(self.latent_dim)

        def make() -> VariationalAutoencoder:
            encoder, decoder = NETWORKS[self.network](image_shape[0], latent)
            return VariationalAutoencoder(encoder, decoder, image_shape=image_shape, latent=latent)

        return build_xavier(make, generator=generator)
