"""A training as one frozen dataclass: what decides its result; what is measured, where it runs, what is written."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, TypeAlias

from equilab.data import Dataset, Sampler
from equilab.errors import SettingError, check_count, check_text, check_word
from equilab.models import Model
from equilab.objectives import Objective
from equilab.objectives.objective import argument_types
from equilab.optimizers import Adam, Optimizer
from equilab.runs.compute import Compute, Precision, find_device, resolve_precision
from equilab.runs.evaluations import Evaluation
from equilab.runs.serial import by_name, to_tree

DECIDING = ("data", "model", "objective", "optimizer", "steps", "batch_size", "seed", "precision")
"""The fields of a run that decide its result."""


Switch: TypeAlias = Literal["auto", "on", "off"]
"""What W&B is sent beside rows; auto: on when online, off when offline."""


@dataclass(frozen=True)
class Logging:
    """What is written, how often, and what W&B is sent; W&B's own variables (docs/logging.md) win over these settings.

    Raises SettingError for a period below 1, an unknown word, and a tag that W&B does not take.
    """

    every: int = 100  # updates between two rows of training losses; the last update has one, too
    checkpoint_every: int = 1000  # updates between two checkpoints
    wandb: Literal["offline", "online", "off"] = "offline"  # online needs `wandb login`, and falls back to offline
    project: str = "equilab"  # W&B project
    group: str | None = None  # of W&B; None: one for all runs that differ in the seed alone
    tags: tuple[str, ...] = ()  # of W&B, 1 to 64 characters each, beside method, data and model
    system_metrics: Switch = "auto"  # use of processor, memory and GPU
    console: Switch = "auto"  # what the process writes to stdout and stderr
    commit: Switch = "auto"  # git commit of the working directory; never the uncommitted changes

    def __post_init__(self) -> None:
        check_count("log.every", self.every)
        check_count("log.checkpoint_every", self.checkpoint_every)
        check_word("log.wandb", self.wandb, ("offline", "online", "off"))
        for name in ("system_metrics", "console", "commit"):
            check_word(f"log.{name}", getattr(self, name), ("auto", "on", "off"))
        check_text("log.project", self.project)
        check_text("log.group", self.group, none=True)
        if not isinstance(self.tags, tuple) or not all(
            isinstance(tag, str) and 0 < len(tag) <= 64 for tag in self.tags
        ):
            raise SettingError("log.tags", expected="a tuple of texts of 1 to 64 characters", got=repr(self.tags))


@dataclass(frozen=True)
class Run:
    """One training. The fields up to `precision` decide its result; evaluations, compute and log do not.

    Raises SettingError for numbers out of range, and for a sampler whose batches the objective does not take.
    """

    data: Dataset  # images and their factors
    model: Model  # network to build
    objective: Objective  # loss that is minimised, and how its observations are drawn
    optimizer: Optimizer = Adam()  # of the model; the objective brings those of its further players
    steps: int = 300_000  # updates of the model
    batch_size: int = 64  # elements of a batch
    seed: int = 0  # of weights, batches, noise and metrics; data may have a seed of its own
    precision: Precision = "auto"  # of the updates; auto: bfloat16 autocast where the hardware has it, else float32
    evaluations: tuple[Evaluation, ...] = ()  # what is measured, each with its period
    compute: Compute = Compute()  # device, memory order, threads
    log: Logging = Logging()  # what is written, how often

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            if not isinstance(getattr(self, name), kind):
                raise SettingError(name, expected=f"an object of {kind.__name__}", got=repr(getattr(self, name)))
        given = self.evaluations
        if not isinstance(given, tuple) or not all(isinstance(each, Evaluation) for each in given):
            raise SettingError("evaluations", expected="a tuple of evaluations", got=repr(self.evaluations))
        if not isinstance(self.objective.sampler, Sampler):
            raise SettingError("objective.sampler", expected="a sampler", got=repr(self.objective.sampler))
        for name, least in (("steps", 1), ("batch_size", 1), ("seed", 0)):
            check_count(name, getattr(self, name), least=least)
        check_word("precision", self.precision, ("auto", "bfloat16", "float32"))
        wanted, drawn = argument_types(type(self.objective)).batch, self.objective.sampler.batch_type
        if not issubclass(drawn, wanted):
            raise SettingError(
                "objective.sampler",
                expected=f"a sampler of {wanted.__name__} for {type(self.objective).__name__}",
                got=f"{type(self.objective.sampler).__name__}, which draws {drawn.__name__}",
            )

    def deciding(self) -> dict[str, Any]:
        """The settings that decide the result, as a tree of JSON's types; "auto" precision is that of this machine.

        Fields that take no part in comparisons, such as the name of a block, are left out.
        """
        tree = to_tree(self, compared=True)
        found = {name: tree[name] for name in ("type", *DECIDING)}
        if self.precision == "auto":
            found["precision"] = resolve_precision("auto", find_device(self.compute.device))
        return found

    def key(self) -> str:
        """16 hexadecimal digits of a hash of what decides the result, equal for equal settings.

        The same in every process, and in every version that knows these settings: classes count by their name, fields
        that a later format of run.json adds only where they differ from what earlier ones meant.

        >>> from equilab.data import MiniSprites
        >>> from equilab.models import ConvVAE
        >>> from equilab.objectives import VAE
        >>> run = Run(MiniSprites(), ConvVAE(), VAE(), precision="float32")
        >>> run.key() == Run(MiniSprites(), ConvVAE(), VAE(), precision="float32", log=Logging(every=7)).key()
        True
        """
        canonical = json.dumps(by_name(self.deciding()), sort_keys=True, separators=(",", ":"))
        return sha256(canonical.encode()).hexdigest()[:16]


_KINDS = {
    "data": Dataset,
    "model": Model,
    "objective": Objective,
    "optimizer": Optimizer,
    "compute": Compute,
    "log": Logging,
}
