"""Networks: settings that build them, and the modules they build."""

from equilab.models.conv_networks import burgess, kim_mnih, locatello
from equilab.models.conv_vae import ConvVAE, Model
from equilab.models.critic import Critic
from equilab.models.initialise import build_xavier
from equilab.models.vae import Posterior, VariationalAutoencoder

__all__ = [
    "ConvVAE",
    "Critic",
    "Model",
    "Posterior",
    "VariationalAutoencoder",
    "build_xavier",
    "burgess",
    "kim_mnih",
    "locatello",
]
