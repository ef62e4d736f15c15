"""An orthonormal basis of the tensors that a group leaves as they are: the one solver behind every kernel space."""

from functools import lru_cache, reduce
from math import prod

import torch
from torch import Tensor

from equilab.groups.combined import Restricted
from equilab.groups.decompose import averaging_group, highest_frequency
from equilab.groups.functions import HarmonicFunctions, PointFunctions
from equilab.groups.induced import Quotient, cosets
from equilab.groups.irrep import Irrep
from equilab.groups.plane_group import PlaneGroup
from equilab.groups.representation import FieldType, Representation

_DEPENDENT = 1e-6  # what is left of a unit vector below this is round-off


def invariant_tensors(group: PlaneGroup, factors: tuple[Representation, ...]) -> Tensor:
    """Basis (dim, d_1, ..., d_n), float64, orthonormal, of all v with (rho_1(g) x ... x rho_n(g)) v = v for all g.

    The basis is the same on every machine: orbits in the order of their first entry, or Gram-Schmidt on the columns
    of the projector in their order, of field types one field after another; parameters that refer to it can be stored.
    Its dimension is checked against the characters, dim = mean over g of prod_i chi_i(g).
    """
    basis = _solve(group, factors).reshape(-1, *(rho.dim for rho in factors))
    assert len(basis) == invariant_dimension(group, factors), "the basis does not have the dimension of its space"
    return basis


def invariant_dimension(group: PlaneGroup, factors: tuple[Representation, ...]) -> int:
    """dim = 1/|G| sum_g chi_1(g) ... chi_n(g)."""
    elements = averaging_group(group, _band_limit(factors)).elements
    return round(sum(prod(rho.character(g) for rho in factors) for g in elements) / len(elements))


def _solve(group: PlaneGroup, factors: tuple[Representation, ...]) -> Tensor:
    """The basis as (dim, d_1 * ... * d_n)."""
    if all(rho.is_permutation for rho in factors) and group.is_finite:
        return _orbits(group, factors)
    for axis, rho in enumerate(factors):
        if isinstance(rho, FieldType):
            return _field_by_field(group, factors, axis, rho)
    for axis, rho in enumerate(factors):
        if isinstance(rho, Quotient) and rho.subgroup != group:
            return _from_subgroup(group, factors, axis, rho)
    return _null_space(group, factors)


def _orbits(group: PlaneGroup, factors: tuple[Representation, ...]) -> Tensor:
    """Indicator vectors of the orbits of index tuples, over the root of their sizes."""
    shape = tuple(rho.dim for rho in factors)
    leader = torch.arange(prod(shape))
    entries = leader.reshape(shape)
    for g in group.elements:
        moved = entries
        for axis, rho in enumerate(factors):
            moved = moved.index_select(axis, rho.permutation(g))
        leader = torch.minimum(leader, moved.flatten())
    first, orbit, size = leader.unique(return_inverse=True, return_counts=True)
    basis = torch.zeros(len(first), len(leader), dtype=torch.float64)
    basis[orbit, torch.arange(len(leader))] = 1 / size[orbit].double().sqrt()
    return basis


def _field_by_field(group: PlaneGroup, factors: tuple[Representation, ...], axis: int, rho: FieldType) -> Tensor:
    """The basis of each field of one factor in turn, with zeros at the channels of the other fields."""
    blocks = []
    for field, start, stop in rho:
        basis = cached_invariants(group, (*factors[:axis], field, *factors[axis + 1 :]))
        after = (0, 0) * (len(factors) - 1 - axis)  # axes from the last one on
        blocks.append(torch.nn.functional.pad(basis, (*after, start, rho.dim - stop)))
    return torch.cat(blocks).flatten(1)


def _from_subgroup(group: PlaneGroup, factors: tuple[Representation, ...], axis: int, rho: Quotient) -> Tensor:
    """Frobenius reciprocity: an invariant of Ind_H^G(1) x W is an invariant of H in W, carried to every coset."""
    others = tuple(factor for place, factor in enumerate(factors) if place != axis)
    shape = tuple(factor.dim for factor in others)
    # the function on G / H at the coset r H is r applied to its value at H
    seed = _solve(rho.subgroup, tuple(_restricted(factor, rho.subgroup) for factor in others)).reshape(-1, *shape)
    leaders = cosets(group, rho.subgroup)
    copies = []
    for leader in leaders:
        moved = seed
        for place, factor in enumerate(others, start=1):
            moved = torch.tensordot(moved, factor.matrix(leader), dims=([place], [1])).movedim(-1, place)  # pyright: ignore[reportArgumentType]
        copies.append(moved)
    return torch.stack(copies, axis + 1).flatten(1) / len(leaders) ** 0.5


def _restricted(rho: Representation, subgroup: PlaneGroup) -> Representation:
    return Irrep(subgroup) if rho.dim == 1 and rho.is_permutation else Restricted(subgroup, rho)


def _null_space(group: PlaneGroup, factors: tuple[Representation, ...]) -> Tensor:
    """Gram-Schmidt on the columns of the projector, the mean of rho_1(g) x ... x rho_n(g), in their order."""
    elements = averaging_group(group, _band_limit(factors)).elements
    one = torch.ones(1, 1, dtype=torch.float64)
    moves = (reduce(torch.kron, [rho.matrix(g) for rho in factors], one) for g in elements)
    projector = reduce(torch.add, moves) / len(elements)
    rank = round(float(projector.trace()))  # `invariant_tensors` compares it with the characters
    found = projector.new_zeros(rank, len(projector))
    count = 0
    for column in projector.T:
        if count == rank:
            break
        rest = column
        for _ in range(2):  # once more, for the round-off of the first time
            rest = rest - found[:count].T @ (found[:count] @ rest)
        length = rest.norm()
        if length > _DEPENDENT:
            found[count] = rest / length
            count += 1
    return found[:count]


def _band_limit(factors: tuple[Representation, ...]) -> int:
    """The largest frequency in the product of these representations, or more."""
    return sum(_frequency(rho) for rho in factors)


def _frequency(rho: Representation) -> int:
    if isinstance(rho, HarmonicFunctions):
        return rho.max_frequency
    return 0 if isinstance(rho, PointFunctions) else highest_frequency(rho)  # of all points only the origin stays


@lru_cache(maxsize=512)
def cached_invariants(group: PlaneGroup, factors: tuple[Representation, ...]) -> Tensor:
    """`invariant_tensors`, computed once per process; not to be written to."""
    return invariant_tensors(group, factors)
