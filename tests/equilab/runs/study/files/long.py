"""Two runs that are long enough to be stopped on the way."""

from equilab.data import MiniSprites
from equilab.models import ConvVAE
from equilab.objectives import VAE
from equilab.runs import Compute, Logging, Run, Study, crossed

base = Run(
    data=MiniSprites(shapes=1, scales=1, orientations=2, positions=4),
    model=ConvVAE(latent_dim=3),
    objective=VAE(),
    steps=120,
    batch_size=8,
    precision="float32",
    compute=Compute(threads=1),
    log=Logging(every=1, checkpoint_every=5, wandb="off"),
)
study = Study(crossed(base, {}, seeds=(0, 1)))
