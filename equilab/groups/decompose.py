"""Which irreps a representation is made of, by characters."""

from equilab.errors import GroupError
from equilab.groups.irrep import Irrep, irreps
from equilab.groups.plane_group import PlaneGroup
from equilab.groups.representation import Representation

MAX_FREQUENCY = 64  # of representations of SO(2) and O(2)


def averaging_group(group: PlaneGroup, max_frequency: int = MAX_FREQUENCY) -> PlaneGroup:
    """A finite group over which averages of functions of `group` up to a frequency are exact: itself, if finite."""
    return group if group.is_finite else PlaneGroup(2 * max_frequency + 1, group.mirrors)


def inner_product(rho: Representation, sigma: Representation) -> float:
    """<chi_rho, chi_sigma>, the mean over the group of chi_rho(g) chi_sigma(g): the dimension of their intertwiners.

    It is 1 for an irrep of real type with itself, 2 for one of complex type, 0 for two different ones (Serre 1977,
    section 2.3). Raises GroupError when the groups differ.
    """
    if rho.group != sigma.group:
        raise GroupError(f"characters: expected two representations of one group, got {rho} and {sigma}")
    elements = averaging_group(rho.group).elements
    return sum(rho.character(g) * sigma.character(g) for g in elements) / len(elements)


def decompose(rho: Representation) -> list[tuple[int, Irrep]]:
    """(multiplicity, irrep) of every irrep in rho; the multiplicity of sigma is <rho, sigma> / <sigma, sigma>.

    Frequencies of SO(2) and O(2) up to 64 are looked for, in products up to 32; GroupError when there are others.

    >>> from equilab.groups import p4
    >>> [(count, str(irrep)) for count, irrep in decompose(p4.regular)]
    [(1, 'C4.trivial'), (1, 'C4.irrep(1)'), (1, 'C4.irrep(2)')]
    """
    candidates = irreps(rho.group, None if rho.group.is_finite else MAX_FREQUENCY // 2)
    counts = [round(inner_product(rho, sigma) / inner_product(sigma, sigma)) for sigma in candidates]
    found = [(count, sigma) for count, sigma in zip(counts, candidates, strict=True) if count]
    if sum(count * sigma.dim for count, sigma in found) != rho.dim:
        raise GroupError(f"{rho} has frequencies above {MAX_FREQUENCY // 2}: decompose its parts one by one")
    return found
