"""The Gaussian block: R^d, prior N(0, 1), posterior with diagonal covariance (Kingma & Welling 2014)."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from equilab.errors import check_count, check_text
from equilab.latents.block import Block, BlockPosterior

REACH = 2.0
"""A traversal runs from -REACH to REACH, in standard deviations of the prior."""


@dataclass(frozen=True, eq=False)
class GaussianPosterior(BlockPosterior):
    """N(mean, exp(log_var)), independent over the d axes of a block.

    location: means (..., d). log_var: log variances (..., d).

    >>> GaussianPosterior(torch.tensor([[2.0]]), torch.zeros(1, 1)).kl().tolist()
    [2.0]
    """

    location: Tensor
    log_var: Tensor

    @property
    def mean(self) -> Tensor:
        return self.location

    def sample(self, noise: Tensor) -> Tensor:
        """mean + exp(log_var / 2) noise, (..., d) (Kingma & Welling 2014, section 2.4)."""
        return self.location + torch.exp(0.5 * self.log_var) * noise

    def kl(self) -> Tensor:
        """KL to N(0, 1), summed over the axes, nats (Kingma & Welling 2014, appendix B)."""
        return (0.5 * (self.location.square() + self.log_var.exp() - 1 - self.log_var)).sum(-1)

    def log_prob(self, z: Tensor) -> Tensor:
        """The log density of z (..., d), summed over the axes, nats."""
        squared = (z - self.location).square() * torch.exp(-self.log_var)
        return (-0.5 * (squared + self.log_var + math.log(2 * math.pi))).sum(-1)

    def kl_to(self, other: BlockPosterior) -> Tensor:
        """KL between two Gaussians, summed over the axes, nats."""
        assert isinstance(other, GaussianPosterior)
        ratio = self.log_var - other.log_var
        distance = (self.location - other.location).square() * torch.exp(-other.log_var)
        return (0.5 * (torch.expm1(ratio) - ratio + distance)).sum(-1)  # exactly 0 between equal posteriors

    def average(self, other: BlockPosterior) -> "GaussianPosterior":
        """Means and variances averaged, neither log variances nor standard deviations (Hosoya 2019)."""
        assert isinstance(other, GaussianPosterior)
        log_var = torch.logaddexp(self.log_var, other.log_var) - math.log(2)
        return GaussianPosterior(0.5 * (self.location + other.location), log_var)


@dataclass(frozen=True)
class Gaussian(Block):
    """R^d with the prior N(0, 1); the encoder gives d means, then d log variances.

    Raises SettingError for no axes.

    >>> block = Gaussian(2)
    >>> block.num_parameters, block.posterior(torch.zeros(5, 4)).kl().shape
    (4, torch.Size([5]))
    """

    manifold: ClassVar[str] = "euclidean"
    axes: int = 1  # dimensions of the block
    name: str = field(default="", compare=False)  # for tables and pictures

    def __post_init__(self) -> None:
        check_count("axes", self.axes)
        check_text("name", self.name)

    @classmethod
    def of_dim(cls, dim: int) -> "Gaussian":
        """R^dim."""
        return cls(dim)

    @property
    def dim(self) -> int:
        return self.axes

    @property
    def num_parameters(self) -> int:
        return 2 * self.axes

    @property
    def noise_dim(self) -> int:
        return self.axes

    def posterior(self, parameters: Tensor) -> GaussianPosterior:
        """The Gaussian of means and log variances (..., 2 d)."""
        return GaussianPosterior(*parameters.chunk(2, dim=-1))

    def log_prior(self, z: Tensor) -> Tensor:
        """log N(z; 0, 1), summed over the axes, nats."""
        return (-0.5 * (z.square() + math.log(2 * math.pi))).sum(-1)

    def path(self, code: Tensor, num: int) -> Tensor:
        """One path per axis, from -2 to 2 standard deviations of the prior, the other axes as in `code`."""
        paths = code.repeat(self.axes, num, 1)
        for axis in range(self.axes):
            paths[axis, :, axis] = torch.linspace(-REACH, REACH, num, dtype=code.dtype, device=code.device)
        return paths

    def positions(self, num: int) -> list[str]:
        steps = torch.linspace(-REACH, REACH, num).tolist()
        return [f"{round(value, 1) + 0.0:+.1f}" for value in steps]  # no "-0.0" in the middle
