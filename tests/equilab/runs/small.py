"""Runs of a few updates, trained in the process of the test."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from processes import newest_checkpoint
from torch import Tensor

from equilab.data import MiniSprites, RotatedDigits
from equilab.models import Z2CNN, ConvVAE
from equilab.objectives import VAE, Classification
from equilab.optimizers import Adam
from equilab.runs.compute import Compute
from equilab.runs.folder import claim
from equilab.runs.loop import Training, set_up, update
from equilab.runs.record import Record
from equilab.runs.run import Logging, Run
from equilab.runs.sinks.sink import Sink

FEW = MiniSprites(shapes=1, scales=1, orientations=2, positions=4)
"""32 images, of 3 factors that vary."""

SPRITES = Run(
    data=FEW,
    model=ConvVAE(latent_dim=3),
    objective=VAE(),
    optimizer=Adam(learning_rate=1e-3),
    steps=4,
    batch_size=4,
    precision="float32",
    compute=Compute(threads=1),
    log=Logging(every=1, checkpoint_every=100, wandb="off"),
)
"""A VAE, measured by nothing."""

DIGITS = replace(
    SPRITES, data=RotatedDigits(num_train=64), model=Z2CNN(num_channels=4, dropout=0.3), objective=Classification()
)
"""A classifier with dropout and batch norm, measured by nothing."""


def weights(folder: Path) -> dict[str, Any]:
    """What the newest checkpoint holds of the players: weights, running means, optimisers."""
    return torch.load(newest_checkpoint(folder), weights_only=True)["players"]


def of_model(training: Training) -> dict[str, Tensor]:
    """A copy of the weights and running means of the model."""
    return {name: value.clone() for name, value in training.state.model.state_dict().items()}


def trained(run: Run, *, updates: int) -> Training:
    """The training after so many updates, without a folder."""
    training = set_up(run)
    for _ in range(updates):
        update(training)
    return training


def files(folder: Path) -> dict[str, bytes]:
    """The content of every file below a folder, but for the lock."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name not in (".lock", ".owner"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def write_record(folder: Path, run: Run, values: Mapping[str, float | None], *, finished: bool = True) -> Record:
    """A run of which only the record exists: run.json, and one row with these values."""
    folder.mkdir(parents=True)
    claim(folder, run)
    row = {"step": run.steps if finished else 7, **values} | ({"time/evaluation": 1.0} if finished else {})
    (folder / "metrics.jsonl").write_text(json.dumps(row) + "\n")
    return Record.open(folder)


class AtStep(Sink):
    """Does something when the row of a step arrives: to the run folder, or to the process."""

    def __init__(self, step: int, action: Callable[[], object]):
        self.step, self.action = step, action

    def log(self, step, findings, pictures):
        if step == self.step:
            self.action()

    def close(self, exit_code: int) -> None:
        pass
