"""The errors of a classifier on held-out images and on those it was trained on, and its worst mistakes."""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from equilab.data import Dataset, ImageTable, SplitDataset
from equilab.errors import SettingError, check_count
from equilab.keys import Key
from equilab.models import Classifier
from equilab.runs.evaluations.evaluation import NUM_TRIED, Columns, Evaluation, Findings, Moment, require_model
from equilab.runs.pictures import tiles

NUM_MISCLASSIFIED = 20  # images in the picture of misclassified ones


@dataclass(frozen=True)
class TestError(Evaluation):
    """Test and training error, the error of each class, the confusion table, and the worst misclassified images.

    Raises SettingError for a data set that holds out no images, or one of held-out images, and for another number of
    classes than the model has.
    """

    __test__ = False  # of pytest: no class of tests

    every: int = 0  # updates between two evaluations; 0: once, at the end

    def __post_init__(self) -> None:
        check_count("every", self.every, least=0)

    @property
    def keys(self) -> tuple[Key, ...]:
        return (
            Key("metric/test_error", "%", "test error", "down"),
            Key("metric/test_error_{}", "%", "test error of the images of one class", "down"),
            Key("metric/test_cross_entropy", "nats per image", "-log p(class) over the test images", "down"),
            Key("metric/train_error", "%", "error on the training set, without dropout", "down"),
            Key("metric/train_cross_entropy", "nats per image", "-log p(class) over the training set", "down"),
            Key("metric/confusion", "table", "test images of each class by predicted class"),
            Key("metric/mistakes", "picture", "misclassified test images, highest loss first (true: predicted)"),
        )

    def __call__(self, moment: Moment) -> Findings:
        model, data = require_model(moment, Classifier, self), moment.data
        test = _held_out(data, model)
        table = test.table.to(moment.device)
        found = predictions(model, table, classes_of(test), moment)
        trained = predictions(model, moment.table, classes_of(data), moment)
        values = {
            "metric/test_error": found.error,
            "metric/test_cross_entropy": found.cross_entropy,
            "metric/train_error": trained.error,
            "metric/train_cross_entropy": trained.cross_entropy,
        }
        confusion, names = found.confusion().tolist(), [f"{value:g}" for value in next(iter(test.factors)).values]
        for index, (name, row) in enumerate(zip(names, confusion, strict=True)):
            if num := sum(row):  # a class without images has no error
                values[f"metric/test_error_{name}"] = 100 * (num - row[index]) / num
        rows = [[name, *row] for name, row in zip(names, confusion, strict=True)]
        return Findings(
            values, {"metric/confusion": Columns(["class", *names], rows)}, _misclassified(found, table, names)
        )


def _held_out(data: Dataset, model: Classifier) -> Dataset:
    """The test images of a data set; SettingError where there are none, or other classes than the model's."""
    if not isinstance(data, SplitDataset):
        raise SettingError(
            "data",
            expected="a data set that holds out images to test on",
            got=type(data).__name__,
            hint="derive it from equilab.data.SplitDataset",
        )
    if data.test == data:
        raise SettingError(
            "data.split", expected="train", got=getattr(data, "split", "test"), hint="these images are held out"
        )
    labelled = next(iter(data.factors))
    if model.num_classes != labelled.size:
        raise SettingError(
            "model.num_classes",
            expected=f"{labelled.size}, the values of {labelled.name} of {type(data).__name__}",
            got=model.num_classes,
        )
    return data.test


def _misclassified(
    found: "Predictions", table: ImageTable, names: list[str]
) -> dict[str, Image.Image | list[Image.Image]]:
    """The picture of the worst misclassified images; none where there are none."""
    worst = found.worst(NUM_MISCLASSIFIED)
    if not len(worst):
        return {}
    pairs = zip(found.classes[worst].tolist(), found.logits[worst].argmax(1).tolist(), strict=True)
    images = table.gather(worst.to(table.rows.device)).cpu().numpy()
    return {"metric/mistakes": tiles(images, [f"{names[true]}: {names[other]}" for true, other in pairs], columns=10)}


@dataclass(frozen=True)
class Predictions:
    """Logits (n, num_classes) of n images, and their true classes int64 (n,), on the CPU."""

    logits: Tensor
    classes: Tensor

    @property
    def error(self) -> float:
        """Misclassified images, percent."""
        return 100 * float((self.logits.argmax(1) != self.classes).double().mean())

    @property
    def cross_entropy(self) -> float:
        """-log p(class | image), nats, the mean over the images."""
        return float(functional.cross_entropy(self.logits.double(), self.classes))

    def confusion(self) -> Tensor:
        """Images of each class (rows) by predicted class (columns), int64 (num_classes, num_classes)."""
        num_classes = self.logits.shape[1]
        cells = self.classes * num_classes + self.logits.argmax(1)
        return cells.bincount(minlength=num_classes**2).view(num_classes, num_classes)

    def worst(self, num: int) -> Tensor:
        """Indices of at most `num` misclassified images, the highest loss first."""
        wrong = (self.logits.argmax(1) != self.classes).nonzero()[:, 0]
        loss = functional.cross_entropy(self.logits[wrong], self.classes[wrong], reduction="none")
        return wrong[loss.argsort(descending=True, stable=True)[:num]]


def classes_of(data: Dataset) -> Tensor:
    """The class of every image, int64 (n,): the values of the first factor."""
    return torch.from_numpy(data.labels(np.arange(len(data))))[:, 0]


@torch.no_grad()
def predictions(model: nn.Module, table: ImageTable, classes: Tensor, moment: Moment) -> Predictions:
    """The model's logits of all images of a table, of its first few in a trial.

    table: on the model's device. classes: int64 (n,), on the CPU.
    """
    num = min(len(table), NUM_TRIED) if moment.trial else len(table)
    logits = []
    for indices in torch.arange(num, device=moment.device).split(moment.batch_size):
        logits.append(model(table.gather(indices)).cpu())
        moment.progress(int(indices[-1]) + 1, num)
    return Predictions(torch.cat(logits), classes[:num])
