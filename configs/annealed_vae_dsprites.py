"""AnnealedVAE (Burgess et al. 2018) on dSprites: network of Burgess et al. 2018, the rest as Locatello et al. 2019."""

from equilab.data import DSprites
from equilab.models import ConvVAE
from equilab.objectives import AnnealedVAE
from equilab.runs import OF_VAE, Run

run = Run(data=DSprites(), model=ConvVAE(network="burgess"), objective=AnnealedVAE(), evaluations=OF_VAE)
