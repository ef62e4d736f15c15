"""Networks: settings that build them, and the modules they build."""

from equilab.models.base import Model
from equilab.models.classifier import Classifier
from equilab.models.conv_networks import burgess, kim_mnih, locatello
from equilab.models.conv_vae import ConvVAE
from equilab.models.critic import Critic
from equilab.models.group_cnn import P4CNN, P4MCNN
from equilab.models.initialise import build_lecun, build_xavier
from equilab.models.vae import VariationalAutoencoder
from equilab.models.z2cnn import Z2CNN

__all__ = [
    "P4CNN",
    "P4MCNN",
    "Z2CNN",
    "Classifier",
    "ConvVAE",
    "Critic",
    "Model",
    "VariationalAutoencoder",
    "build_lecun",
    "build_xavier",
    "burgess",
    "kim_mnih",
    "locatello",
]
