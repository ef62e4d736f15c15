"""Groups and representations that every law is tested on."""

import torch

from equilab.groups import O2, SO2, C, D, Element, Group, PlaneGroup, Representation, induce, restrict, tensor_product

ON_THE_GRID = [C(1), C(2), C(4), D(1), D(2), D(4), D(1, "1/2"), D(1, "1/4"), D(2, "1/4")]
OFF_THE_GRID = [C(3), C(8), D(3), D(6), D(1, "1/3"), D(2, "1/8"), D(4, "1/8"), D(3, "1/12")]
FINITE = ON_THE_GRID + OFF_THE_GRID
INFINITE = [SO2, O2]
GROUPS = FINITE + INFINITE


def some_elements(group: PlaneGroup) -> list[Element]:
    """All elements of a finite group; of SO(2) and O(2) the generators, eight random ones, and some on the grid."""
    if group.is_finite:
        return list(group.elements)
    generator = torch.Generator().manual_seed(0)
    drawn = [group.random_element(generator) for _ in range(8)]
    return [*D(4).elements, *group.generators, *drawn] if group.mirrors else [*C(4), *group.generators, *drawn]


def same_matrices(rho: Representation, copy_name: str = "copy") -> Representation:
    """rho of a finite group once more, from the list of its matrices."""
    assert isinstance(rho.group, Group)
    return rho.group.from_matrices({g: rho.matrix(g) for g in rho.group.elements}, name=copy_name)


def representations(group: Group) -> list[Representation]:
    """At least one of every kind that the group has."""
    found: list[Representation] = list(group.irreps(3))
    found += [tensor_product(found[-1], found[-1]), 2 * found[0] + 1 * found[-1]]
    if group.is_finite:
        middle = group.subgroups()[len(group.subgroups()) // 2]
        found += [group.regular, group.quotient(middle), induce(middle.irreps()[-1], group)]
        found += [same_matrices(found[-1]), restrict(O2.irrep(2), group)]
        found += [2 * group.regular + 1 * found[-1], tensor_product(group.regular, group.irreps()[-1])]
    else:
        found += [restrict(O2.irrep(2), group), induce(SO2.irrep(1), group), group.irrep(65)]
    if group == O2:
        found += [O2.quotient(SO2)]
    return found
