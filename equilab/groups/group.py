"""The groups that users name, and the representations they are asked for: C4, D4, SO(2), p4m."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from torch import Tensor

from equilab.groups.combined import FromMatrices, Restricted, TensorProduct, from_matrices
from equilab.groups.element import Element
from equilab.groups.induced import Induced, Quotient
from equilab.groups.irrep import Irrep, irreps
from equilab.groups.plane_group import PlaneGroup, exact_turn
from equilab.groups.representation import FieldType, Representation


@dataclass(frozen=True, eq=False)
class Group(PlaneGroup):
    """A closed subgroup of O(2), with its representations at hand.

    >>> G = p4m
    >>> str(3 * G.trivial + 16 * G.regular), G.order, len(G.subgroups())
    ('D4[3*trivial + 16*regular]', 8, 10)
    """

    @property
    def trivial(self) -> Irrep:
        """rho(g) = 1: scalar fields, such as the channels of an image."""
        return Irrep(self)

    @property
    def regular(self) -> Quotient:
        """The group's action on functions of its elements, |G| channels; GroupError for SO(2) and O(2)."""
        return Quotient(self, Group(1))

    def quotient(self, subgroup: PlaneGroup) -> Representation:
        """The group's action on functions of the cosets G / H; GroupError unless H is a subgroup of finite index."""
        return self.trivial if subgroup == self else Quotient(self, subgroup)

    def irrep(self, frequency: int, sign: int = 1) -> Irrep:
        """The irrep of a frequency; sign -1: one whose first mirror is -1. GroupError where there is none."""
        return Irrep(self, frequency, sign)  # pyright: ignore[reportArgumentType]

    def irreps(self, max_frequency: int | None = None) -> list[Irrep]:
        """All irreps, by frequency; those of SO(2) and O(2) up to `max_frequency`."""
        return irreps(self, max_frequency)

    def from_matrices(self, matrices: Mapping[Element, Tensor], *, name: str) -> FromMatrices:
        """The representation with these orthogonal matrices, one per element; GroupError when it is none."""
        return from_matrices(self, matrices, name=name)


def tensor_product(first: Representation, second: Representation) -> TensorProduct:
    """rho(g) x sigma(g), of dimension dim rho * dim sigma; GroupError when the groups differ."""
    return TensorProduct(first, second)


def restrict(rho: Representation, subgroup: PlaneGroup) -> Representation:
    """rho for the elements of a subgroup only; a field type becomes the field type of its restricted fields.

    Raises GroupError when `subgroup` is none.

    >>> str(restrict(2 * D(4).trivial + 1 * D(4).regular, C(4)))
    'C4[2*trivial + 1*restrict(D4.regular)]'
    """
    rho.group.check_subgroup(subgroup)
    if isinstance(rho, FieldType):
        return FieldType.of(subgroup, tuple(restrict(field, subgroup) for field in rho.fields))
    if rho.group == subgroup:
        return rho
    if rho == Irrep(rho.group):
        return Irrep(subgroup)
    return Restricted(subgroup, rho)


def induce(rho: Representation, group: PlaneGroup) -> Induced:
    """Ind_H^G rho for rho of a subgroup H of finite index; GroupError otherwise.

    >>> induce(C(2).trivial, D(4)).dim
    4
    """
    return Induced(group, rho)


def C(n: int) -> Group:
    """The cyclic group of the n turns by multiples of 1/n."""
    return Group(n)


def D(n: int, axis: Fraction | float | str = 0) -> Group:
    """The dihedral group: the n turns, and n mirrors R(axis + k/n) M where M is the mirror left to right.

    An axis given as a float stands for the fraction next to it with a denominator up to 10^6.
    """
    exact = exact_turn(axis, "axis")
    return Group(n, True, exact.limit_denominator(10**6) if isinstance(axis, float) else exact)


C1, C2, C4 = C(1), C(2), C(4)
D1, D2, D4 = D(1), D(2), D(4)
SO2 = Group(None)
O2 = Group(None, True)
p4, p4m = C4, D4
