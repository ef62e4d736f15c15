"""What comes with a mean: covariances and log variances of Gaussian posteriors."""

from functools import reduce
from typing import Any

import torch
from torch import Tensor

from equilab.check.actions.action import Action
from equilab.check.actions.plane import PlaneAction
from equilab.check.actions.types import as_action
from equilab.errors import FieldTypeError, GroupError, ShapeError


class Covariance(Action):
    """Covariances (..., d, d) of vectors: C -> rho(g) C rho(g)^T.

    vectors: how these move, a field type, e3nn irreps or an action. Raises FieldTypeError for what is none.

    >>> import torch
    >>> from equilab.groups import C
    >>> C4 = C(4)
    >>> Covariance(2 * C4.irrep(1)).act(C4.generators[0], torch.eye(4)[None]).shape
    torch.Size([1, 4, 4])
    """

    def __init__(self, vectors: Any):
        self.vectors = as_action(vectors, "covariance")
        self.symmetry = self.vectors.symmetry

    def act(self, g: Any, x: Tensor) -> Tensor:
        if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
            raise ShapeError("x", expected="covariances (..., d, d)", got=tuple(x.shape))
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
    vectors: how the means move, a field type, e3nn irreps or an action. Raises FieldTypeError for what is none,
    ShapeError for images.
    """

    def __init__(self, vectors: Any):
        self.covariance = Covariance(as_action(vectors, "log variance"))
        self.symmetry = self.covariance.symmetry

    def observe(self, x: Tensor) -> Tensor:
        if x.ndim == 4 and isinstance(self.covariance.vectors, PlaneAction):
            raise ShapeError(
                str(self),
                expected=f"vectors (batch, {self.covariance.vectors.dim})",
                got=f"images {tuple(x.shape)}",
                hint="where channels are only permuted, as in regular fields, give the field type of the mean",
            )
        return torch.diag_embed(x.exp())

    def act(self, g: Any, x: Tensor) -> Tensor:
        return self.covariance.act(g, x)

    def tangent(self, g: Any, v: Tensor) -> Tensor:
        return self.act(g, v)

    def __str__(self) -> str:
        return f"log variance of {self.covariance.vectors}"


class Blocks(Action):
    """Channels in blocks along axis 1, each with an action of its own: Blocks((2, Points()), (3, Invariant())).

    blocks: (channels, type), a type being a field type, e3nn irreps or an action. x: (batch, channels, ...). Raises
    FieldTypeError for a type that is none, GroupError where the types have several groups.

    >>> import torch
    >>> from equilab.groups import C
    >>> latent = Blocks((2, C(4).irrep(1)), (3, None))
    >>> latent.act(C(4).generators[0], torch.arange(5.0)[None]).round().tolist()
    [[-1.0, 0.0, 2.0, 3.0, 4.0]]
    """

    def __init__(self, *blocks: tuple[int, Any]):
        self.blocks = tuple((size, as_action(given, f"block {place}")) for place, (size, given) in enumerate(blocks))
        if any(isinstance(action, LogVariance) for _, action in self.blocks):
            raise FieldTypeError("blocks", expected="no log variance, which is an output of its own", got="one")
        found = [action.symmetry for _, action in self.blocks if action.symmetry is not None]
        if any(symmetry != found[0] for symmetry in found):
            raise GroupError("blocks", expected="one group", got=[symmetry.name for symmetry in found])
        self.symmetry = found[0] if found else None

    def act(self, g: Any, x: Tensor) -> Tensor:
        return torch.cat([action.act(g, part) for action, part in self._parts(x)], 1)

    def tangent(self, g: Any, v: Tensor) -> Tensor:
        return torch.cat([action.tangent(g, part) for action, part in self._parts(v)], 1)

    def is_exact(self, g: Any, x: Tensor) -> bool:
        return all(action.is_exact(g, part) for action, part in self._parts(x))

    def smooth_pair(self, g: Any, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        pairs = [action.smooth_pair(g, part, generator) for action, part in self._parts(x)]
        return torch.cat([still for still, _ in pairs], 1), torch.cat([moved for _, moved in pairs], 1)

    def floor(self, g: Any, y: Tensor) -> Tensor | None:
        found = [(action.floor(g, part), part) for action, part in self._parts(y)]
        if all(floor is None for floor, _ in found):
            return None
        return torch.cat([torch.zeros_like(part) if floor is None else floor for floor, part in found], 1)

    def window(self, y: Tensor, *, exact: bool) -> Tensor | None:
        masks = (action.window(part, exact=exact) for action, part in self._parts(y))
        return reduce(_both, masks, None)

    def _parts(self, x: Tensor) -> list[tuple[Action, Tensor]]:
        """Every action with its channels of x."""
        sizes = [size for size, _ in self.blocks]
        if x.ndim < 2 or x.shape[1] != sum(sizes):
            raise ShapeError("x", expected=f"(batch, {sum(sizes)}, ...) for {self}", got=tuple(x.shape))
        return [(action, part) for (_, action), part in zip(self.blocks, x.split(sizes, 1), strict=True)]

    def __str__(self) -> str:
        return " + ".join(f"{size} {action}" for size, action in self.blocks)


def _both(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    """Where both masks are; None is everywhere."""
    if first is None or second is None:
        return second if first is None else first
    return first & second
