"""All that decides a result, in one frozen dataclass: a recipe is an instance of it, and so is run.json."""

from dataclasses import dataclass
from typing import Literal

from equilab.data import Dataset
from equilab.errors import SettingError
from equilab.metrics import choose_metrics
from equilab.models import Model
from equilab.objectives import Objective
from equilab.optimizers import Adam


@dataclass(frozen=True)
class Compute:
    """Where and in which form the arithmetic runs; the defaults are the fastest correct form found on a CPU."""

    device: str = "auto"  # auto (a GPU where there is one), cpu, cuda, cuda:1, mps
    precision: Literal["auto", "bfloat16", "float32"] = "auto"  # auto: bfloat16 autocast where the hardware has it
    channels_last: bool = True  # memory order of images and kernels; same result, faster convolutions
    threads: int = 0  # CPU threads of torch; 0: one per core
    clip_norm: float = 0.0  # largest gradient norm of the model, in units of the loss; 0: not clipped

    def __post_init__(self) -> None:
        for name in ("threads", "clip_norm"):
            if not getattr(self, name) >= 0:
                raise SettingError(f"compute.{name}: expected 0 or more, got {getattr(self, name)}")


@dataclass(frozen=True)
class Logging:
    """What is written, how often, and where it is sent."""

    every: int = 100  # updates between two rows of training losses
    checkpoint_every: int = 1000  # updates between two checkpoints
    evaluate_every: int = 0  # updates between two evaluations; 0: once, at the end
    equivariance_every: int = 0  # updates between two measurements of the equivariance error; 0: none
    evaluate_images: int = (
        0  # images that a VAE's evaluation encodes, drawn at random; 0: all of a grid; below 15,000 rough
    )
    protocol: str = "locatello2019"  # metric protocol of a VAE's evaluation; "none": pictures only
    metrics: tuple[str, ...] = ("factor_vae_score", "beta_vae_score", "mig")  # of the protocol; empty: all of it
    wandb: Literal["offline", "online", "off"] = "offline"  # online needs `wandb login`, and falls back to offline
    project: str = "equilab"  # W&B project

    def __post_init__(self) -> None:
        if self.protocol != "none":
            choose_metrics(self.protocol, self.metrics or None)
        for name in ("every", "checkpoint_every", "evaluate_every", "equivariance_every", "evaluate_images"):
            least = 1 if name in ("every", "checkpoint_every") else 0
            if getattr(self, name) < least:
                raise SettingError(f"log.{name}: expected at least {least}, got {getattr(self, name)}")


@dataclass(frozen=True)
class Run:
    """Data, model, objective, optimiser, length and seed of one training, and how it computes and logs."""

    data: Dataset  # images and their factors
    model: Model  # network to build
    objective: Objective  # what is minimised
    optimizer: Adam = Adam()  # of the model; the objective brings the critic's
    steps: int = 300_000  # updates of the model
    batch_size: int = 64  # images per batch; FactorVAE takes two batches per update
    seed: int = 0  # of weights, batches, noise and metrics; data may have a seed of its own
    compute: Compute = Compute()  # device, precision, threads
    log: Logging = Logging()  # what is written, how often

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("batch_size", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise SettingError(f"{name}: expected at least {least}, got {getattr(self, name)}")
        if not issubclass(self.model.kind, self.objective.kind):
            raise SettingError(
                f"model: {type(self.objective).__name__} trains a {self.objective.kind.__name__}, and "
                f"{type(self.model).__name__} builds a {self.model.kind.__name__}: choose another model or objective"
            )
