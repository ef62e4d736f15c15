"""Z2CNN on rotated digits: every part of a classification in seconds."""

from equilab.data import RotatedDigits
from equilab.models import Z2CNN
from equilab.objectives import Classification
from equilab.optimizers import Adam
from equilab.runs.compute import Compute
from equilab.runs.evaluations import TestError
from equilab.runs.run import Logging, Run

run = Run(
    data=RotatedDigits(),
    model=Z2CNN(num_channels=8, dropout=0.1),
    objective=Classification(),
    optimizer=Adam(learning_rate=1e-2),
    steps=120,
    batch_size=32,
    evaluations=(TestError(every=60),),
    compute=Compute(threads=1),
    log=Logging(every=5, checkpoint_every=20, wandb="off"),
)
