"""The trial of a run before its first update: all that it will do, on a few images."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from math import prod
from pathlib import Path

import torch
from torch import Tensor, nn

import equilab
from equilab.errors import EquilabError, SettingError
from equilab.objectives import Context, Losses
from equilab.runs.compute import autocast, step_tensor
from equilab.runs.evaluations import Moment
from equilab.runs.keys import Keys, scalars
from equilab.runs.memory import machine_memory
from equilab.runs.run import Run
from equilab.runs.state import State

NOT_OWN = tuple(str(Path(module.__file__ or "").parent) for module in (equilab, torch))
"""Where code lies that is not a user's."""


def try_run(run: Run, state: State, batch: tuple[Tensor, ...], moment: Moment, keys: Keys) -> None:
    """One call of the objective, and of every evaluation on a few images, on a copy of the state, which stays as it is.

    run: its settings. state: before the first update. batch: of the first update. moment: what an evaluation sees now.
    keys: those of the run. Raises SettingError, ShapeError or DataError for what would stop the training later: a model
    that does not fit the data or the objective, a loss without gradients, an evaluation that does not fit, a term that
    is not declared.
    """
    modules = {name: deepcopy(player.module) for name, player in state.players.items()}
    model, further = modules["model"], {name: module for name, module in modules.items() if name != "model"}
    context = Context(step_tensor(0, moment.device), state.noise.at(0), len(run.data), further)
    with naming("model and objective"):
        run.objective.check_values(batch)
        with autocast(run.precision, moment.device):
            losses = run.objective(model, batch, context)
        check_losses(losses, state)
        check_gradients(losses, modules)
    names = list(scalars(losses))
    check_different(run)
    tried = replace(moment, model=model.eval(), trial=True)
    with quiet(logging.getLogger("equilab")), torch.no_grad():
        for evaluation in run.evaluations:
            with naming(f"evaluation {type(evaluation).__name__}"):
                names += evaluation(tried).keys()
    for name in names:
        keys.lookup(name)


@contextmanager
def naming(part: str) -> Iterator[None]:
    """Whatever code of somebody else's raises, as a SettingError that names the part of the run and the line.

    part: of the run. Errors of this project pass as they are; what does not fit into memory is the batch size.
    """
    try:
        yield
    except EquilabError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [each for each in frames if not each.filename.startswith(NOT_OWN)]
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            part = "batch_size"
        raise SettingError(
            part,
            expected="no error in the trial on a few images, before the first update",
            got=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}",
            hint=f"in {own[-1].name}, {own[-1].filename}, line {own[-1].lineno}" if own else "",
        ) from error


def refuse_huge_batch(run: Run) -> None:
    """SettingError for a batch whose images alone are larger than the machine's memory."""
    needed, memory = 4 * run.batch_size * prod(run.data.image_shape), machine_memory()
    if memory is not None and needed > memory:
        raise SettingError(
            "batch_size",
            expected=f"a batch that fits into {memory / 2**30:.0f} GiB of memory",
            got=f"{run.batch_size:,}, whose images take {needed / 2**30:,.0f} GiB",
        )


def check_gradients(losses: Losses, modules: dict[str, nn.Module]) -> None:
    """Raises SettingError for a loss that depends on no parameter of its player."""
    for name, loss in losses.by_player.items():
        parameters = [parameter for parameter in modules[name].parameters() if parameter.requires_grad]
        if all(each is None for each in torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)):
            raise SettingError(
                f"losses of {name}",
                expected="a loss that depends on the parameters of its player",
                got="a gradient of none of them",
                hint="terms are detached: sum the parts themselves",
            )


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
