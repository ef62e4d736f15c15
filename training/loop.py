"""The training loop, from the first update to the last evaluation."""

import resource
import signal
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import torch

from equilab.objectives import Losses
from training.checkpoint import describe_newest, load_newest, save
from training.compute import autocast, prepare, settled
from training.feed import Feed
from training.log import Log
from training.probe import check_probe, evaluate_state, open_data
from training.progress import Progress
from training.run import Run
from training.serial import to_tree
from training.state import State, build_model
from training.stop import Interrupted, StopRequest
from training.symmetry import symmetry_of


class NonFiniteLoss(RuntimeError):
    """The loss, or a weight, stopped being a number; the message names the step, the terms and the last good state."""


class Outcome(NamedTuple):
    """How far a training came, and the signal that stopped it (None: it is finished)."""

    step: int
    signal: signal.Signals | None


def ready(run: Run) -> Run:
    """The run with its precision settled, after its data were opened and its model was built once.

    Asked before anything is written, so that a run that cannot begin leaves no run.json. Raises SettingError,
    ShapeError or DataError for what would stop it.
    """
    run = replace(run, compute=settled(run.compute, prepare(run.compute)))
    check_probe(run)
    model = build_model(run)
    open_data(run, model)
    symmetry_of(run, model)
    return run


def train(run: Run, folder: Path) -> Outcome:
    """Train until the last update and its evaluation, or until SIGTERM or SIGINT.

    Goes on from the newest checkpoint of the folder if there is one; from a checkpoint on, everything that follows is
    bit-identical to a run that was never stopped, on one machine. Every update is: gather a batch whose indices are
    a function of (seed, step), ask the objective for its losses, update. Raises NonFiniteLoss, WriteError, and, before
    the first update, SettingError or DataError for a run that could not be evaluated.
    """
    check_probe(run)
    with ExitStack() as stack:
        stop = stack.enter_context(StopRequest())
        device = prepare(run.compute)
        run = replace(run, compute=settled(run.compute, device))
        state, position = restored(run, folder, device)
        if state.step >= run.steps and state.evaluated_at == state.step:
            return Outcome(state.step, None)  # nothing is left to do, and nothing to log
        open_data(run, state.model)
        symmetry = symmetry_of(run, state.model)
        feed = Feed.open(run, device)
        log = stack.enter_context(open_log(run, folder, position))
        progress = stack.enter_context(Progress(run.steps, state.step))
        saved_at, clock = (-1 if position is None else state.step), Clock(state.step)
        while True:
            evaluates = is_due(state.step, run.log.evaluate_every, run.steps) and state.evaluated_at != state.step
            saves = is_due(state.step, run.log.checkpoint_every, run.steps) or evaluates or stop.signal
            if saves and saved_at != state.step:
                saved_at = checkpoint(state, folder, log)
            if stop.signal:
                break
            if evaluates:
                try:
                    evaluate_state(state, run, feed, folder=folder, log=log, progress=progress.evaluation(stop))
                except Interrupted:
                    break  # it is repeated on resume: the checkpoint is from before it
                state.evaluated_at = state.step
                saved_at, clock = checkpoint(state, folder, log), Clock(state.step)
            if state.step >= run.steps:
                break
            batch = feed.batch(state.step)
            with autocast(run.compute, device):
                losses = run.objective(
                    state.model, **batch, step=state.step, generator=state.generator, critic=state.critic
                )
            refuse_non_finite(losses, state, folder)
            norm = state.update(losses, clip_norm=run.compute.clip_norm)
            progress.advance(state.step)
            if state.step % run.log.every == 0:
                values = scalars(losses) | ({"train/gradient_norm": norm} if run.compute.clip_norm > 0 else {})
                progress.show(values)
                rate, clock = clock.rate(state.step), Clock(state.step)
                log.row(state.step, values | {"time/steps_per_second": rate, "time/memory": peak_memory()})
            if symmetry is not None and state.step % run.log.equivariance_every == 0:
                log.row(state.step, symmetry.measure(state.step, batch["images"]))
    return Outcome(state.step, stop.signal)


class Clock:
    """The time since a step."""

    def __init__(self, step: int):
        self._step, self._start = step, perf_counter()

    def rate(self, step: int) -> float:
        """Steps per second since then."""
        return (step - self._step) / (perf_counter() - self._start)


def restored(run: Run, folder: Path, device: torch.device) -> tuple[State, int | None]:
    """The state of the newest checkpoint and the log's length at it, or the state before the first update and None."""
    state = State.build(run, device)
    saved = load_newest(folder / "checkpoints")
    if saved is None:
        return state, None
    state.restore(saved)
    return state, saved["log_position"]


def open_log(run: Run, folder: Path, position: int | None) -> Log:
    """The log of this run, cut back to `position`."""
    return Log(
        folder,
        config=to_tree(run),
        name=folder.resolve().name,
        wandb=run.log.wandb,
        project=run.log.project,
        position=position,
    )


def is_due(step: int, every: int, last: int) -> bool:
    """Whether something that happens every so many updates (0: only at the end) happens at this step."""
    return step == last or (every > 0 and step > 0 and step % every == 0)


def checkpoint(state: State, folder: Path, log: Log) -> int:
    """The step that was saved, with the log's length, so that a resumed run goes on with exactly these rows."""
    if not state.is_finite():
        raise NonFiniteLoss(
            f"step {state.step}: a weight is not finite; last good checkpoint: "
            f"{describe_newest(folder / 'checkpoints')}"
        )
    save(folder / "checkpoints", state.step, state.payload() | {"log_position": log.sync()})
    return state.step


def refuse_non_finite(losses: Losses, state: State, folder: Path) -> None:
    """Raises NonFiniteLoss when a loss is not a finite number, before it reaches the weights."""
    total = losses.model.detach() if losses.critic is None else losses.model.detach() + losses.critic.detach()
    if not bool(total.isfinite()):
        terms = ", ".join(f"{name} = {value:.6g}" for name, value in scalars(losses).items())
        raise NonFiniteLoss(
            f"step {state.step + 1}: the loss is not finite ({terms}); last good checkpoint: "
            f"{describe_newest(folder / 'checkpoints')}. Start again with a smaller "
            "--optimizer.learning-rate, --compute.clip-norm 10 or --compute.precision float32"
        )


def scalars(losses: Losses) -> dict[str, float]:
    """The losses as numbers by key: train/loss, train/TERM, and latent/TERM_00, _01 ... for a term of each latent."""
    values = {"train/loss": float(losses.model.detach())}
    for name, term in losses.terms.items():
        if term.ndim == 0:
            values[f"train/{name}"] = float(term)
        else:
            stem = name.removesuffix("_per_latent")
            values |= {f"latent/{stem}_{index:02d}": value for index, value in enumerate(term.tolist())}
    return values


def peak_memory() -> float:
    """The largest resident memory of this process so far, MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
