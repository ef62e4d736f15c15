"""Ada-GVAE (Locatello et al. 2020): pairs share an unknown subset of blocks, found by a threshold on their KL."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from equilab.data import Pairs, PairsSharing, Sampler
from equilab.keys import Key
from equilab.latents import Posterior
from equilab.models import VariationalAutoencoder
from equilab.objectives.objective import Context, Losses, Objective
from equilab.objectives.terms import EVIDENCE_KEYS, bernoulli_reconstruction, evidence_losses
from equilab.schedules import Weight, check_weight, value_at


def shared_blocks(first: Posterior, second: Posterior) -> Tensor:
    """Which blocks of each pair count as shared, bool (batch, blocks) (Locatello et al. 2020, eq. 5 and 6).

    A block b is shared where KL(first_b || second_b) lies below (max + min) / 2 of its pair's blocks; for equal
    posteriors none does. first, second: posteriors of the images of each pair. Raises SettingError for blocks without a
    closed KL between posteriors.
    """
    distance = first.kl_to(second).detach()
    threshold = 0.5 * (distance.amax(1, keepdim=True) + distance.amin(1, keepdim=True))
    return distance < threshold


@dataclass(frozen=True)
class AdaGVAE(Objective):
    """rec + beta KL, means over both images of each pair; shared blocks have one posterior (Locatello et al. 2020).

    Means and variances of shared blocks are averaged, with gradients to both encodings, and the KL is that of the
    averaged posterior, counted once per image. The images are decoded from samples of their own. The sweep of the
    paper has beta 1, 2, 4, 6, 8, 16. Raises SettingError for a negative beta and for blocks that cannot be averaged.
    """

    keys: ClassVar[tuple[Key, ...]] = (
        *EVIDENCE_KEYS,
        Key("train/shared", "blocks", "blocks of a pair that count as shared, mean over pairs"),
    )
    beta: Weight = 1.0  # multiplies the KL in nats
    sampler: Sampler = PairsSharing()  # how pairs are drawn

    def __post_init__(self) -> None:
        check_weight("beta", self.beta)

    def losses(self, model: VariationalAutoencoder, batch: Pairs, context: Context) -> Losses:
        first, second = model.encode(batch.images), model.encode(batch.second)
        shared = shared_blocks(first, second)
        one, two = first.averaged(second, shared), second.averaged(first, shared)
        z = torch.cat([one.sample(context.noise), two.sample(context.noise)])
        reconstruction = bernoulli_reconstruction(model.decode(z), torch.cat([batch.images, batch.second])).mean()
        kl = 0.5 * (one.kl() + two.kl()).mean(0)
        loss = reconstruction + value_at(self.beta, context.step, like=kl) * kl.sum()
        return evidence_losses(loss, reconstruction, kl, {"shared": shared.sum(1).to(z.dtype).mean()})
