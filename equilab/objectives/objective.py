"""What an objective is: settings that turn a model and a batch into one loss per player."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, NamedTuple, get_type_hints

import torch
from torch import Tensor, nn

from equilab.data import Dataset, Sampler
from equilab.errors import DataError, SettingError
from equilab.keys import Key
from equilab.noise import GeneratorNoise, Noise
from equilab.optimizers import Optimizer


class Player(NamedTuple):
    """A module that an objective trains beside the model, such as a critic, and the optimiser of its parameters."""

    module: nn.Module
    optimizer: Optimizer


class Losses(NamedTuple):
    """The losses of one batch.

    by_player: a scalar to minimise for "model" and for each further player, by name; a player may share the model's.
    terms: the parts of the losses before their weights, detached scalars by name. by_block: terms that have a value
    for each block of the latent, detached (blocks,), by name.

    In a loop of your own give each loss its own parameters, `losses.by_player["critic"].backward(inputs=[*
    critic.parameters()])`: the model's loss depends on the critic's weights, too.
    """

    by_player: dict[str, Tensor]
    terms: dict[str, Tensor]
    by_block: dict[str, Tensor] = {}  # noqa: RUF012 - never changed

    @property
    def model(self) -> Tensor:
        """The model's loss."""
        return self.by_player["model"]


@dataclass(frozen=True)
class Context:
    """What an objective may use of the training beside the batch.

    step: updates made so far, an int64 scalar on the model's device. noise: random numbers of this update.
    num_observations: observations of the data set; 0: not known. players: further modules by name.
    """

    step: Tensor
    noise: Noise
    num_observations: int = 0
    players: Mapping[str, nn.Module] = field(default_factory=dict)

    def player(self, name: str) -> nn.Module:
        """The module of that name; SettingError without one."""
        if name not in self.players:
            raise SettingError(
                "players",
                expected=f"one called {name!r}",
                got=", ".join(self.players) or "none",
                hint="pass players=objective.build(model, generator=generator)",
            )
        return self.players[name]


class Objective(ABC):
    """A loss to minimise; a frozen dataclass of settings in every concrete class.

    sampler: how the observations of a batch are drawn; a field of every concrete class. keys: what the terms mean.
    The types of the model and the batch that it takes are those of the arguments of its `losses`.
    """

    sampler: Sampler
    keys: ClassVar[tuple[Key, ...]] = ()

    @abstractmethod
    def losses(self, model: Any, batch: Any, context: Context) -> Losses:
        """The losses of a batch, a NamedTuple of tensors, under the model; all noise from the context."""

    def build(self, model: nn.Module, *, generator: torch.Generator, data: Dataset | None = None) -> dict[str, Player]:
        """The players that are trained beside the model, on the CPU, by name; default: none.

        model: the model that is trained. generator: of their weights. data: the data set, where there is one.
        """
        return {}

    def check_model(self, model: nn.Module) -> None:
        """Raises SettingError for a module of another kind than the objective trains."""
        wanted = argument_types(type(self)).model
        whole = getattr(model, "_orig_mod", getattr(model, "module", model))  # of a compiled or a parallel module
        if not isinstance(whole, wanted):
            raise SettingError(
                "model",
                expected=f"a {wanted.__name__}, which {type(self).__name__} trains",
                got=f"a {type(whole).__name__}",
                hint="choose another model or objective",
            )

    def check_values(self, batch: tuple[Tensor | None, ...]) -> None:
        """Raises DataError for images of a batch (axes (batch, C, H, W), or more) that are no floats in [0, 1].

        Reads every pixel: made for the first batch, not for each.
        """
        for name, images in zip(argument_types(type(self)).batch._fields, batch, strict=True):
            if isinstance(images, Tensor) and images.ndim >= 4:
                check_images(name, images)

    def __call__(
        self,
        model: nn.Module,
        batch: Tensor | tuple[Tensor, ...],
        context: Context | None = None,
        *,
        generator: torch.Generator | None = None,
        step: int = 0,
        num_observations: int = 0,
        players: Mapping[str, Player | nn.Module] | None = None,
    ) -> Losses:
        """The losses of a batch, in a training by a context, in a loop of your own by the keywords.

        model: a module of the type that the objective trains. batch: of the type that its sampler makes; images (batch,
        C, H, W) alone where the batch holds nothing else. context: step, noise, number of observations, players.
        generator: of the noise, in place of a context. step: updates made so far. num_observations: of the data set;
        0: not known. players: what `build` gave, or the modules by name.
        Raises SettingError for a model, batch or context of another kind, and what the objective itself refuses; at
        step 0, where no step is given therefore at every call, DataError for images outside [0, 1] (`check_values`),
        unless the step of a context is on a GPU.
        """
        self.check_model(model)
        types = argument_types(type(self))
        if isinstance(batch, Tensor) and len(types.batch._fields) == 1:
            batch = types.batch(batch)
        if not isinstance(batch, types.batch):
            raise SettingError(
                "batch",
                expected=f"{types.batch.__name__}({', '.join(types.batch._fields)})",
                got=f"a {type(batch).__name__}",
                hint=f"equilab.data.{types.batch.__name__} makes one; {type(self.sampler).__name__} draws "
                f"{self.sampler.batch_type.__name__}",
            )
        if (context is None) == (generator is None):
            got = "none" if context is None else "both"
            raise SettingError("generator", expected="a torch.Generator, or a context in its place", got=got)
        if context is None:
            assert generator is not None
            found = (players or {}).items()
            modules = {name: player.module if isinstance(player, Player) else player for name, player in found}
            context = Context(torch.tensor(step), GeneratorNoise(generator), num_observations, modules)
        if context.step.device.type == "cpu" and int(context.step) == 0:  # a look at a GPU's step would wait for it
            self.check_values(tuple(batch))
        return self.losses(model, batch, context)


def check_images(name: str, images: Tensor) -> None:
    """Raises DataError for images that are not floats in [0, 1], with the range that they have.

    name: of the argument. images: of any shape.
    """
    if not images.is_floating_point():
        raise DataError(name, expected="floats in [0, 1]", got=images.dtype, hint="images.float() / 255")
    if images.numel():
        low, high = (float(each) for each in images.detach().aminmax())
        if not 0 <= low <= high <= 1:
            hint = "divide by 255" if high > 2 else "move them into [0, 1]"
            raise DataError(name, expected="images in [0, 1]", got=f"values from {low:g} to {high:g}", hint=hint)


class ArgumentTypes(NamedTuple):
    """The classes of the model and of the batch that an objective takes."""

    model: type[nn.Module]
    batch: Any  # a NamedTuple class


@cache
def argument_types(objective: type[Objective]) -> ArgumentTypes:
    """The annotated types of the arguments of `losses`; SettingError where they are no module and no NamedTuple."""
    hints = get_type_hints(objective.losses)
    model, batch = hints.get("model"), hints.get("batch")
    if not (isinstance(model, type) and issubclass(model, nn.Module) and hasattr(batch, "_fields")):
        raise SettingError(
            f"{objective.__name__}.losses",
            expected="annotations: model, a class of modules, and batch, a NamedTuple such as equilab.data.Images",
            got=f"{model} and {batch}",
        )
    return ArgumentTypes(model, batch)
