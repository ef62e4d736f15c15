"""Which irreps a representation is made of, by characters."""

from equilab.errors import GroupError
from equilab.groups.combined import Restricted, TensorProduct
from equilab.groups.induced import Induced, Quotient
from equilab.groups.irrep import Irrep, irreps
from equilab.groups.plane_group import PlaneGroup
from equilab.groups.representation import FieldType, Representation

_ROUND_OFF = 1e-6
MAX_FREQUENCY = 64  # of representations of SO(2) and O(2) that do not say theirs


def averaging_group(group: PlaneGroup, max_frequency: int = MAX_FREQUENCY) -> PlaneGroup:
    """A finite group over which averages of functions of `group` up to a frequency are exact: itself, if finite."""
    return group if group.is_finite else PlaneGroup(2 * max_frequency + 1, group.mirrors)


def highest_frequency(rho: Representation) -> int:
    """The highest frequency in a representation of SO(2) or O(2), or more; MAX_FREQUENCY for classes unknown here."""
    match rho:
        case Irrep():
            return rho.frequency
        case FieldType():
            return max(highest_frequency(field) for _, field in rho.terms)
        case TensorProduct():
            return highest_frequency(rho.first) + highest_frequency(rho.second)
        case Restricted() | Induced():
            return highest_frequency(rho.of)
        case Quotient():
            return 0
    return MAX_FREQUENCY


def inner_product(rho: Representation, sigma: Representation) -> float:
    """<chi_rho, chi_sigma>, the mean over the group of chi_rho(g) chi_sigma(g): the dimension of their intertwiners.

    It is 1 for an irrep of real type with itself, 2 for one of complex type, 0 for two different ones (Serre 1977,
    section 2.3). Raises GroupError when the groups differ.
    """
    if rho.group != sigma.group:
        raise GroupError(
            "characters",
            expected="two representations of one group",
            got=f"{rho} and {sigma}",
            hint="restrict one of them first",
        )
    elements = averaging_group(rho.group, max(highest_frequency(rho), highest_frequency(sigma))).elements
    return sum(rho.character(g) * sigma.character(g) for g in elements) / len(elements)


def decompose(rho: Representation) -> list[tuple[int, Irrep]]:
    """(multiplicity, irrep) of every irrep in rho; the multiplicity of sigma is <rho, sigma> / <sigma, sigma>.

    Raises GroupError for a representation of SO(2) or O(2) of another class with frequencies above 64.

    >>> from equilab.groups import p4
    >>> [(count, str(irrep)) for count, irrep in decompose(p4.regular)]
    [(1, 'C4.trivial'), (1, 'C4.irrep(1)'), (1, 'C4.irrep(2)')]
    """
    candidates = irreps(rho.group, None if rho.group.is_finite else highest_frequency(rho))
    elements = averaging_group(rho.group, highest_frequency(rho)).elements
    characters = [rho.character(g) for g in elements]
    found: list[tuple[int, Irrep]] = []
    for sigma in candidates:
        mean = sum(chi * sigma.character(g) for chi, g in zip(characters, elements, strict=True)) / len(elements)
        count = round(mean / (2 if sigma.type == "complex" else 1))
        found += [(count, sigma)] if count else []
    for g in (rho.group.identity, *rho.group.generators):  # a frequency above the limit shows at a generic turn
        if abs(sum(count * sigma.character(g) for count, sigma in found) - rho.character(g)) > _ROUND_OFF * rho.dim:
            raise GroupError(
                "rho",
                expected=f"frequencies up to {MAX_FREQUENCY}",
                got=str(rho),
                hint="decompose its parts one by one",
            )
    return found
