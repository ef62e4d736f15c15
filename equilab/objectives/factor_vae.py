"""FactorVAE (Kim & Mnih 2018): the evidence lower bound minus gamma times the total correlation of q(z)."""

# pyright: reportIncompatibleVariableOverride=false
# A frozen dataclass may narrow a field of its base class; beside the field this line would stand in --help.

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from equilab.errors import SettingError, ShapeError
from equilab.models import VariationalAutoencoder
from equilab.objectives.base import CriticSettings, Losses, Objective
from equilab.objectives.terms import bernoulli_reconstruction, gaussian_kl, permute_latents


def total_correlation(logits: Tensor) -> Tensor:
    """The critic's estimate of TC, a scalar in nats: mean of logit 0 - logit 1 over latents drawn from q(z).

    logits: (batch, 2). At the critic's optimum this is the mean of log q(z) / prod_j q(z_j) (Kim & Mnih 2018, eq. 3).

    >>> total_correlation(torch.tensor([[3.0, 1.0], [0.0, 0.0]])).item()
    1.0
    """
    return (logits[:, 0] - logits[:, 1]).mean()


def critic_loss(critic: nn.Module, z: Tensor, permuted: Tensor) -> Tensor:
    """Mean cross-entropy, nats, of telling q(z) (class 0) from the permuted latents (class 1).

    z, permuted: (batch, latent_dim), of equal size. Both are detached here: no gradient reaches an encoder.
    """
    target = torch.arange(2, device=z.device).repeat_interleave(len(z))  # zeros for z, ones for permuted
    return functional.cross_entropy(critic(torch.cat([z, permuted]).detach()), target)


@dataclass(frozen=True)
class FactorVAE(Objective):
    """rec + KL + gamma TC, TC from a density-ratio critic (Kim & Mnih 2018, algorithm 2).

    Takes two batches per update: the first gives the losses, the latents of the *second* are permuted for the critic,
    as in the paper. Both are encoded by the model as it was before the update (the paper encodes the second one after
    it). The critic's loss sees latents without their graph, so its gradient cannot leak into the encoder.

    gamma = 35 is the value that the paper sets against beta-VAE(4) on dSprites; the sweep of Locatello et al. 2019 runs
    from 10 to 100.

    >>> FactorVAE(gamma=-1.0)
    Traceback (most recent call last):
    ...
    equilab.errors.SettingError: gamma: expected a number >= 0, got -1.0
    """

    batches: ClassVar[int] = 2
    gamma: float = 35.0  # multiplies the total correlation in nats
    critic: CriticSettings = CriticSettings()  # the density-ratio critic

    def __post_init__(self) -> None:
        if not 0 <= self.gamma < math.inf:
            raise SettingError(f"gamma: expected a number >= 0, got {self.gamma}")

    def __call__(
        self,
        model: VariationalAutoencoder,
        images: Tensor,
        *,
        step: int,
        generator: torch.Generator,
        critic: nn.Module | None = None,
    ) -> Losses:
        if critic is None:
            raise SettingError("critic: FactorVAE needs one: pass critic=objective.critic.build(latent_dim, ...)")
        if len(images) % 2:
            raise ShapeError(f"images: expected two batches, (2 * batch, C, H, W), got {len(images)} images")
        first, second = images.chunk(2)
        posterior = model.encode(first)
        z = posterior.sample(generator)
        reconstruction = bernoulli_reconstruction(model.decode(z), first).mean()
        kl_per_latent = gaussian_kl(posterior).mean(0)  # (latent_dim,)
        kl = kl_per_latent.sum()
        tc = total_correlation(critic(z))
        with torch.no_grad():
            permuted = permute_latents(model.encode(second).sample(generator), generator=generator)
        loss_of_critic = critic_loss(critic, z, permuted)
        terms = {
            "reconstruction": reconstruction,
            "kl": kl,
            "kl_per_latent": kl_per_latent,
            "total_correlation": tc,
            "critic": loss_of_critic,
        }
        return Losses(
            reconstruction + kl + self.gamma * tc, loss_of_critic, {name: term.detach() for name, term in terms.items()}
        )
