"""All that a training changes as it goes: players (weights and optimisers) and the number of updates."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from equilab.errors import DataError, SettingError
from equilab.noise import StreamNoise, torch_stream
from equilab.objectives import Losses, Player
from equilab.optimizers import Optimizer
from equilab.runs.evaluations import Evaluation
from equilab.runs.run import Run
from equilab.runs.serial import to_tree
from equilab.schedules import Schedule


def build_model(run: Run) -> nn.Module:
    """The untrained model of a run, on the CPU: the same weights at every call."""
    return run.model.build(run.data.image_shape, generator=torch_stream(run.seed, "model"))


@dataclass
class Trained:
    """A module that is trained: its parameters, its optimiser and the settings of it."""

    module: nn.Module
    settings: Optimizer
    parameters: list[nn.Parameter]
    optimizer: torch.optim.Optimizer

    @classmethod
    def of(cls, player: Player, device: torch.device, *, channels_last: bool) -> "Trained":
        """A player on the device, with the optimiser of its parameters."""
        module = player.module.to(device)
        if channels_last:
            module = module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        if not parameters:
            raise SettingError("players", expected="modules with parameters to train", got=type(module).__name__)
        return cls(module, player.optimizer, parameters, player.optimizer.build(parameters))

    def prepare_step(self, step: int) -> dict[str, Tensor | float]:
        """Clips the gradient and sets the rate after `step` updates, where the settings say so.

        Returned by name are the norm of the gradient before it was clipped and the rate, where these vary.
        """
        found: dict[str, Tensor | float] = {}
        if self.settings.clip_norm > 0:
            found["gradient_norm"] = nn.utils.clip_grad_norm_(self.parameters, self.settings.clip_norm)
        if isinstance(self.settings.learning_rate, Schedule):
            self.settings.set_rate(self.optimizer, step)
            found["learning_rate"] = self.optimizer.param_groups[0]["lr"]
        return found

    def restore(self, saved: dict[str, Any], name: str) -> None:
        """The weights and the optimiser that were saved; DataError, with the player's name, for those of another."""
        load_weights(self.module, saved["module"], name)
        try:
            self.optimizer.load_state_dict(saved["optimizer"])
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:  # what torch raises for others
            raise DataError(
                "checkpoint", expected=f"the optimiser of this {name}", got=_in_a_line(error), hint=OTHER
            ) from error


def load_weights(module: nn.Module, saved: dict[str, Any], name: str) -> None:
    """Puts weights that were saved into a module; DataError, with the player's name, for those of another module."""
    try:
        module.load_state_dict(saved)
    except (RuntimeError, TypeError, AttributeError) as error:  # what torch raises for others
        raise DataError(
            "checkpoint", expected=f"the weights of this {name}", got=_in_a_line(error), hint=OTHER
        ) from error


OTHER = "the checkpoint is of another run: put the right one back, or train again in another folder"


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


@dataclass
class State:
    """The players of a training by name, "model" first, its noise, and how far it has come."""

    players: dict[str, Trained]
    noise: StreamNoise
    step: int = 0  # updates of the model so far
    evaluated_at: int = -1  # the step of the last finished evaluations
    evaluated: list[dict[str, Any]] = field(default_factory=list)  # these, as `to_tree` gives them, of whatever period

    @classmethod
    def build(cls, run: Run, device: torch.device) -> "State":
        """The state before the first update. Raises SettingError for a model that the objective does not train."""
        model = build_model(run)
        run.objective.check_model(model)
        further = run.objective.build(model, generator=torch_stream(run.seed, "players"), data=run.data)
        if "model" in further:
            raise SettingError("players", expected="other names than model, which is the run's model", got="model")
        players = {"model": Player(model, run.optimizer), **further}
        return cls(
            {
                name: Trained.of(player, device, channels_last=run.compute.channels_last)
                for name, player in players.items()
            },
            StreamNoise(run.seed),
        )

    @property
    def model(self) -> nn.Module:
        """The model that is trained."""
        return self.players["model"].module

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The modules of the further players, by name."""
        return {name: player.module for name, player in self.players.items() if name != "model"}

    def by_loss(self, losses: Losses) -> list[tuple[Tensor, list[nn.Parameter], bool]]:
        """Each loss, the parameters that minimise it, and whether others follow that may share its graph.

        Players with one and the same loss share a backward pass.
        """
        found: dict[int, tuple[Tensor, list[nn.Parameter]]] = {}
        for name, loss in losses.by_player.items():
            _, parameters = found.setdefault(id(loss), (loss, []))
            parameters += self.players[name].parameters
        last = len(found) - 1
        return [(loss, parameters, index < last) for index, (loss, parameters) in enumerate(found.values())]

    def lacks(self, evaluation: Evaluation) -> bool:
        """Whether an evaluation was not made yet at this step; its period does not matter."""
        return self.evaluated_at != self.step or _without_period(evaluation) not in self.evaluated

    def note(self, evaluations: Iterable[Evaluation]) -> None:
        """Notes evaluations that were made at this step."""
        before = self.evaluated if self.evaluated_at == self.step else []
        self.evaluated_at, self.evaluated = self.step, [*before, *map(_without_period, evaluations)]

    def is_finite(self) -> bool:
        """Whether every weight of every player is a finite number."""
        return all(bool(weight.isfinite().all()) for player in self.players.values() for weight in player.parameters)

    def payload(self) -> dict[str, Any]:
        """Everything as plain tensors, numbers and dicts, for a checkpoint; noise is a function of the step."""
        players = {
            name: {"module": player.module.state_dict(), "optimizer": player.optimizer.state_dict()}
            for name, player in self.players.items()
        }
        evaluated = {"evaluated_at": self.evaluated_at, "evaluated": self.evaluated}
        return {"step": self.step, **evaluated, "players": players}

    def restore(self, payload: dict[str, Any]) -> None:
        """The state that `payload` was taken from, bit by bit. Raises DataError for other players or other weights."""
        if payload["players"].keys() != self.players.keys():
            raise DataError(
                "checkpoint", expected=f"players {', '.join(self.players)}", got=", ".join(payload["players"])
            )
        self.step, self.evaluated_at, self.evaluated = (payload[name] for name in ("step", "evaluated_at", "evaluated"))
        for name, player in self.players.items():
            player.restore(payload["players"][name], name)


def _without_period(evaluation: Evaluation) -> dict[str, Any]:
    return to_tree(evaluation) | {"every": 0}
