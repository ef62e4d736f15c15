"""Settings of a convolutional VAE, and the module they stand for."""

from dataclasses import dataclass
from typing import Literal

import torch

from equilab.errors import SettingError, ShapeError
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
    latent_dim: int = 10  # number of latent dimensions

    def __post_init__(self) -> None:
        if self.network not in NETWORKS:
            raise SettingError(f"network: expected one of {', '.join(NETWORKS)}, got {self.network!r}")
        if self.latent_dim < 1:
            raise SettingError(f"latent_dim: expected at least 1, got {self.latent_dim}")

    def build(self, image_shape: tuple[int, int, int], *, generator: torch.Generator) -> VariationalAutoencoder:
        """The module with Xavier-uniform weights and zero biases. Raises ShapeError unless images are 64 x 64."""
        if tuple(image_shape[1:]) != (64, 64):
            raise ShapeError(f"image_shape: expected (channels, 64, 64) for {self.network}, got {tuple(image_shape)}")

        def make() -> VariationalAutoencoder:
            encoder, decoder = NETWORKS[self.network](image_shape[0], self.latent_dim)
            return VariationalAutoencoder(encoder, decoder, image_shape=image_shape, latent_dim=self.latent_dim)

        return build_xavier(make, generator=generator)
