"""Z2CNN on rotated MNIST as Cohen & Welling 2016, 100 epochs of 12,000 images; `--model p4cnn`: the group CNN."""

from equilab.data import RotatedMNIST
from equilab.models import Z2CNN
from equilab.objectives import Classification
from equilab.optimizers import Adam
from equilab.runs import Logging, Run, TestError

run = Run(
    data=RotatedMNIST(),
    model=Z2CNN(),
    objective=Classification(),
    optimizer=Adam(learning_rate=1e-3),
    steps=9_375,  # 100 * 12,000 / 128
    batch_size=128,
    precision="float32",
    evaluations=(TestError(),),
    log=Logging(checkpoint_every=500),
)
