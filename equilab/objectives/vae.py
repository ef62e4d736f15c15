"""VAE (Kingma & Welling 2014): the negative evidence lower bound."""

from dataclasses import dataclass
from typing import ClassVar

from equilab.data import Images, IndependentImages, Sampler
from equilab.keys import Key
from equilab.models import VariationalAutoencoder
from equilab.objectives.objective import Context, Losses, Objective
from equilab.objectives.terms import EVIDENCE_KEYS, evidence


@dataclass(frozen=True)
class VAE(Objective):
    """rec + KL (Kingma & Welling 2014, eq. 3); sums over pixels and blocks, one mean over the batch.

    >>> import torch
    >>> from equilab.models import ConvVAE
    >>> generator = torch.Generator().manual_seed(0)
    >>> model = ConvVAE().build((1, 64, 64), generator=generator)
    >>> sorted(VAE()(model, torch.zeros(2, 1, 64, 64), generator=generator).terms)
    ['kl', 'reconstruction']
    """

    keys: ClassVar[tuple[Key, ...]] = EVIDENCE_KEYS
    sampler: Sampler = IndependentImages()  # how observations are drawn

    def losses(self, model: VariationalAutoencoder, batch: Images, context: Context) -> Losses:
        bound = evidence(model, batch.images, context.noise)
        return bound.losses(bound.reconstruction + bound.kl.sum())
