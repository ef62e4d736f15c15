"""What comes with a mean: covariances and log variances of Gaussian posteriors."""

from typing import Any

import torch
from torch import Tensor

from equilab.check.action import Action
from equilab.errors import ShapeError


class Covariance(Action):
    """Covariances (..., d, d) of vectors that the given action moves: C -> rho(g) C rho(g)^T."""

    def __init__(self, vectors: Action):
        self.vectors, self.symmetry = vectors, vectors.symmetry

    def act(self, g: Any, x: Tensor) -> Tensor:
        if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
            raise ShapeError(f"expected covariances (..., d, d), got {tuple(x.shape)}")
        rows = x.reshape(-1, x.shape[-1])
        half = self.vectors.tangent(g, rows).reshape(x.shape).transpose(-2, -1)
        return self.vectors.tangent(g, half.reshape(-1, x.shape[-1])).reshape(x.shape).transpose(-2, -1)

    def tangent(self, g: Any, v: Tensor) -> Tensor:
        return self.act(g, v)

    def __str__(self) -> str:
        return f"covariance of {self.vectors}"


class LogVariance(Action):
    """Log variances (..., d) of independent coordinates: the covariance diag(exp x) is compared, and stays so.

    A log variance for each coordinate of a mixed block, such as a 2-D irrep, is not equivariant; one for each irrep is.
    """

    def __init__(self, vectors: Action):
        self.covariance, self.symmetry = Covariance(vectors), vectors.symmetry

    def observe(self, x: Tensor) -> Tensor:
        return torch.diag_embed(x.exp())

    def act(self, g: Any, x: Tensor) -> Tensor:
        return self.covariance.act(g, x)

    def tangent(self, g: Any, v: Tensor) -> Tensor:
        return self.act(g, v)

    def __str__(self) -> str:
        return f"log variance of {self.covariance.vectors}"


class Blocks(Action):
    """Channels in blocks along axis 1, each with an action of its own: [(2, Points()), (3, Invariant())]."""

    def __init__(self, *blocks: tuple[int, Action]):
        self.blocks = blocks
        self.symmetry = next((action.symmetry for _, action in blocks if action.symmetry is not None), None)

    def act(self, g: Any, x: Tensor) -> Tensor:
        sizes = [size for size, _ in self.blocks]
        if x.ndim < 2 or x.shape[1] != sum(sizes):
            raise ShapeError(f"expected (batch, {sum(sizes)}, ...) for {self}, got {tuple(x.shape)}")
        parts = zip(x.split(sizes, 1), self.blocks, strict=True)
        return torch.cat([action.act(g, part) for part, (_, action) in parts], 1)

    def __str__(self) -> str:
        return " + ".join(f"{size} {action}" for size, action in self.blocks)
