"""The trial of a run before its first update: all that it will do, on a few images."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace

import torch
from torch import Tensor

from equilab.errors import SettingError
from equilab.objectives import Context, Losses
from equilab.runs.compute import autocast
from equilab.runs.evaluations import Moment
from equilab.runs.keys import Keys, scalars
from equilab.runs.run import Run
from equilab.runs.state import State


def try_run(run: Run, state: State, batch: tuple[Tensor, ...], moment: Moment, keys: Keys) -> None:
    """One call of the objective, and of every evaluation on a few images, on a copy of the state, which stays as it is.

    run: its settings. state: before the first update. batch: of the first update. moment: what an evaluation sees now.
    keys: those of the run. Raises SettingError, ShapeError or DataError for what would stop the training later: a model
    that does not fit the data or the objective, a loss without gradients, an evaluation that does not fit, a term that
    is not declared.
    """
    modules = {name: deepcopy(player.module) for name, player in state.players.items()}
    model = modules.pop("model")
    context = Context(torch.tensor(0, device=moment.device), state.noise.at(0), len(run.data), modules)
    with autocast(run.precision, moment.device):
        losses = run.objective(model, batch, context)
    check_losses(losses, state)
    names = list(scalars(losses))
    check_different(run)
    tried = replace(moment, model=model.eval(), trial=True)
    with quiet(logging.getLogger("equilab")), torch.no_grad():
        for evaluation in run.evaluations:
            names += evaluation(tried).keys()
    for name in names:
        keys.lookup(name)


@contextmanager
def quiet(logger: logging.Logger) -> Iterator[None]:
    """Messages below a warning are not logged."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def check_different(run: Run) -> None:
    """Raises SettingError for two evaluations that find the same key, or pictures whose files have one name."""
    keys = [key for each in run.evaluations for key in each.keys]
    found = [key.name.split("/")[1] if key.unit == "picture" else key.name for key in keys]
    if twice := sorted({name for name in found if found.count(name) > 1}):
        raise SettingError(
            "evaluations", expected="different keys of each", got=f"{', '.join(twice)} twice", hint="leave one out"
        )


def check_losses(losses: Losses, state: State) -> None:
    """Raises SettingError unless there is one scalar loss with a gradient for each player."""
    if losses.by_player.keys() != state.players.keys():
        raise SettingError(
            "objective",
            expected=f"a loss for each of {', '.join(state.players)}",
            got=", ".join(losses.by_player) or "none",
            hint="`losses` gives one by name for the model and for each player that `build` makes",
        )
    for name, loss in losses.by_player.items():
        if loss.ndim or not loss.requires_grad:
            raise SettingError(
                f"losses of {name}",
                expected="a scalar with a gradient",
                got=f"shape {tuple(loss.shape)}, {'with' if loss.requires_grad else 'without'} a gradient",
                hint="terms are detached: sum the parts themselves",
            )
