"""Trainings that diverge: a loss or a weight that is no finite number, or a finite loss beyond all meaning."""

import logging
from collections.abc import Mapping

import torch

from equilab.objectives import Losses
from equilab.runs.keys import scalars
from equilab.runs.state import State

logger = logging.getLogger("equilab.training")
MOST_NATS = 1e8
"""Nats per image, of either sign, beyond which a loss has diverged; 1000 x 1000 colour pixels at chance have 2e6."""
ADVICE = "Start again with a smaller --optimizer.learning-rate, --optimizer.clip-norm 10 or --precision float32"


class NonFiniteLoss(RuntimeError):
    """The loss, or a weight, stopped being a number, or the loss diverged; the message names the step and the terms."""


def refuse_non_finite(losses: Losses, state: State) -> None:
    """Raises NonFiniteLoss when a loss is not a finite number, before it reaches the weights."""
    total = sum(loss.detach() for loss in losses.by_player.values())
    if not bool(torch.as_tensor(total).isfinite()):
        raise NonFiniteLoss(f"step {state.step + 1}: the loss is not finite ({_words(scalars(losses))}). {ADVICE}")


def has_diverged(values: Mapping[str, float | None]) -> bool:
    """Whether the loss of a row, by key, lies beyond 1e8 nats per image, or was no number.

    >>> has_diverged({"train/loss": -1e37}), has_diverged({"train/loss": None}), has_diverged({"train/loss": 2840.0})
    (True, True, False)
    """
    loss = values.get("train/loss", 0.0)
    return loss is None or not abs(loss) <= MOST_NATS


def warn_of_divergence(values: Mapping[str, float], step: int, *, before: bool, last: int) -> bool:
    """Whether the loss of a row has diverged; a warning says so where the row before had not.

    values: of the row, by key. step: updates made so far. before: whether the row before had diverged. last: updates in
    all. Raises NonFiniteLoss at the last update: a training that ends so is not finished.
    """
    found = has_diverged(values)
    if found and step >= last:
        raise NonFiniteLoss(f"step {step}: the training diverged ({_words(values)}). {ADVICE}")
    if found and not before:
        logger.warning("step %d: the loss diverges (%s). %s", step, _words(values), ADVICE)
    return found


def _words(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:.6g}" for name, value in values.items())
