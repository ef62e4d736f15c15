"""A group beside the escnn space it acts on: the elements and representations of one for those of the other.

Elements are matched by how they move the plane, representations by their characters, so that nothing here depends on
the order, the axis or the basis that escnn uses.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from equilab.groups import Element, Group, Irrep, PlaneGroup, Quotient, Representation, decompose
from equilab.groups.decompose import averaging_group, highest_frequency
from equilab.interop.intertwiner import irreducible_parts, orthogonal_intertwiner, whole

_SAME = 1e-6  # of matrices and characters: those of different elements and irreps differ by far more


@dataclass(frozen=True)
class EscnnSpace:
    """`group`, and the escnn.gspaces.GSpace2D whose group moves the plane in the same ways."""

    group: PlaneGroup
    gspace: Any

    def element(self, g: Element) -> Any:
        """The escnn element that moves the plane as g does; GroupError for a g that is not in the group."""
        Irrep(self.group).check_element(g)
        if self.group.is_finite:
            return _elements(self)[g]
        fibers, angle = self.gspace.fibergroup, 2 * math.pi * float(g.turn)
        if not self.group.mirrors:
            return fibers.element(angle, "radians")
        first = self.gspace.basespace_action(fibers.element((1, 0.0), "radians"))  # R(offset) M
        offset = math.atan2(-first[0, 1], first[1, 1]) if g.mirror else 0.0
        return fibers.element((int(g.mirror), (angle - offset) % (2 * math.pi)), "radians")

    def matrices(self, sigma: Any, elements: tuple[Element, ...]) -> Tensor:
        """The matrices (elements, dim, dim), float64, of an escnn representation."""
        found = (torch.from_numpy(np.array(sigma(self.element(g)), dtype=np.float64)) for g in elements)
        return torch.stack([whole(matrix) for matrix in found])

    def their_irrep(self, rho: Irrep) -> Any:
        """escnn's irrep with the characters of rho."""
        return next(sigma for sigma in self._their_irreps(rho.frequency) if self._equivalent(rho, sigma))

    def our_irrep(self, sigma: Any) -> Irrep:
        """The irrep with the characters of an escnn irrep, in whatever basis."""
        assert isinstance(self.group, Group)
        frequency = sigma.irreps[0][-1]  # the last number of an id
        candidates = self.group.irreps(None if self.group.is_finite else frequency)
        same = (rho for rho in candidates if self.group.is_finite or rho.frequency == frequency)
        return next(rho for rho in same if self._equivalent(rho, sigma))

    def their_quotient(self, subgroup: PlaneGroup) -> Any:
        """escnn's functions on the cosets of a subgroup of a finite group."""
        fibers = self.gspace.fibergroup
        if subgroup.order == 1:
            return fibers.regular_representation
        if not self.group.mirrors or self.group.rotations == 1:
            return fibers.quotient_representation(int(subgroup.order))
        first = int((subgroup.axis - self.group.axis) * (self.group.rotations or 0)) if subgroup.mirrors else None
        return fibers.quotient_representation((first, subgroup.rotations))

    def our_quotient(self, sigma: Any) -> Quotient | None:
        """The cosets of what leaves channel 0 as it is; None unless it permutes its channels transitively."""
        assert isinstance(self.group, Group)
        matrices = self.matrices(sigma, self.group.elements)
        still = {g for g, matrix in zip(self.group.elements, matrices, strict=True) if abs(matrix[0, 0] - 1) < _SAME}
        for subgroup in self.group.subgroups():
            if set(subgroup.elements) == still and len(still) * sigma.size == self.group.order:
                rho = Quotient(self.group, subgroup)
                return rho if self.intertwiner(rho, sigma) is not None else None
        return None

    def intertwiner(self, rho: Representation, sigma: Any) -> Tensor | None:
        """Q (dim, dim), float64, orthogonal, with sigma(g') Q = Q rho(g); None where there is none."""
        elements = self._elements(rho)
        return orthogonal_intertwiner(self._ours(rho, elements), self.matrices(sigma, elements))

    def irreducible_form(self, rho: Representation) -> tuple[list[Any], Tensor]:
        """escnn irreps psi and U (dim, dim), float64, orthogonal, with rho(g) = U (psi_1 + psi_2 + ...)(g') U^-1."""
        elements = self._elements(rho)
        found, columns = [], []
        for count, irrep in decompose(rho):
            psi = self.their_irrep(irrep)
            columns += irreducible_parts(self._ours(rho, elements), self.matrices(psi, elements), count)
            found += count * [psi]
        return found, torch.cat(columns, 1)

    def _their_irreps(self, frequency: int) -> list[Any]:
        fibers = self.gspace.fibergroup
        if self.group.is_finite:
            return fibers.irreps()
        if not self.group.mirrors:
            return [fibers.irrep(frequency)]
        return [fibers.irrep(mirrored, frequency) for mirrored in (0, 1) if mirrored or not frequency]

    def _equivalent(self, rho: Representation, sigma: Any) -> bool:
        elements = self._elements(rho)
        return rho.dim == sigma.size and all(
            abs(rho.character(g) - float(sigma.character(self.element(g)))) < _SAME for g in elements
        )

    def _elements(self, rho: Representation) -> tuple[Element, ...]:
        """Elements over which the mean of sigma(g) E rho(g)^-1 is that over the group."""
        if self.group.is_finite:
            return self.group.elements
        return averaging_group(self.group, highest_frequency(rho)).elements

    @staticmethod
    def _ours(rho: Representation, elements: tuple[Element, ...]) -> Tensor:
        return torch.stack([rho.matrix(g) for g in elements])


@lru_cache(maxsize=64)
def _elements(space: EscnnSpace) -> dict[Element, Any]:
    """The escnn element of each element of a finite group."""
    theirs = space.gspace.fibergroup.elements
    planes = np.stack([space.gspace.basespace_action(e) for e in theirs])
    places = [np.abs(planes - space.group.matrix(g).numpy()).max((1, 2)).argmin() for g in space.group.elements]
    return {g: theirs[place] for g, place in zip(space.group.elements, places, strict=True)}


def group_of(gspace: Any) -> Group:
    """The group that acts on an escnn.gspaces.GSpace2D."""
    count = None if gspace.rotations_order == -1 else gspace.rotations_order
    if not gspace.flips_order or count is None:
        return Group(count, bool(gspace.flips_order))
    planes = [gspace.basespace_action(e) for e in gspace.fibergroup.elements]
    mirror = next(plane for plane in planes if np.linalg.det(plane) < 0)  # R(turn) M
    turn = Fraction(math.atan2(-mirror[0, 1], mirror[1, 1]) / (2 * math.pi)).limit_denominator(10**6)
    return Group(count, True, turn % Fraction(1, count))
