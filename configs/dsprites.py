"""A VAE on dSprites, network of Burgess et al. 2018, the rest as Locatello et al. 2019; `--objective` takes others."""

from equilab.data import DSprites
from equilab.models import ConvVAE
from equilab.objectives import VAE
from equilab.runs import OF_VAE, Run

run = Run(data=DSprites(), model=ConvVAE(network="burgess", latent_dim=10), objective=VAE(), evaluations=OF_VAE)
