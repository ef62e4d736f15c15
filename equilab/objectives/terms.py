"""The parts of VAE objectives: elementwise over the batch, in nats, summed over pixels and over the axes of a block."""

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor
from torch.nn import functional

from equilab.errors import ShapeError
from equilab.keys import Key
from equilab.latents import Posterior
from equilab.models import VariationalAutoencoder
from equilab.noise import Noise
from equilab.objectives.objective import Losses

EVIDENCE_KEYS = (
    Key("train/reconstruction", "nats per image", "cross-entropy of the pixels, summed over pixels", "down"),
    Key("train/kl", "nats per image", "KL of the posterior to the prior, summed over blocks"),
    Key("latent/kl_{}", "nats per image", "KL of one block of the latent on a training batch"),
)
"""The terms of every objective that contains the evidence lower bound."""


def bernoulli_reconstruction(logits: Tensor, images: Tensor) -> Tensor:
    """-log p(x|z) of a Bernoulli decoder, (batch,), nats, summed over channels and pixels.

    logits, images: (batch, C, H, W), images in [0, 1].

    >>> import torch
    >>> bernoulli_reconstruction(torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).item() / 4  # log 2
    0.6931471824645996

    Raises ShapeError where the two differ.
    """
    if logits.shape != images.shape:
        raise ShapeError("logits", expected=f"the shape of the images, {tuple(images.shape)}", got=tuple(logits.shape))
    return functional.binary_cross_entropy_with_logits(logits, images, reduction="none").flatten(1).sum(1)


class Evidence(NamedTuple):
    """The two parts of the evidence lower bound of a batch, and where they come from.

    posterior: q(z|x). z: a sample (batch, dim). reconstruction: scalar, nats, mean over the batch. kl: (blocks,), nats,
    mean over the batch.
    """

    posterior: Posterior
    z: Tensor
    reconstruction: Tensor
    kl: Tensor

    def losses(self, loss: Tensor, terms: Mapping[str, Tensor] | None = None) -> Losses:
        """The model's loss, with the parts of the bound and further terms by name, detached."""
        return evidence_losses(loss, self.reconstruction, self.kl, terms)


def evidence_losses(
    loss: Tensor, reconstruction: Tensor, kl: Tensor, terms: Mapping[str, Tensor] | None = None
) -> Losses:
    """The model's loss beside the parts of the evidence lower bound, detached.

    loss: scalar, nats. reconstruction: scalar, nats. kl: of each block (blocks,), nats. terms: further scalars by name.
    """
    parts = {"reconstruction": reconstruction, "kl": kl.sum(), **(terms or {})}
    detached = {name: term.detach() for name, term in parts.items()}
    return Losses({"model": loss}, detached, {"kl": kl.detach()})


def evidence(model: VariationalAutoencoder, images: Tensor, noise: Noise) -> Evidence:
    """The parts of the evidence lower bound of a batch, by one sample of each posterior.

    model: encoder and decoder. images: (batch, C, H, W) in [0, 1]. noise: of the samples.
    """
    posterior = model.encode(images)
    z = posterior.sample(noise)
    reconstruction = bernoulli_reconstruction(model.decode(z), images).mean()
    return Evidence(posterior, z, reconstruction, posterior.kl().mean(0))
