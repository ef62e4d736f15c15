"""A FactorVAE on 32 images: a row per 5 updates, losses and pictures at the end; nothing that takes long."""

from equilab.data import MiniSprites
from equilab.models import ConvVAE
from equilab.objectives import CriticSettings, FactorVAE
from equilab.runs.compute import Compute
from equilab.runs.evaluations import HeldOutLoss, Traversals
from equilab.runs.run import Logging, Run

run = Run(
    data=MiniSprites(shapes=1, scales=1, orientations=2, positions=4),
    model=ConvVAE(latent_dim=3),
    objective=FactorVAE(gamma=10.0, critic=CriticSettings(hidden=8, num_layers=1)),
    steps=60,
    batch_size=4,
    precision="float32",
    evaluations=(HeldOutLoss(), Traversals()),
    compute=Compute(threads=1),
    log=Logging(every=5, checkpoint_every=20, wandb="off"),
)
