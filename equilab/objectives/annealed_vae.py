"""AnnealedVAE (Burgess et al. 2018): the KL is pulled towards a capacity that grows during the training."""

from dataclasses import dataclass
from typing import ClassVar

from equilab.data import Images, IndependentImages, Sampler
from equilab.keys import Key
from equilab.models import VariationalAutoencoder
from equilab.objectives.objective import Context, Losses, Objective
from equilab.objectives.terms import EVIDENCE_KEYS, evidence
from equilab.schedules import Linear, Weight, check_weight, value_at


@dataclass(frozen=True)
class AnnealedVAE(Objective):
    """rec + gamma |KL - C| (Burgess et al. 2018, eq. 8); KL is the batch's mean, summed over blocks.

    C is the capacity after the updates already made, 0 at the first one. The sweep of Locatello et al. 2019 has C end
    at 5, 10, 25, 50, 75 and 100 nats. Raises SettingError for a negative weight or capacity.
    """

    keys: ClassVar[tuple[Key, ...]] = (
        *EVIDENCE_KEYS,
        Key("train/capacity", "nats per image", "the KL that the training pulls towards"),
    )
    gamma: Weight = 1000.0  # multiplies the distance of the KL from the capacity, nats
    capacity: Weight = Linear(0.0, 25.0, steps=100_000)  # nats, for the sum over blocks
    sampler: Sampler = IndependentImages()  # how observations are drawn

    def __post_init__(self) -> None:
        check_weight("gamma", self.gamma)
        check_weight("capacity", self.capacity)

    def losses(self, model: VariationalAutoencoder, batch: Images, context: Context) -> Losses:
        bound = evidence(model, batch.images, context.noise)
        gamma, capacity = (value_at(weight, context.step, like=bound.kl) for weight in (self.gamma, self.capacity))
        loss = bound.reconstruction + gamma * (bound.kl.sum() - capacity).abs()
        return bound.losses(loss, {"capacity": bound.kl.new_zeros(()) + capacity})
