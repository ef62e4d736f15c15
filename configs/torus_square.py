"""A VAE with two circles as its latent, on a square shifted cyclically in two directions; minutes on two cores."""

from equilab.data import TorusSquare
from equilab.latents import Circle, Latent
from equilab.models import ConvVAE
from equilab.objectives import VAE
from equilab.optimizers import Adam
from equilab.runs import OF_VAE, Run
from equilab.schedules import Cosine

run = Run(
    data=TorusSquare(),
    model=ConvVAE(latent=Latent((Circle(), Circle()))),
    objective=VAE(),
    optimizer=Adam(learning_rate=Cosine(1e-3, 0.0, steps=3_000)),
    steps=3_000,
    evaluations=OF_VAE,
)
