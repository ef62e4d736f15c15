"""A small P4CNN on rotated digits, its equivariance error measured on the way."""

from equilab.data import RotatedDigits
from equilab.models import P4CNN
from equilab.objectives import Classification
from equilab.runs.compute import Compute
from equilab.runs.evaluations import Equivariance, TestError
from equilab.runs.run import Logging, Run

run = Run(
    data=RotatedDigits(),
    model=P4CNN(num_fields=4),
    objective=Classification(),
    steps=40,
    batch_size=16,
    evaluations=(TestError(), Equivariance(every=8)),
    compute=Compute(threads=1),
    log=Logging(every=5, checkpoint_every=12, wandb="off"),
)
