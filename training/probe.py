"""An evaluation: what is said of a model, by a probe for each kind of module."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
from torch import nn

from equilab.data import Dataset, SplitDataset
from equilab.errors import SettingError
from equilab.models import Classifier, VariationalAutoencoder
from training.feed import Feed
from training.log import Log
from training.probe_classifier import probe_classifier
from training.probe_vae import probe_vae
from training.run import Run
from training.state import State

# Each logs tables and pictures of a state in evaluation mode and gives one row of values; it draws nothing from the
# training's generators, and calls `progress(done, total)`, which may raise to stop, after every batch of images.
PROBES: dict[type[nn.Module], Callable[..., dict[str, float]]] = {
    VariationalAutoencoder: probe_vae,
    Classifier: probe_classifier,
}


def check_probe(run: Run) -> None:
    """Raises SettingError, before a training begins, for a run that could not be evaluated at its end."""
    if not issubclass(run.model.kind, tuple(PROBES)):
        known = ", ".join(kind.__name__ for kind in PROBES)
        raise SettingError(f"model: no evaluation is known for a {run.model.kind.__name__}: add it to {known}")
    if issubclass(run.model.kind, Classifier) and not isinstance(run.data, SplitDataset):
        raise SettingError(
            f"data: a classifier is tested on images that are held out, and {type(run.data).__name__} holds out none: "
            "derive it from equilab.data.SplitDataset"
        )
    if isinstance(run.data, SplitDataset) and run.data.test == run.data:
        raise SettingError(
            f"data.split: expected train, got {getattr(run.data, 'split', 'test')}: these images are held out, to test "
            "on, and a training that sees them has nothing left to be tested on"
        )


def open_data(run: Run, model: nn.Module) -> None:
    """Opens all that a run's training and its evaluations read, and compares it with the model that it builds.

    Raises DataError for files that are missing or broken, also those of the last evaluation, and SettingError for a
    classifier with another number of classes than there are.
    """
    opened: list[Dataset] = [run.data]
    if isinstance(model, Classifier) and isinstance(run.data, SplitDataset):
        told = next(iter(run.data.factors))
        if model.num_classes != told.size:
            raise SettingError(
                f"model.num_classes: expected {told.size}, the values of the factor {told.name} of "
                f"{type(run.data).__name__}, got {model.num_classes}"
            )
        opened.append(run.data.test)
    for data in opened:
        _ = data.table
        data.labels(np.zeros(0, np.int64))


def evaluate_state(
    state: State, run: Run, feed: Feed, *, folder: Path, log: Log, progress: Callable[[int, int], None]
) -> None:
    """One row of metrics, the tables and the pictures of the model as it stands, into the log and the run folder."""
    start = perf_counter()
    state.model.eval()
    probe = next(probe for kind, probe in PROBES.items() if issubclass(run.model.kind, kind))
    values = probe(state, run, feed, folder=folder, log=log, progress=progress)
    log.row(state.step, values | {"time/evaluation": perf_counter() - start})
    state.model.train()
