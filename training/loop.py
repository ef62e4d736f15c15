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

from equilab.data import batch_indices
from equilab.objectives import Losses
from training.checkpoint import describe_newest, load_newest, save
from training.compute import autocast, prepare, settled
from training.log import Log
from training.probe import evaluate_state
from training.progress import Progress
from training.run import Run
from training.serial import to_tree
from training.state import State
from training.stop import Interrupted, StopRequest


class NonFiniteLoss(RuntimeError):
    """The loss, or a weight, stopped being a number; the message names the step, the terms and the last good state."""


class Outcome(NamedTuple):
    """How far a training came, and the signal that stopped it (None: it is finished)."""

    step: int
    signal: signal.Signals | None


def train(run: Run, folder: Path) -> Outcome:
    """Train until the last update and its evaluation, or until SIGTERM or SIGINT.

    Goes on from the newest checkpoint of the folder if there is one; from a checkpoint on, everything that follows is
    bit-identical to a run that was never stopped, on one machine. Every update is: gather a batch whose indices are
    a function of (seed, step), ask the objective for its losses, update. Raises NonFiniteLoss, CheckpointError.
    """
    device = prepare(run.compute)
    run = replace(run, compute=settled(run.compute, device))
    table = run.data.table.to(device)
    images_per_update = run.batch_size * run.objective.batches
    state = State.build(run, device)
    saved = load_newest(folder / "checkpoints")
    saved_at = -1
    if saved is not None:
        state.restore(saved)
        saved_at = state.step
        if state.step >= run.steps and state.evaluated_at == state.step:
            return Outcome(state.step, None)  # nothing is left to do, and nothing to log
    with ExitStack() as stack:
        log = stack.enter_context(
            Log(
                folder,
                config=to_tree(run),
                name=folder.name,
                wandb=run.log.wandb,
                project=run.log.project,
                position=saved["log_position"] if saved else None,
            )
        )
        stop = stack.enter_context(StopRequest())
        progress = stack.enter_context(Progress(run.steps, state.step))
        clock, clock_step = perf_counter(), state.step
        while True:
            if is_due(state.step, run.log.evaluate_every, run.steps) and state.evaluated_at != state.step:
                try:
                    evaluate_state(state, run, table, folder=folder, log=log, progress=progress.evaluation(stop))
                    state.evaluated_at = state.step
                except Interrupted:
                    pass  # it is repeated on resume: evaluated_at still says so
                clock, clock_step, saved_at = perf_counter(), state.step, -1
            if saved_at != state.step and (is_due(state.step, run.log.checkpoint_every, run.steps) or stop.signal):
                saved_at = checkpoint(state, folder, log)
            if state.step >= run.steps or stop.signal:
                break
            indices = torch.from_numpy(batch_indices(len(run.data), images_per_update, seed=run.seed, step=state.step))
            images = table.gather(indices.to(device))
            with autocast(run.compute, device):
                losses = run.objective(
                    state.model, images, step=state.step, generator=state.generator, critic=state.critic
                )
            refuse_non_finite(losses, state, folder)
            norm = state.update(losses, clip_norm=run.compute.clip_norm)
            progress.advance(state.step)
            if state.step % run.log.every == 0:
                values = scalars(losses) | ({"train/gradient_norm": norm} if run.compute.clip_norm > 0 else {})
                progress.show(values)
                rate = (state.step - clock_step) / (perf_counter() - clock)
                log.row(state.step, values | {"time/steps_per_second": rate, "time/memory": peak_memory()})
                clock, clock_step = perf_counter(), state.step
    return Outcome(state.step, stop.signal)


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
            f"{describe_newest(folder / 'checkpoints')}. A smaller optimizer.learning_rate, --compute.clip_norm 10 or "
            "--compute.precision float32 often helps"
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
