"""The circle block: S^1 as (cosine, sine), uniform prior, wrapped normal posterior, rotated by SO(2)."""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from equilab.errors import GroupError, check_text
from equilab.groups import SO2, Element, PlaneGroup
from equilab.latents.block import Block, BlockPosterior
from equilab.latents.wrapped_normal import wrapped_normal_kl, wrapped_normal_log_prob

_WIDEST = 3.0  # radians; wider laws differ from the uniform one by less than 1e-4 nats
_NARROWEST = -30.0  # the least number that counts, so that sigma stays a positive float32
_NO_ANGLE = 1e-6  # radius, in units of the code, up to which a point has no angle
_ONE_POINT = 1e-6  # radians; directions that lie within it are the rounding of one


@dataclass(frozen=True, eq=False)
class CirclePosterior(BlockPosterior):
    """The wrapped normal law around a direction.

    direction: unit vectors (..., 2), cosine and sine. sigma: (..., 1), radians, at most 3.
    """

    direction: Tensor
    sigma: Tensor

    @property
    def mean(self) -> Tensor:
        return self.direction

    def sample(self, noise: Tensor) -> Tensor:
        """The direction rotated by sigma noise radians, (..., 2)."""
        return _rotated(self.direction, (self.sigma * noise)[..., 0])

    def kl(self) -> Tensor:
        """KL to the uniform law, nats."""
        return wrapped_normal_kl(self.sigma[..., 0])

    def log_prob(self, z: Tensor) -> Tensor:
        """The log density of the angle of z (..., 2), nats per radian."""
        cosine = (z * self.direction).sum(-1)
        sine = z[..., 1] * self.direction[..., 0] - z[..., 0] * self.direction[..., 1]
        return wrapped_normal_log_prob(torch.atan2(sine, cosine), self.sigma[..., 0])


@dataclass(frozen=True)
class Circle(Block):
    """S^1; the encoder gives a vector (2 numbers), whose direction is the mean, and a number that sets the width.

    sigma = 1 / (1/3 + exp(-number)) radians: exp(number) while that is small, at most 3, which is nearly uniform. A
    vector of length 0 has the direction (1, 0). A rotation of the vector rotates the posterior, and leaves its KL.

    >>> posterior = Circle().posterior(torch.tensor([[0.0, 5.0, -2.0]]))
    >>> posterior.mean.tolist(), round(posterior.kl().item(), 2)
    ([[0.0, 1.0]], 2.46)
    """

    name: str = field(default="", compare=False)  # for tables and pictures

    def __post_init__(self) -> None:
        check_text("name", self.name)

    @property
    def dim(self) -> int:
        return 2

    @property
    def num_parameters(self) -> int:
        return 3

    @property
    def noise_dim(self) -> int:
        return 1

    @property
    def intrinsic_dim(self) -> int:
        return 1

    @property
    def group(self) -> PlaneGroup:
        return SO2

    @property
    def is_projected(self) -> bool:
        return True

    def posterior(self, parameters: Tensor) -> CirclePosterior:
        """The wrapped normal of the encoder's numbers (..., 3)."""
        vector, width = parameters[..., :2], parameters[..., 2:]
        length = torch.linalg.vector_norm(vector.detach(), dim=-1, keepdim=True)
        east = torch.tensor([1.0, 0.0], dtype=vector.dtype, device=vector.device).expand_as(vector)
        safe = torch.where(length > torch.finfo(vector.dtype).tiny ** 0.5, vector, east)
        direction = safe / torch.linalg.vector_norm(safe, dim=-1, keepdim=True)
        return CirclePosterior(direction, 1 / (1 / _WIDEST + torch.exp(-width.clamp(min=_NARROWEST))))

    def log_prior(self, z: Tensor) -> Tensor:
        """-log(2 pi), nats per radian."""
        return torch.full_like(z[..., 0], -math.log(2 * math.pi))

    def act(self, g: Element, z: Tensor) -> Tensor:
        """Codes (..., 2) rotated by g, an element of SO(2). Raises GroupError for any other."""
        if g not in SO2:
            raise GroupError("g", expected="an element of SO(2)", got=str(g))
        return z @ SO2.matrix(g).to(z).T

    def path(self, code: Tensor, num: int) -> Tensor:
        """Once around the circle, from angle 0 on, the end point left out."""
        angle = torch.arange(num, dtype=code.dtype, device=code.device) * (2 * math.pi / num)
        return torch.stack([angle.cos(), angle.sin()], -1)[None]

    def positions(self, num: int) -> list[str]:
        return [f"{360 * step / num:.0f}°" for step in range(num)]

    def values(self, codes: Float[ndarray, "n 2"]) -> Float[ndarray, "n 2"]:
        """Cosine and sine of the angle: the points over their distance from the origin, float64.

        A point within 1e-6 of the origin, in units of the code, has no angle and is put at angle 0, so that a
        collapsed block is constant. Points whose angles are all within 1e-6 radians of the first are that one point:
        the rounding of a constant is not a signal.
        """
        points = codes.astype(np.float64, order="C")
        radius = np.hypot(points[:, :1], points[:, 1:])
        unit = np.where(radius > _NO_ANGLE, points / np.maximum(radius, _NO_ANGLE), [1.0, 0.0]) + 0.0  # no -0.0
        return np.repeat(unit[:1], len(unit), axis=0) if (np.abs(unit - unit[:1]) <= _ONE_POINT).all() else unit

    def cells(self, values: Float[ndarray, "n 2"], num: int) -> Int[ndarray, "n"]:
        """Arcs of one angle, the first of them centred on angle 0.

        >>> Circle().cells(np.array([[1.0, -0.01], [1.0, 0.01], [0.0, 2.0], [-1.0, 0.0]]), 4).tolist()
        [0, 0, 1, 2]
        """
        rounds = np.arctan2(values[:, 1], values[:, 0]).astype(np.float64) / (2 * np.pi)
        return np.floor(rounds * num + 0.5).astype(np.int64) % num


def _rotated(vector: Tensor, angle: Tensor) -> Tensor:
    """Vectors (..., 2) rotated counter-clockwise by angles (...), radians."""
    cosine, sine = angle.cos(), angle.sin()
    x, y = vector[..., 0], vector[..., 1]
    return torch.stack([cosine * x - sine * y, sine * x + cosine * y], -1)
