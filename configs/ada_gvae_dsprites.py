"""Ada-GVAE (Locatello et al. 2020) on pairs from dSprites that share an unknown number of factors."""

from equilab.data import DSprites
from equilab.models import ConvVAE
from equilab.objectives import AdaGVAE
from equilab.runs import OF_VAE, Run

run = Run(data=DSprites(), model=ConvVAE(network="burgess"), objective=AdaGVAE(beta=1.0), evaluations=OF_VAE)
