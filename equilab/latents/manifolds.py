"""Blocks by the name of their manifold, for files and command lines."""

from collections.abc import Callable

from equilab.errors import SettingError
from equilab.latents.block import Block
from equilab.latents.circle import Circle
from equilab.latents.gaussian import Gaussian

MANIFOLDS: dict[str, Callable[[int], Block]] = {"euclidean": Gaussian, "circle": lambda dim: Circle()}
"""What builds a block on each manifold, by its name, from the numbers of its code; a manifold may fix them."""


def block_on(manifold: str, dim: int) -> Block:
    """A block on the manifold of that name. Raises SettingError for a name or a number of dimensions that it lacks.

    dim: numbers of its code.

    >>> block_on("circle", 2), block_on("euclidean", 3).dim
    (Circle(name=''), 3)
    """
    if manifold not in MANIFOLDS:
        raise SettingError("manifold", expected=f"one of {', '.join(MANIFOLDS)}", got=repr(manifold))
    block = MANIFOLDS[manifold](dim)
    if block.dim != dim:
        raise SettingError("manifold", expected=f"{block.dim} dimensions for {manifold}", got=dim)
    return block
