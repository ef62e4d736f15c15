"""beta-VAE (Higgins et al. 2017) on dSprites: network of Burgess et al. 2018, the rest as Locatello et al. 2019."""

from equilab.data import DSprites
from equilab.models import ConvVAE
from equilab.objectives import BetaVAE
from equilab.runs import OF_VAE, Run

run = Run(
    data=DSprites(), model=ConvVAE(network="burgess", latent_dim=10), objective=BetaVAE(beta=4.0), evaluations=OF_VAE
)
