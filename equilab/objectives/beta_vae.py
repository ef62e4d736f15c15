"""beta-VAE (Higgins et al. 2017): the evidence lower bound with a weight on the KL."""

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from equilab.data import Images, IndependentImages, Sampler
from equilab.errors import SettingError
from equilab.keys import Key
from equilab.models import VariationalAutoencoder
from equilab.objectives.objective import Context, Losses, Objective
from equilab.objectives.terms import EVIDENCE_KEYS, evidence
from equilab.schedules import Weight, check_weight, is_number, value_at


@dataclass(frozen=True)
class BetaVAE(Objective):
    """rec + beta KL (Higgins et al. 2017, eq. 4); sums over pixels and blocks, one mean over the batch.

    With any other reduction beta means something else: with a mean over 4,096 pixels and a sum over blocks the
    effective beta is 4,096 times the setting. With `block_weights` w the loss is rec + beta sum_b w_b KL_b.
    Raises SettingError for a negative weight, and for as many block weights as the latent has no blocks.
    """

    keys: ClassVar[tuple[Key, ...]] = EVIDENCE_KEYS
    beta: Weight = 4.0  # multiplies the KL in nats
    block_weights: tuple[float, ...] = ()  # further weight of each block's KL; none: 1 for every block
    sampler: Sampler = IndependentImages()  # how observations are drawn

    def __post_init__(self) -> None:
        check_weight("beta", self.beta)
        given = self.block_weights
        if not isinstance(given, tuple) or not all(is_number(weight) and 0 <= weight < math.inf for weight in given):
            raise SettingError("block_weights", expected="a tuple of numbers >= 0", got=self.block_weights)

    def losses(self, model: VariationalAutoencoder, batch: Images, context: Context) -> Losses:
        bound = evidence(model, batch.images, context.noise)
        beta = value_at(self.beta, context.step, like=bound.kl)
        return bound.losses(bound.reconstruction + beta * self._weighted(bound.kl))

    def _weighted(self, kl: Tensor) -> Tensor:
        """The weighted sum, nats, of the KL of each block (blocks,)."""
        if not self.block_weights:
            return kl.sum()
        if len(self.block_weights) != len(kl):
            raise SettingError("block_weights", expected=f"{len(kl)}, one for each block", got=self.block_weights)
        return (kl * kl.new_tensor(self.block_weights)).sum()
