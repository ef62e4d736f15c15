"""A group as the check needs it: which elements to try, how they multiply, and how they carry positions along."""

import math
from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from equilab.groups import Element, PlaneGroup, move

LIMIT = 64  # groups of at most this order are checked whole
WORDS = 8  # random elements or words that stand for a larger group


class Symmetry(ABC):
    """A group by its products and inverses; its elements are whatever its actions understand."""

    name: str

    @property
    @abstractmethod
    def identity(self) -> Any: ...

    @property
    def is_trivial(self) -> bool:
        """Whether there is no element but the identity, so that every function is equivariant."""
        return False

    @abstractmethod
    def multiply(self, g: Any, h: Any) -> Any:
        """g h: first h, then g."""

    @abstractmethod
    def inverse(self, g: Any) -> Any: ...

    @abstractmethod
    def choose(self, generator: torch.Generator) -> tuple[Any, ...]:
        """The elements to check, the identity only if there is no other: all up to order 64, else some."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"

    def label(self, g: Any) -> str:
        """How a report names g."""
        return str(g)

    def carry(self, g: Any, x: Tensor) -> Tensor | None:
        """x with its positions moved by g and its channels left alone; None where that cannot be told."""
        return x

    def subgroup_of(self, passing: list[Any]) -> str | None:
        """The name of the largest subgroup all of whose elements are in `passing`; None where there is no name."""
        return None


class PlaneSymmetry(Symmetry):
    """A closed subgroup of O(2) that moves images, points of the plane and fields on it."""

    def __init__(self, group: PlaneGroup):
        self.group, self.name = group, str(group)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlaneSymmetry) and other.group == self.group

    def __hash__(self) -> int:
        return hash(self.group)

    @property
    def identity(self) -> Element:
        return self.group.identity

    @property
    def is_trivial(self) -> bool:
        return self.group.order == 1

    def multiply(self, g: Element, h: Element) -> Element:
        return self.group.compose(g, h)

    def inverse(self, g: Element) -> Element:
        return self.group.inverse(g)

    def choose(self, generator: torch.Generator) -> tuple[Element, ...]:
        if self.group.order <= LIMIT:
            return tuple(g for g in self.group.elements if g != self.identity) or (self.identity,)
        quarters = [self.group.element(turn) for turn in ("1/4", "1/2") if Element(Fraction(turn)) in self.group]
        words = (self.group.random_element(generator) for _ in range(WORDS - len(quarters)))
        chosen = dict.fromkeys((*quarters, *self.group.generators, *words))
        return tuple(g for g in chosen if g != self.identity)

    def carry(self, g: Element, x: Tensor) -> Tensor | None:
        if x.ndim == 4 and x.shape[-1] == x.shape[-2]:
            return move(g, x)
        if x.ndim == 3:
            return _move_tokens(g, x)
        return x if x.ndim == 2 else None

    def subgroup_of(self, passing: list[Element]) -> str | None:
        if not self.group.is_finite:
            return None
        fitting = [sub for sub in self.group.subgroups() if all(g in passing for g in sub if g != self.identity)]
        return str(fitting[-1])


def plane_element(matrix: Tensor) -> Element:
    """The element of O(2) with this 2 x 2 orthogonal matrix, to the nearest 1e-12 of a turn."""
    mirror = bool(torch.linalg.det(matrix.double()) < 0)
    turn = math.atan2(-float(matrix[0, 1]), float(matrix[1, 1])) / (2 * math.pi)
    coarse = Fraction(turn).limit_denominator(720)
    exact = coarse if abs(float(coarse) - turn) < 1e-9 else Fraction(turn).limit_denominator(10**12)
    return Element(exact % 1, mirror)


def _move_tokens(g: Element, x: Tensor) -> Tensor | None:
    """Tokens (batch, n * n, channels) moved as the pixels of an image n x n; None for another number of tokens."""
    side = math.isqrt(x.shape[1])
    if side * side != x.shape[1] or (4 * g.turn).denominator != 1:
        return None
    image = x.transpose(1, 2).unflatten(2, (side, side))
    return move(g, image).flatten(2).transpose(1, 2)
