"""The evidence lower bound of a VAE (Kingma & Welling 2014), with beta = 1."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from equilab.models import VariationalAutoencoder
from equilab.objectives.base import Losses, Objective
from equilab.objectives.beta_vae import BetaVAE


@dataclass(frozen=True)
class VAE(Objective):
    """rec + KL, the negative evidence lower bound in nats per image (Kingma & Welling 2014, eq. 10).

    >>> from equilab.models import ConvVAE
    >>> generator = torch.Generator().manual_seed(0)
    >>> model = ConvVAE().build((1, 64, 64), generator=generator)
    >>> sorted(VAE()(model, torch.zeros(2, 1, 64, 64), step=0, generator=generator).terms)
    ['kl', 'kl_per_latent', 'reconstruction']
    """

    def __call__(
        self,
        model: VariationalAutoencoder,
        images: Tensor,
        *,
        step: int,
        generator: torch.Generator,
        critic: nn.Module | None = None,
    ) -> Losses:
        return BetaVAE(beta=1.0)(model, images, step=step, generator=generator)
