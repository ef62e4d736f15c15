"""The evaluation of a classifier: errors on the held-out images and on those it was trained on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from equilab.data import ImageTable, SplitDataset
from training.compute import autocast
from training.feed import Feed
from training.log import Log
from training.pictures import mistakes
from training.run import Run
from training.state import State

NUM_MISTAKES = 20  # images in the picture of mistakes


@dataclass(frozen=True)
class Answers:
    """What a classifier says of n images: logits (n, num_classes) and the true classes int64 (n,), on the CPU."""

    logits: Tensor
    classes: Tensor

    @property
    def error(self) -> float:
        """Images of which the largest logit names another class, percent."""
        return 100 * float((self.logits.argmax(1) != self.classes).double().mean())

    @property
    def cross_entropy(self) -> float:
        """-log p(class | image), nats, the mean over the images."""
        return float(functional.cross_entropy(self.logits.double(), self.classes))

    def confusion(self) -> Tensor:
        """Images of each class (rows) by the class that was named (columns), int64 (num_classes, num_classes)."""
        num_classes = self.logits.shape[1]
        return (
            (self.classes * num_classes + self.logits.argmax(1))
            .bincount(minlength=num_classes**2)
            .view(num_classes, num_classes)
        )

    def worst(self, num: int) -> Tensor:
        """Indices of at most `num` images that are named wrong, the one whose class is given the least first."""
        wrong = (self.logits.argmax(1) != self.classes).nonzero()[:, 0]
        loss = functional.cross_entropy(self.logits[wrong], self.classes[wrong], reduction="none")
        return wrong[loss.argsort(descending=True, stable=True)[:num]]


@torch.no_grad()
def answers(
    model: nn.Module, table: ImageTable, classes: Tensor, *, run: Run, progress: Callable[[int, int], None]
) -> Answers:
    """The model's answers to all images of a table, whose classes are int64 (n,)."""
    device = table.rows.device
    logits = []
    for indices in torch.arange(len(table), device=device).split(256 if device.type == "cpu" else 4096):
        with autocast(run.compute, device):
            logits.append(model(table.gather(indices)).cpu())
        progress(int(indices[-1]) + 1, len(table))
    return Answers(torch.cat(logits), classes.cpu())


def probe_classifier(
    state: State, run: Run, feed: Feed, *, folder: Path, log: Log, progress: Callable[[int, int], None]
) -> dict[str, float]:
    """Test and training error, the error of each class, the confusion table, and a picture of the worst mistakes."""
    assert isinstance(run.data, SplitDataset)
    test = run.data.test
    table = test.table.to(feed.table.rows.device)
    found = answers(
        state.model, table, torch.from_numpy(test.labels(np.arange(len(test))))[:, 0], run=run, progress=progress
    )
    trained = torch.from_numpy(run.data.labels(np.arange(len(run.data))))[:, 0]
    seen = answers(state.model, feed.table, trained, run=run, progress=progress)
    values = {
        "metric/test_error": found.error,
        "metric/test_cross_entropy": found.cross_entropy,
        "metric/train_error": seen.error,
        "metric/train_cross_entropy": seen.cross_entropy,
    }
    confusion = found.confusion().tolist()
    names = [f"{value:g}" for value in next(iter(test.factors)).values]
    for index, (name, row) in enumerate(zip(names, confusion, strict=True)):
        if num := sum(row):  # a class without images has no error
            values[f"metric/test_error_{name}"] = 100 * (num - row[index]) / num
    rows = [[name, *row] for name, row in zip(names, confusion, strict=True)]
    log.table(state.step, "metric/confusion", ["class", *names], rows)
    if len(worst := found.worst(NUM_MISTAKES)):
        said = found.logits[worst].argmax(1)
        labels = [f"{names[a]}: {names[b]}" for a, b in zip(found.classes[worst].tolist(), said.tolist(), strict=True)]
        path = folder / "pictures" / f"mistakes_{state.step:09d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        mistakes(table.gather(worst.to(feed.table.rows.device)).cpu().numpy(), labels=labels, path=path)
        log.picture(state.step, "metric/mistakes", path)
    return values
