"""Representations made of others: tensor products, restrictions, and those given by a list of matrices."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from equilab.errors import GroupError
from equilab.groups.element import Element
from equilab.groups.plane_group import PlaneGroup
from equilab.groups.representation import Representation

_ROUND_OFF = 1e-9


_RESERVED = {"trivial", "regular", "irrep", "quotient", "induce", "restrict", "tensor"}


@dataclass(frozen=True)
class TensorProduct(Representation):
    """rho(g) x sigma(g), the Kronecker product; GroupError when the two are of different groups."""

    first: Representation
    second: Representation

    def __post_init__(self) -> None:
        if self.first.group != self.second.group:
            raise GroupError(
                "tensor product",
                expected="two of one group",
                got=f"{self.first} and {self.second}",
                hint="restrict one of them first",
            )

    @property
    def group(self) -> PlaneGroup:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.first.group

    @property
    def name(self) -> str:
        return f"tensor({self.first}, {self.second})"

    @property
    def dim(self) -> int:
        return self.first.dim * self.second.dim

    def matrix(self, g: Element) -> Tensor:
        return torch.kron(self.first.matrix(g), self.second.matrix(g))


@dataclass(frozen=True)
class Restricted(Representation):
    """Res_H rho: the same matrices, for the elements of a subgroup only; GroupError when it is none."""

    group: PlaneGroup
    of: Representation

    def __post_init__(self) -> None:
        self.of.group.check_subgroup(self.group)

    @property
    def name(self) -> str:
        return f"restrict({self.of})"

    @property
    def dim(self) -> int:
        return self.of.dim

    def matrix(self, g: Element) -> Tensor:
        self.check_element(g)
        return self.of.matrix(g)


@dataclass(frozen=True)
class FromMatrices(Representation):
    """A representation by its matrices, in the order of `group.elements`; make it by `from_matrices`."""

    group: PlaneGroup
    label: str
    matrices: tuple[tuple[tuple[float, ...], ...], ...]

    @property
    def name(self) -> str:
        return self.label

    @property
    def dim(self) -> int:
        return len(self.matrices[0])

    def matrix(self, g: Element) -> Tensor:
        return torch.tensor(self.matrices[self.group.index(g)], dtype=torch.float64, device="cpu")


def from_matrices(group: PlaneGroup, matrices: Mapping[Element, Tensor], *, name: str) -> FromMatrices:
    """The representation with these matrices (dim, dim), one for every element of a finite group.

    name: for printing; none of the names that field types are written with. Raises GroupError for such a name, a
    missing element, a shape that differs, a matrix that is not orthogonal, or a pair whose product is not the matrix of
    the product.
    """
    if name.partition("(")[0] in _RESERVED:
        raise GroupError("name", expected="one that is not read as another representation", got=repr(name))
    missing = [g for g in group.elements if g not in matrices]
    if missing:
        raise GroupError(
            "matrices", expected=f"one for each of the {group.order} elements of {group}", got=f"none for {missing[0]}"
        )
    table = {g: torch.as_tensor(matrices[g], dtype=torch.float64, device="cpu") for g in group.elements}
    dim = max((1, *table[group.identity].shape))
    for g, matrix in table.items():
        if matrix.shape != (dim, dim):
            raise GroupError("matrices", expected=f"({dim}, {dim}) for {g}", got=tuple(matrix.shape))
        if not _close(matrix @ matrix.T, torch.eye(dim).to(matrix)):  # not: NaN is not close to anything
            raise GroupError(
                "matrices",
                expected=f"an orthogonal one for {g} within {_ROUND_OFF}",
                got="one that is not",
                hint="use float64 and an orthonormal basis",
            )
    for g in group.elements:
        for h in group.elements:
            product = group.compose(g, h)
            if not _close(table[g] @ table[h], table[product]):
                raise GroupError(
                    "matrices",
                    expected="a homomorphism",
                    got=f"rho({g}) rho({h}) other than rho({product})",
                    hint="rho(g) moves vectors as g moves points, first h then g",
                )
    return FromMatrices(group, name, tuple(tuple(map(tuple, table[g].tolist())) for g in group.elements))


def _close(actual: Tensor, expected: Tensor) -> bool:
    return bool((actual - expected).abs().max() <= _ROUND_OFF)
