"""Two sizes and two seeds of a classifier of rotated digits, trained for a few updates, by an objective of its own."""

from dataclasses import dataclass

from equilab.data import RotatedDigits
from equilab.models import Z2CNN
from equilab.objectives import Classification
from equilab.optimizers import Adam
from equilab.runs import Chart, Compute, Logging, Run, Study, TestError, crossed


@dataclass(frozen=True)
class OwnClassification(Classification):
    """A class that only this file defines."""


base = Run(
    data=RotatedDigits(num_train=64),
    model=Z2CNN(num_channels=4),
    objective=OwnClassification(),
    optimizer=Adam(learning_rate=1e-2),
    steps=4,
    batch_size=8,
    evaluations=(TestError(),),
    compute=Compute(threads=1),
    log=Logging(every=1, checkpoint_every=2, wandb="off"),
)
study = Study(
    crossed(base, {"data.num_train": (32, 64)}, seeds=(0, 1)),
    chart=Chart("metric/test_error", x="data.num_train", curves="model"),
)
