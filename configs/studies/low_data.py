"""Test error by the number of training images, for networks of about equal size on rotated MNIST."""

from itertools import product
from math import ceil

from equilab.data import RotatedMNIST
from equilab.models import P4CNN, P4MCNN, Z2CNN, Model
from equilab.objectives import Classification
from equilab.optimizers import Adam
from equilab.runs import Chart, Logging, Run, Study, TestError

NETWORKS = (Z2CNN(), P4CNN(), P4MCNN())
NUM_TRAIN = (100, 300, 1_000, 3_000, 12_000)  # training images
SEEDS = (0, 1, 2)  # of weights and batches, and of the data: which images, and their angles
EPOCHS, LEAST_STEPS, BATCH_SIZE = 100, 1_000, 128


def training(seed: int, num_train: int, network: Model) -> Run:
    """One network on so many images: 100 epochs, at least 1,000 updates."""
    return Run(
        data=RotatedMNIST(num_train=num_train, seed=seed),
        model=network,
        objective=Classification(),
        optimizer=Adam(learning_rate=1e-3),
        steps=max(LEAST_STEPS, ceil(EPOCHS * num_train / BATCH_SIZE)),
        batch_size=BATCH_SIZE,
        seed=seed,
        precision="float32",
        evaluations=(TestError(),),
        log=Logging(checkpoint_every=500, wandb="off"),
    )


study = Study(
    [training(*each) for each in product(SEEDS, NUM_TRAIN, NETWORKS)],
    repeated=("seed", "data.seed"),
    chart=Chart("metric/test_error", x="data.num_train", curves="model"),
)
