"""Permutations of the elements of a set or the nodes of a graph."""

import math
from itertools import permutations as all_orders
from typing import Any, TypeAlias

import torch
from torch import Tensor

from equilab.check.actions.action import Action
from equilab.check.actions.symmetry import LIMIT, WORDS, Symmetry
from equilab.errors import GroupError, ShapeError

Permutation: TypeAlias = tuple[int, ...]


class Permutations(Symmetry):
    """The permutations of n things; g = (g_0, ..., g_n-1) takes thing i to place g_i."""

    def __init__(self, count: int):
        if count < 2:
            raise GroupError("permutations", expected="at least 2 things to permute", got=count)
        self.count, self.name = count, f"S{count}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Permutations) and other.count == self.count

    def __hash__(self) -> int:
        return hash(self.count)

    @property
    def identity(self) -> Permutation:
        return tuple(range(self.count))

    def multiply(self, g: Permutation, h: Permutation) -> Permutation:
        return tuple(g[place] for place in h)

    def inverse(self, g: Permutation) -> Permutation:
        return tuple(sorted(range(self.count), key=g.__getitem__))

    def choose(self, generator: torch.Generator) -> tuple[Permutation, ...]:
        if math.factorial(self.count) <= LIMIT:
            return tuple(g for g in all_orders(range(self.count)) if g != self.identity)
        swap = (1, 0, *range(2, self.count))
        cycle = (*range(1, self.count), 0)
        words = (
            tuple(torch.randperm(self.count, generator=generator, device="cpu").tolist()) for _ in range(WORDS - 2)
        )
        return tuple(g for g in dict.fromkeys((swap, cycle, *words)) if g != self.identity)

    def label(self, g: Permutation) -> str:
        moved = [place for place in range(self.count) if g[place] != place]
        if len(moved) == 2:
            return f"swap {moved[0]} and {moved[1]}"
        if g == (*range(1, self.count), 0):
            return "cycle by 1"
        return f"permutation ({' '.join(map(str, g))})" if self.count <= 8 else f"permutation of {len(moved)} places"

    def carry(self, g: Permutation, x: Tensor) -> Tensor | None:
        axes = [axis for axis in range(x.ndim) if x.shape[axis] == self.count]
        return x.index_select(axes[0], _order(g, x)) if len(axes) == 1 else (x if not axes else None)


class Permute(Action):
    """Things along an axis, or along each of several, change places: nodes (axis=0), an adjacency (axes 1 and 2)."""

    def __init__(self, *axes: int):
        self.axes = axes or (0,)

    def act(self, g: Permutation, x: Tensor) -> Tensor:
        order = _order(g, x)
        for axis in self.axes:
            if not -x.ndim <= axis < x.ndim or x.shape[axis] != len(g):
                raise ShapeError("x", expected=f"{len(g)} things along axis {axis}", got=tuple(x.shape))
            x = x.index_select(axis, order)
        return x

    def tangent(self, g: Permutation, v: Tensor) -> Tensor:
        return self.act(g, v)

    def __str__(self) -> str:
        return f"permuted along {', '.join(map(str, self.axes))}"


class NodeIndex(Action):
    """Integers that name nodes, such as the edges (2, num_edges) of a graph: node i becomes node g_i."""

    def act(self, g: Permutation, x: Tensor) -> Tensor:
        return torch.tensor(g, device=x.device, dtype=x.dtype)[x.long()]

    def __str__(self) -> str:
        return "indices of nodes"


def things(action: Any, x: Tensor) -> int | None:
    """How many things a permutation of this leaf permutes; None where the leaf does not say."""
    return x.shape[action.axes[0]] if isinstance(action, Permute) and x.ndim else None


def _order(g: Permutation, x: Tensor) -> Tensor:
    """index with (g x)[i] = x[index[i]]: the inverse of g."""
    return torch.tensor(g, device=x.device).argsort()
