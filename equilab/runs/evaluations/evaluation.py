"""What an evaluation is: settings with a period that turn a model into values, tables and pictures."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import nn

from equilab.data import Dataset, ImageTable
from equilab.errors import SettingError
from equilab.keys import Key
from equilab.noise import numpy_stream, torch_stream

NUM_TRIED = 4
"""Images that an evaluation sees in a trial; of one number, as the first call with another takes longer."""


class Columns(NamedTuple):
    """A table: a header and rows of words and numbers."""

    header: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Findings:
    """The results of an evaluation, by declared keys.

    values: numbers. tables: columns. pictures: an image, which becomes a PNG, or the frames of a film, which become a
    GIF.
    """

    values: dict[str, float] = field(default_factory=dict)
    tables: dict[str, Columns] = field(default_factory=dict)
    pictures: dict[str, Image.Image | list[Image.Image]] = field(default_factory=dict)

    def __or__(self, other: "Findings") -> "Findings":
        """All findings of both."""
        return Findings(self.values | other.values, self.tables | other.tables, self.pictures | other.pictures)

    def keys(self) -> list[str]:
        """The keys of everything that was found."""
        return [*self.values, *self.tables, *self.pictures]


@dataclass(frozen=True)
class Moment:
    """What an evaluation sees of a training.

    model: in evaluation mode. data: the data set of the run. table: its images, on the device. device: of the model.
    step: updates made so far. seed: of the run. untrained: builds the model as it was before the first update, for the
    last evaluation of a run, else None. progress: called as progress(done, total) after every batch of images, and
    may raise to stop. trial: whether this is the trial before the first update, on `NUM_TRIED` images.
    """

    model: nn.Module
    data: Dataset
    table: ImageTable
    device: torch.device
    step: int
    seed: int
    untrained: Callable[[], nn.Module] | None = None
    progress: Callable[[int, int], None] = lambda done, total: None
    trial: bool = False

    def rng(self, purpose: str) -> np.random.Generator:
        """A numpy generator for one purpose, the same at every step, so that evaluations of one run compare."""
        return numpy_stream(self.seed, f"evaluation {purpose}")

    def generator(self, purpose: str) -> torch.Generator:
        """A torch generator on the device for one purpose, the same at every step."""
        return torch_stream(self.seed, f"evaluation {purpose}", device=self.device)

    @property
    def batch_size(self) -> int:
        """Images that are encoded at a time."""
        return images_at_once(self.device)


def images_at_once(device: torch.device) -> int:
    """How many images are encoded at a time: a CPU's caches hold no more."""
    return 256 if device.type == "cpu" else 4096


class Evaluation(ABC):
    """A measurement of a model; a frozen dataclass of settings with a field `every` in every concrete class.

    every: updates between two evaluations; 0: once, at the end, when every evaluation is made. Before the first update
    each is tried on a few images, so that a run which could not be evaluated is refused at once. An evaluation draws
    from generators of its own and runs in float32: its period does not change the training.
    """

    every: int

    @abstractmethod
    def __call__(self, moment: Moment) -> Findings:
        """The findings about the model at a moment. Raises SettingError or DataError for a run that it does not fit."""

    @property
    @abstractmethod
    def keys(self) -> tuple[Key, ...]:
        """The keys that it finds, with unit and meaning."""


def require_model(moment: Moment, kind: type[nn.Module], evaluation: Evaluation) -> Any:
    """The model, of this class; SettingError, naming the evaluation, for another."""
    if not isinstance(moment.model, kind):
        raise SettingError(
            "evaluations",
            expected=f"evaluations of a {type(moment.model).__name__}",
            got=f"{type(evaluation).__name__}, which is of a {kind.__name__}",
        )
    return moment.model
