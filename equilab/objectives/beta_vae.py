"""beta-VAE (Higgins et al. 2017): the evidence lower bound with a weight on the KL."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from equilab.errors import SettingError
from equilab.models import VariationalAutoencoder
from equilab.objectives.base import Losses, Objective
from equilab.objectives.terms import bernoulli_reconstruction, gaussian_kl


@dataclass(frozen=True)
class BetaVAE(Objective):
    """rec + beta KL (Higgins et al. 2017, eq. 4); sums over pixels and latents, one mean over the batch.

    With any other reduction beta means something else: a mean over 4,096 pixels and a sum over latents is
    beta = 4,096 times the number that was asked for.
    """

    beta: float = 4.0  # multiplies the KL in nats

    def __post_init__(self) -> None:
        if not 0 <= self.beta < math.inf:
            raise SettingError(f"beta: expected a number >= 0, got {self.beta}")

    def __call__(
        self,
        model: VariationalAutoencoder,
        images: Tensor,
        *,
        step: int,
        generator: torch.Generator,
        critic: nn.Module | None = None,
    ) -> Losses:
        posterior = model.encode(images)
        reconstruction = bernoulli_reconstruction(model.decode(posterior.sample(generator)), images).mean()
        kl_per_latent = gaussian_kl(posterior).mean(0)  # (latent_dim,)
        kl = kl_per_latent.sum()
        terms = {"reconstruction": reconstruction, "kl": kl, "kl_per_latent": kl_per_latent}
        return Losses(reconstruction + self.beta * kl, None, {name: term.detach() for name, term in terms.items()})
