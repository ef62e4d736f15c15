"""Irreducible real representations of C_n, D_n, SO(2) and O(2)."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from equilab.errors import GroupError
from equilab.groups.element import Element
from equilab.groups.plane_group import PlaneGroup, as_integer, cosine_sine
from equilab.groups.representation import Representation


@dataclass(frozen=True)
class Irrep(Representation):
    """The irrep of a frequency: how (cos k phi, sin k phi) changes when the plane is moved.

    One-dimensional for k = 0 and, where rotations are even, k = n / 2; else two-dimensional: rho(g) =
    R(k turn) S^mirror with S = (-1)^k diag(1, -1). sign: what the first mirror does in a one-dimensional irrep of a
    group with mirrors. Raises GroupError for a frequency or a sign that the group has not.
    """

    group: PlaneGroup
    frequency: int = 0
    sign: Literal[1, -1] = 1

    def __post_init__(self) -> None:
        limit = math.inf if self.group.rotations is None else self.group.rotations // 2
        frequency = as_integer(self.frequency)
        if frequency is None or not 0 <= frequency <= limit:
            there = "0 or more" if limit == math.inf else f"0 to {limit}"
            raise GroupError(
                "frequency", expected=f"an integer, {there}, for irreps of {self.group}", got=repr(self.frequency)
            )
        object.__setattr__(self, "frequency", frequency)
        if self.sign not in (1, -1) or (self.sign == -1 and not (self.group.mirrors and self.dim == 1)):
            raise GroupError(
                "sign",
                expected="1, or -1 in a one-dimensional irrep of a group with mirrors",
                got=f"{self.sign} for irrep({self.frequency}) of {self.group}",
            )

    @property
    def name(self) -> str:
        if self.frequency == 0 and self.sign == 1:
            return "trivial"
        return f"irrep({self.frequency})" if self.sign == 1 else f"irrep({self.frequency}, -1)"

    @property
    def dim(self) -> int:
        return 1 if self.frequency == 0 or 2 * self.frequency == self.group.rotations else 2

    @property
    def type(self) -> Literal["real", "complex"]:
        """Whether only multiples of the identity commute with it (real), or rotations, too (complex)."""
        return "complex" if self.dim == 2 and not self.group.mirrors else "real"

    def character(self, g: Element) -> float:
        """The trace of rho(g): 2 cos(2 pi k turn) and 0 in two dimensions, without making the matrix."""
        if self.dim == 1:
            return float(self.matrix(g))
        self.check_element(g)
        return 0.0 if g.mirror else 2 * cosine_sine(self.frequency * g.turn % 1)[0]

    def matrix(self, g: Element) -> Tensor:
        self.check_element(g)
        if self.dim == 1:
            turn = g.turn - self.group.axis if g.mirror else g.turn
            value = cosine_sine(self.frequency * turn)[0] * (self.sign if g.mirror else 1)
            return torch.tensor([[value]], dtype=torch.float64, device="cpu")
        cosine, sine = cosine_sine(self.frequency * g.turn % 1)
        rotation = torch.tensor([[cosine, -sine], [sine, cosine]], dtype=torch.float64, device="cpu")
        if not g.mirror:
            return rotation
        return rotation * rotation.new_tensor([1.0, -1.0]) * (-1) ** self.frequency


def irreps(group: PlaneGroup, max_frequency: int | None = None) -> list[Irrep]:
    """All irreps, by frequency; of SO(2) and O(2), which have infinitely many, those up to `max_frequency`.

    Raises GroupError when that is missing.

    >>> [str(rho) for rho in irreps(PlaneGroup(4, True))]
    ['D4.trivial', 'D4.irrep(0, -1)', 'D4.irrep(1)', 'D4.irrep(2)', 'D4.irrep(2, -1)']
    """
    if max_frequency is None:
        if group.rotations is None:
            raise GroupError("max_frequency", expected=f"a limit, as {group} has infinitely many irreps", got=None)
        max_frequency = group.rotations // 2
    elif group.rotations is not None:
        max_frequency = min(max_frequency, group.rotations // 2)
    found = []
    for frequency in range(max_frequency + 1):
        found.append(Irrep(group, frequency))
        if group.mirrors and found[-1].dim == 1:
            found.append(Irrep(group, frequency, -1))
    return found
