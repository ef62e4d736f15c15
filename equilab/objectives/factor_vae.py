"""FactorVAE (Kim & Mnih 2018): the evidence lower bound minus gamma times the total correlation of q(z)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from equilab.data import Dataset, IndependentBatches, Sampler, TwoBatches
from equilab.errors import SettingError, check_count
from equilab.keys import Key
from equilab.models import Critic, VariationalAutoencoder, build_xavier
from equilab.objectives.objective import Context, Losses, Objective, Player
from equilab.objectives.terms import EVIDENCE_KEYS, evidence
from equilab.optimizers import Adam, Optimizer
from equilab.schedules import Weight, check_weight, value_at


def density_ratio_total_correlation(logits: Tensor) -> Tensor:
    """The critic's estimate of TC, a scalar in nats: mean of logit 0 - logit 1 over latents drawn from q(z).

    logits: (batch, 2). At the critic's optimum this is the mean of log q(z) / prod_j q(z_j) (Kim & Mnih 2018, eq. 3).

    >>> density_ratio_total_correlation(torch.tensor([[3.0, 1.0], [0.0, 0.0]])).item()
    1.0
    """
    return (logits[:, 0] - logits[:, 1]).mean()


def critic_loss(critic: nn.Module, z: Tensor, permuted: Tensor) -> Tensor:
    """Mean cross-entropy, nats, of telling q(z) (class 0) from the permuted latents (class 1).

    critic: codes (n, dim) -> logits (n, 2). z, permuted: (batch, dim), of equal size. Both are detached here: no
    gradient reaches an encoder.
    """
    target = torch.arange(2, device=z.device).repeat_interleave(len(z))  # zeros for z, ones for permuted
    return functional.cross_entropy(critic(torch.cat([z, permuted]).detach()), target)


@dataclass(frozen=True)
class CriticSettings:
    """The critic's network and optimiser; the defaults are those of Kim & Mnih 2018."""

    hidden: int = 1000  # units of each hidden layer
    num_layers: int = 6  # hidden layers
    optimizer: Optimizer = Adam(learning_rate=1e-4, beta1=0.5, beta2=0.9)  # the critic's own optimiser

    def __post_init__(self) -> None:
        check_count("hidden", self.hidden)
        check_count("num_layers", self.num_layers)
        if not isinstance(self.optimizer, Optimizer):
            raise SettingError("critic.optimizer", expected="an optimizer", got=repr(self.optimizer))

    def build(self, dim: int, *, generator: torch.Generator) -> Critic:
        """The critic of codes of `dim` numbers, Xavier-uniform weights drawn from `generator`, on the CPU."""
        return build_xavier(lambda: Critic(dim, hidden=self.hidden, num_layers=self.num_layers), generator=generator)


@dataclass(frozen=True)
class FactorVAE(Objective):
    """rec + KL + gamma TC, TC from a density-ratio critic (Kim & Mnih 2018, algorithm 2).

    Takes two batches per update: the first gives the losses, the latents of the *second* are permuted for the critic,
    block by block. Both are encoded by the model as it was before the update (the paper encodes the second one after
    it). The critic's loss sees latents without their graph, so its gradient cannot leak into the encoder.

    gamma = 35 is the value that the paper sets against beta-VAE(4) on dSprites; the sweep of Locatello et al. 2019 runs
    from 10 to 100.

    >>> FactorVAE(gamma=-1.0)
    Traceback (most recent call last):
    ...
    equilab.errors.SettingError: gamma: expected a number >= 0, got -1.0
    """

    keys: ClassVar[tuple[Key, ...]] = (
        *EVIDENCE_KEYS,
        Key("train/total_correlation", "nats", "estimate of the total correlation of q(z)", "down"),
        Key("train/critic", "nats", "the critic's cross-entropy; log 2 = 0.693 at chance"),
    )
    gamma: Weight = 35.0  # multiplies the total correlation in nats
    critic: CriticSettings = CriticSettings()  # the density-ratio critic
    sampler: Sampler = IndependentBatches()  # how observations are drawn

    def __post_init__(self) -> None:
        check_weight("gamma", self.gamma)
        if not isinstance(self.critic, CriticSettings):
            raise SettingError("critic", expected="CriticSettings", got=repr(self.critic))

    def build(self, model: nn.Module, *, generator: torch.Generator, data: Dataset | None = None) -> dict[str, Player]:
        """The critic of the model's codes. Raises SettingError for a model of another kind."""
        self.check_model(model)
        assert isinstance(model, VariationalAutoencoder)
        return {"critic": Player(self.critic.build(model.latent.dim, generator=generator), self.critic.optimizer)}

    def losses(self, model: VariationalAutoencoder, batch: TwoBatches, context: Context) -> Losses:
        critic = context.player("critic")
        bound = evidence(model, batch.images, context.noise)
        tc = density_ratio_total_correlation(critic(bound.z))
        with torch.no_grad():
            permuted = model.latent.permute(model.encode(batch.second).sample(context.noise), context.noise)
        loss_of_critic = critic_loss(critic, bound.z, permuted)
        loss = bound.reconstruction + bound.kl.sum() + value_at(self.gamma, context.step, like=bound.kl) * tc
        found = bound.losses(loss, {"total_correlation": tc, "critic": loss_of_critic})
        return found._replace(by_player={"model": loss, "critic": loss_of_critic})
