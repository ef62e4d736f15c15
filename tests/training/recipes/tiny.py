"""A FactorVAE on 384 small sprites: every part of a real run in seconds."""

from equilab.data import MiniSprites
from equilab.models import ConvVAE
from equilab.objectives import CriticSettings, FactorVAE
from training.run import Compute, Logging, Run

run = Run(
    data=MiniSprites(),
    model=ConvVAE(latent_dim=4),
    objective=FactorVAE(gamma=10.0, critic=CriticSettings(hidden=64, num_layers=2)),
    steps=120,
    batch_size=8,
    compute=Compute(threads=1, clip_norm=1000.0),
    log=Logging(every=5, checkpoint_every=20, evaluate_every=60, wandb="off"),
)
