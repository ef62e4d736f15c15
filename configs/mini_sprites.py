"""A VAE on 4,608 small sprites in a minute on one core: one cell of a study of methods, not a published setting."""

from equilab.data import MiniSprites
from equilab.models import ConvVAE
from equilab.objectives import VAE
from equilab.optimizers import Adam
from equilab.runs import OF_VAE, Compute, Logging, Run

run = Run(
    data=MiniSprites(scales=3, orientations=8, positions=8),
    model=ConvVAE("burgess", latent_dim=10),
    objective=VAE(),
    optimizer=Adam(learning_rate=1e-3),
    steps=1_200,
    batch_size=16,
    evaluations=OF_VAE,
    compute=Compute(threads=1),
    log=Logging(every=50, checkpoint_every=600, wandb="off"),
)
