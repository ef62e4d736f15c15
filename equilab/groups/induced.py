"""Induction: a representation of a subgroup made into one of the whole group; quotient and regular are cases of it."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from equilab.errors import GroupError
from equilab.groups.element import Element, compose, inverse
from equilab.groups.plane_group import PlaneGroup
from equilab.groups.representation import Representation


@dataclass(frozen=True)
class Induced(Representation):
    """Ind_H^G rho: one copy of rho per coset r_i H, with rho(h) in block (j, i) where g r_i = r_j h.

    The coset of a copy is that of the first element of G it holds, in the order of `group.elements`.
    Raises GroupError unless rho is of a subgroup of finite index.
    """

    group: PlaneGroup
    of: Representation  # of the subgroup H

    def __post_init__(self) -> None:
        _check_index(self.group, self.of.group)

    @property
    def name(self) -> str:
        return f"induce({self.of})"

    @property
    def dim(self) -> int:
        return len(cosets(self.group, self.of.group)) * self.of.dim

    def matrix(self, g: Element) -> Tensor:
        self.check_element(g)
        leaders = cosets(self.group, self.of.group)
        blocks = torch.zeros(len(leaders), self.of.dim, len(leaders), self.of.dim, dtype=torch.float64, device="cpu")
        for i, leader in enumerate(leaders):
            j, h = _place(compose(g, leader), self.group, self.of.group)
            blocks[j, :, i] = self.of.matrix(h)
        return blocks.reshape(self.dim, self.dim)


@dataclass(frozen=True)
class Quotient(Representation):
    """The permutation of the cosets G / H by g; H = {identity} gives the regular representation.

    Raises GroupError unless H is a subgroup of finite index.
    """

    group: PlaneGroup
    subgroup: PlaneGroup

    def __post_init__(self) -> None:
        _check_index(self.group, self.subgroup)

    @property
    def name(self) -> str:
        return "regular" if self.subgroup.order == 1 else f"quotient({self.subgroup})"

    @property
    def dim(self) -> int:
        return len(cosets(self.group, self.subgroup))

    def matrix(self, g: Element) -> Tensor:
        return torch.eye(self.dim, dtype=torch.float64, device="cpu")[self.permutation(g)]

    def permutation(self, g: Element) -> Tensor:
        self.check_element(g)
        leaders, back = cosets(self.group, self.subgroup), inverse(g)
        moved = [_place(compose(back, leader), self.group, self.subgroup)[0] for leader in leaders]
        return torch.tensor(moved, device="cpu")


@lru_cache(maxsize=256)
def cosets(group: PlaneGroup, subgroup: PlaneGroup) -> tuple[Element, ...]:
    """The first element of each coset g H, in the order of `group.elements` (of O(2) / SO(2): both)."""
    if group.rotations is None:
        return (group.identity,) if group.mirrors == subgroup.mirrors else (group.identity, group.generators[-1])
    return tuple(g for g, (_, h) in _places(group, subgroup).items() if h == group.identity)


@lru_cache(maxsize=256)
def _places(group: PlaneGroup, subgroup: PlaneGroup) -> dict[Element, tuple[int, Element]]:
    """(j, h) with g = leader_j h for every element g of a finite group."""
    places: dict[Element, tuple[int, Element]] = {}
    for g in group.elements:
        if g not in places:
            position = len(places) // len(subgroup.elements)
            places.update({compose(g, h): (position, h) for h in subgroup.elements})
    return places


def _place(g: Element, group: PlaneGroup, subgroup: PlaneGroup) -> tuple[int, Element]:
    """The position j of the coset that holds g, and h in H with g = leader_j h."""
    if group.is_finite:
        return _places(group, subgroup)[g]
    leaders = cosets(group, subgroup)
    position = int(g.mirror) if len(leaders) == 2 else 0
    return position, compose(inverse(leaders[position]), g)


def _check_index(group: PlaneGroup, subgroup: PlaneGroup) -> None:
    group.check_subgroup(subgroup)
    if group.rotations is None and subgroup.rotations is not None:
        raise GroupError(
            "subgroup",
            expected=f"one of finite index in {group}",
            got=str(subgroup),
            hint=f"use irreps of {group}, or a finite group such as C(8)",
        )
