"""The training loop, from the first update to the last evaluation."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import reduce
from operator import or_
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from equilab.data import Feed
from equilab.files import as_path
from equilab.objectives import Context, Losses
from equilab.runs.checkpoint import load_state, save
from equilab.runs.compute import autocast, kept_generators, prepare, resolve_precision, seed_layers, step_tensor
from equilab.runs.divergence import NonFiniteLoss, refuse_non_finite, warn_of_divergence
from equilab.runs.evaluations import Evaluation, Findings, Moment
from equilab.runs.folder import claim, mark_saved, refuse_other_run, refuse_other_settings, was_saved
from equilab.runs.keys import keys_of, scalars
from equilab.runs.lock import Held, locked
from equilab.runs.memory import peak_memory
from equilab.runs.progress import Clock, Progress
from equilab.runs.rows import refuse_changed_rows, refuse_rows_without_checkpoint
from equilab.runs.run import Run
from equilab.runs.serial import to_tree
from equilab.runs.sinks.sink import Sink
from equilab.runs.sinks.sinks import Sinks, open_sinks
from equilab.runs.sinks.wandb_plan import wandb_mode
from equilab.runs.state import State, build_model
from equilab.runs.stop import Interrupted, StopRequest
from equilab.runs.trial import naming, refuse_huge_batch, try_run


class Outcome(NamedTuple):
    """How far a training came, and the signal that stopped it (None: it is finished)."""

    step: int
    signal: signal.Signals | None


class Training(NamedTuple):
    """A run that has been set up and tried: its settings, device, state before the first update, and batches."""

    run: Run
    device: torch.device
    state: State
    feed: Feed

    def moment(self, **further: Any) -> Moment:
        """What an evaluation sees of the state as it is."""
        state = self.state
        return Moment(state.model, self.run.data, self.feed.table, self.device, state.step, self.run.seed, **further)


def set_up(run: Run) -> Training:
    """The training of a run, tried on a few images: nothing is written, and no weight is changed.

    Raises SettingError, ShapeError or DataError for a run that could not be trained or evaluated to its end.
    """
    for part in (run.model, run.objective, run.optimizer, run.evaluations):
        to_tree(part)  # refuses settings that run.json cannot hold
    device = prepare(run.compute)
    refuse_huge_batch(run)
    run = replace(run, precision=resolve_precision(run.precision, device))
    seed_layers(run.seed, 0, device, purpose="set up")
    with naming("model"):
        state = State.build(run, device)
    with naming("data"):
        feed = Feed(run.data, run.objective.sampler, run.batch_size, seed=run.seed, device=device)
        batch = feed.at(0)
    training = Training(run, device, state, feed)
    try_run(run, state, batch, training.moment(), keys_of(run))
    return training


def train(run: Run, folder: Path | str, *, sinks: Sequence[Sink] = (), recipe: Path | None = None) -> Outcome:
    """Train until the last update and its evaluations, or until SIGTERM or SIGINT.

    From a checkpoint on, everything that follows is bit-identical to a run that was never stopped, on one machine:
    batches and noise are functions of (seed, step).

    run: the settings. folder: of the run; one that is empty gets the run.json, of one that holds this run the training
    goes on from the newest checkpoint; of a finished one the evaluations are made that it lacks. sinks: further
    receivers of rows, tables and pictures, beside the folder and W&B; one that fails is left out, with a warning.
    recipe: the file of one's own that the run comes from, which run.json then names.

    Raises what `set_up` does, before anything is written; DataError for a folder that holds another run, or whose rows
    or checkpoints do not fit; BusyError, NonFiniteLoss and WriteError; StoppedAtOnce at a second Ctrl-C.
    """
    folder = as_path("folder", folder)
    to_tree(run)  # refuses data in memory, which run.json cannot hold
    wandb_mode(run)  # refuses a variable of W&B's that cannot be honoured, before anything is written
    with ExitStack() as stack:
        stack.enter_context(kept_generators())
        training = set_up(run)
        run, state = training.run, training.state
        held = stack.enter_context(locked(folder))
        stop = stack.enter_context(StopRequest())
        refuse_other_run(folder, run)
        position = restore(state, run, folder)
        claim(folder, run, recipe)
        if state.step >= run.steps and not due_evaluations(run, state):
            return Outcome(state.step, stop.signal)  # nothing is left to do, and nothing to log
        opened = stack.enter_context(open_sinks(run, folder, position, sinks))
        progress = stack.enter_context(Progress(run.steps, state.step))
        saved_at, clock, diverged = (-1 if position is None else state.step), Clock(state.step), False
        state.model.train()
        while True:
            due = due_evaluations(run, state)
            saves = stop.signal or is_due(state.step, run.log.checkpoint_every, run.steps)
            if saves and saved_at != state.step:
                saved_at = checkpoint(state, run, held, opened)
            if stop.signal:
                if due or state.step < run.steps:
                    opened.stopped(stop.signal)
                break
            if due:
                try:
                    found = evaluate(due, training, progress.evaluation(stop))
                except Interrupted:
                    continue  # the state is saved as it was before the evaluations, which are repeated on resume
                opened.log(state.step, found)
                state.note(due)
                clock = Clock(state.step)
                if state.step >= run.steps:
                    checkpoint(state, run, held, opened)
            if state.step >= run.steps:
                break

            losses, varying = update(training)
            progress.advance(state.step)
            if is_due(state.step, run.log.every, run.steps):
                values = scalars(losses, varying)
                progress.show(values)
                rate, clock = clock.rate(state.step), Clock(state.step)
                timing = {"time/steps_per_second": rate, "time/memory": peak_memory()}
                opened.log(state.step, Findings(values | timing))
                diverged = warn_of_divergence(values, state.step, before=diverged, last=run.steps)
    return Outcome(state.step, stop.signal)


class Updated(NamedTuple):
    """The losses of one update, and for each player the norms and rates that vary."""

    losses: Losses
    varying: dict[str, dict[str, Tensor | float]]


def update(training: Training) -> Updated:
    """One update of every player: a batch, its losses, the gradients of each loss, the step of each optimiser.

    Each loss is differentiated with respect to the parameters of its own players only, so none reaches the others'.
    Raises NonFiniteLoss before a loss that is not a number reaches the weights.
    """
    run, device, state, feed = training
    batch = feed.at(state.step)
    context = Context(step_tensor(state.step, device), state.noise.at(state.step), len(run.data), state.modules)
    seed_layers(run.seed, state.step, device)
    with autocast(run.precision, device):
        losses = run.objective(state.model, batch, context)
    refuse_non_finite(losses, state)
    for player in state.players.values():
        player.optimizer.zero_grad()
    for loss, parameters, others_follow in state.by_loss(losses):
        loss.backward(inputs=parameters, retain_graph=others_follow)
    varying = {}
    for name, player in state.players.items():
        varying[name] = player.prepare_step(state.step)  # clips the gradient, sets the rate
        player.optimizer.step()
    state.step += 1
    return Updated(losses, varying)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in evaluation mode; afterwards every part of it in the mode that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def evaluate(due: list[Evaluation], training: Training, progress: Callable[[int, int], None]) -> Findings:
    """The findings of evaluations about the state, in float32, and how long they took.

    due: the evaluations. training: its state. progress: see `Moment`.
    """
    start, (run, device, state, _) = perf_counter(), training
    untrained = (lambda: build_model(run).to(device).eval()) if state.step >= run.steps else None
    moment = training.moment(untrained=untrained, progress=progress)
    seed_layers(run.seed, state.step, device, purpose="evaluations")
    with evaluating(state.model), torch.no_grad():
        found = reduce(or_, [evaluation(moment) for evaluation in due])
    return found | Findings({"time/evaluation": perf_counter() - start})


def due_evaluations(run: Run, state: State) -> list[Evaluation]:
    """The evaluations of this step that were not made yet."""
    return [each for each in run.evaluations if is_due(state.step, each.every, run.steps) and state.lacks(each)]


def is_due(step: int, every: int, last: int) -> bool:
    """Whether something that happens every so many updates (0: only at the end) happens at this step."""
    return step == last or (every > 0 and step > 0 and step % every == 0)


def restore(state: State, run: Run, folder: Path) -> int | None:
    """Puts the newest checkpoint into the state; the length of metrics.jsonl at it, or None without a checkpoint.

    Raises DataError, naming the settings, for a checkpoint of a run with others; more updates are no difference. Raises
    it, too, where rows of metrics.jsonl were changed, and where there are rows without the checkpoint before them.
    """
    saved = load_state(folder / "checkpoints")
    if saved is None:
        refuse_rows_without_checkpoint(folder, run.log.checkpoint_every, was_saved=was_saved(folder))
        return None
    hint = "put run.json back, or train in another folder"
    refuse_other_settings(saved["settings"], run, folder, of="checkpoint", hint=hint)
    position, digest = saved["log_position"]
    refuse_changed_rows(folder / "metrics.jsonl", position, digest)
    state.restore(saved)
    return position


def checkpoint(state: State, run: Run, held: Held, sinks: Sinks) -> int:
    """The step that was saved, with length and digest of the log, so that a resumed run goes on with exactly its rows.

    Raises NonFiniteLoss for a weight that is not a finite number, WriteError for a full disk, and for a folder of which
    something was removed or replaced.
    """
    held.check()
    if not state.is_finite():
        raise NonFiniteLoss(f"step {state.step}: a weight is not finite")
    payload = state.payload() | {
        "key": run.key(),
        "settings": run.deciding(),
        "log_position": (sinks.record.sync(), sinks.record.digest),
    }
    save(held.folder / "checkpoints", state.step, payload)
    mark_saved(held.folder)
    return state.step
