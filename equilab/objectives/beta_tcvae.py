"""beta-TCVAE (Chen et al. 2018): the evidence lower bound with a further weight on the total correlation."""

from dataclasses import dataclass
from typing import ClassVar

from equilab.data import Images, IndependentImages, Sampler
from equilab.errors import check_word
from equilab.keys import Key
from equilab.models import VariationalAutoencoder
from equilab.objectives.objective import Context, Losses, Objective
from equilab.objectives.terms import EVIDENCE_KEYS, evidence
from equilab.objectives.total_correlation import Estimator, total_correlation
from equilab.schedules import Weight, check_weight, value_at


@dataclass(frozen=True)
class BetaTCVAE(Objective):
    """rec + KL + (beta - 1) TC (Chen et al. 2018, eq. 4 with alpha = gamma = 1), the KL in closed form.

    beta = 1 is the VAE to the last bit. TC is estimated from the batch and the number of observations of the data set;
    "weighted" logs it with its constant (see `total_correlation`). The sweep of Locatello et al. 2019 has beta 1, 2, 4,
    6, 8, 10. Raises SettingError for a negative beta, another estimator, or a data set of unknown size.
    """

    keys: ClassVar[tuple[Key, ...]] = (
        *EVIDENCE_KEYS,
        Key("train/total_correlation", "nats", "estimate of the total correlation of q(z)", "down"),
    )
    beta: Weight = 6.0  # multiplies the total correlation in nats
    estimator: Estimator = "weighted"  # weights of the batch's posteriors in q(z)
    sampler: Sampler = IndependentImages()  # how observations are drawn

    def __post_init__(self) -> None:
        check_weight("beta", self.beta)
        check_word("estimator", self.estimator, ("weighted", "stratified", "exact"))

    def losses(self, model: VariationalAutoencoder, batch: Images, context: Context) -> Losses:
        bound = evidence(model, batch.images, context.noise)
        tc = total_correlation(bound.z, bound.posterior, context.num_observations, estimator=self.estimator)
        loss = bound.reconstruction + bound.kl.sum() + (value_at(self.beta, context.step, like=bound.kl) - 1) * tc
        return bound.losses(loss, {"total_correlation": tc})
