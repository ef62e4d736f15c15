"""A FactorVAE on 384 small sprites: every part of a real run in seconds."""

from equilab.data import MiniSprites
from equilab.models import ConvVAE
from equilab.objectives import CriticSettings, FactorVAE
from equilab.optimizers import Adam
from equilab.runs.compute import Compute
from equilab.runs.evaluations import Disentanglement, HeldOutLoss, Traversals
from equilab.runs.run import Logging, Run

run = Run(
    data=MiniSprites(),
    model=ConvVAE(latent_dim=4),
    objective=FactorVAE(gamma=10.0, critic=CriticSettings(hidden=64, num_layers=2)),
    optimizer=Adam(clip_norm=1000.0),
    steps=120,
    batch_size=8,
    evaluations=(
        HeldOutLoss(every=60),
        Disentanglement(metrics=("factor_vae_score", "mig"), every=60),
        Traversals(every=60),
    ),
    compute=Compute(threads=1),
    log=Logging(every=5, checkpoint_every=20, wandb="off"),
)
