"""The density-ratio critic of FactorVAE (Kim & Mnih 2018)."""

from itertools import pairwise

from torch import Tensor, nn

from equilab.models.vae import at_least_float32


class Critic(nn.Module):
    """Two logits per latent vector: "drawn from q(z)" and "drawn from the product of its marginals".

    Six hidden layers of 1000 units, leaky ReLU 0.2: 5,018,002 parameters at 10 dimensions.

    dim: numbers of a code. hidden: units of a layer. num_layers: hidden layers.
    At the optimum, logit 0 - logit 1 = log q(z) / prod_j q(z_j), whose mean over q(z) is the total correlation.

    >>> sum(parameter.numel() for parameter in Critic(10).parameters())
    5018002
    """

    def __init__(self, dim: int, *, hidden: int = 1000, num_layers: int = 6):
        super().__init__()
        widths = [dim, *[hidden] * num_layers]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], 2))

    def forward(self, z: Tensor) -> Tensor:
        """Logits (batch, 2), float32 under autocast, of codes z (batch, dim)."""
        return at_least_float32(self.layers(z))
