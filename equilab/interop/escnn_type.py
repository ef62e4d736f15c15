"""Field types and tensors to and from escnn."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from equilab.errors import FieldTypeError
from equilab.groups import Element, FieldType, Irrep, PlaneGroup, Quotient, Representation
from equilab.groups.combined import from_matrices
from equilab.interop.change_of_basis import ChangeOfBasis
from equilab.interop.escnn_space import EscnnSpace, group_of
from equilab.interop.load_escnn import load_escnn
from equilab.nn.layer import as_type

_OURS = "equilab"  # attribute of the escnn representations that are made here


@dataclass(frozen=True, eq=False)
class EscnnType:
    """A field type, an escnn field type equivalent to it, and the orthogonal B between them: theirs = B ours.

    B rho(g) = sigma(g') B for every g of the group, with g' = element(g).
    """

    field_type: FieldType
    escnn_type: Any  # escnn.nn.FieldType
    basis: Tensor  # B, (C, C) float64

    def wrap(self, x: Tensor) -> Any:
        """The escnn.nn.GeometricTensor of x (batch, C, H, W); ShapeError for other channels."""
        self.field_type.check(x, ndims=(4,))
        return load_escnn().nn.GeometricTensor(ChangeOfBasis(self.basis).to(x.device)(x), self.escnn_type)

    def unwrap(self, tensor: Any) -> Tensor:
        """The plain tensor (batch, C, H, W) of an escnn.nn.GeometricTensor; FieldTypeError for one of another type."""
        if tensor.type != self.escnn_type:
            raise FieldTypeError(
                "tensor", expected=f"a GeometricTensor of type {self.escnn_type}", got=str(tensor.type)
            )
        return ChangeOfBasis(self.basis.T).to(tensor.tensor.device)(tensor.tensor)

    def element(self, g: Element) -> Any:
        """The escnn group element that moves the plane as g does; GroupError for a g that is not in the group."""
        return EscnnSpace(self.field_type.group, self.escnn_type.gspace).element(g)

    def __str__(self) -> str:
        return f"{self.field_type} ~ {self.escnn_type}"


def to_escnn(field_type: Representation) -> EscnnType:
    """The field type with its equivalent in escnn: C_n on rot2dOnR2(n), D_n on flipRot2dOnR2(n), in the same axis.

    Irreps, regular and quotient fields become escnn's own; any other field becomes one with the matrices it has here.

    >>> import torch, equilab as eq                                        # doctest: +SKIP
    >>> t = to_escnn(16 * eq.groups.p4m.regular)                           # doctest: +SKIP
    >>> t.unwrap(t.wrap(torch.zeros(1, 128, 5, 5))).shape                  # doctest: +SKIP
    torch.Size([1, 128, 5, 5])
    """
    field_type = as_type(field_type, "field_type")
    space = EscnnSpace(field_type.group, _gspace(field_type.group))
    found = {rho: _theirs(rho, space) for _, rho in field_type.terms}
    pairs = [found[rho] for rho in field_type.fields]
    escnn_type = load_escnn().nn.FieldType(space.gspace, [sigma for sigma, _ in pairs])
    return EscnnType(field_type, escnn_type, torch.block_diag(*(block for _, block in pairs)))


def from_escnn(escnn_type: Any) -> EscnnType:
    """The equivalent here of an escnn.nn.FieldType over the plane.

    Irreps and fields of permuted channels become irreps and quotients; any other field keeps the matrices that it has
    there, or becomes the sum of its irreps for SO(2) and O(2). Raises FieldTypeError for fields not over the plane.
    """
    escnn = load_escnn()
    if not isinstance(escnn_type, escnn.nn.FieldType) or not isinstance(escnn_type.gspace, escnn.gspaces.GSpace2D):
        raise FieldTypeError(
            "escnn_type",
            expected="an escnn.nn.FieldType over the plane (rot2dOnR2, flipRot2dOnR2, flip2dOnR2, trivialOnR2)",
            got=repr(escnn_type),
        )
    space = EscnnSpace(group_of(escnn_type.gspace), escnn_type.gspace)
    found = {sigma: _ours(sigma, space) for sigma in set(escnn_type.representations)}
    pairs = [found[sigma] for sigma in escnn_type.representations]
    field_type = FieldType.of(space.group, tuple(rho for fields, _ in pairs for rho in fields))
    return EscnnType(field_type, escnn_type, torch.block_diag(*(block for _, block in pairs)))


def _gspace(group: PlaneGroup) -> Any:
    """The escnn space on which a group acts."""
    gspaces, count = load_escnn().gspaces, group.rotations or -1
    if not group.mirrors:
        return gspaces.rot2dOnR2(count)
    slope = math.pi * (0.5 + float(group.axis)) % math.pi  # R(axis) M leaves the line of this slope as it is
    return gspaces.flipRot2dOnR2(count, axis=slope)


def _theirs(rho: Representation, space: EscnnSpace) -> tuple[Any, Tensor]:
    """An escnn representation sigma, and Q with sigma(g') Q = Q rho(g)."""
    if isinstance(rho, Irrep):
        sigma = space.their_irrep(rho)
    elif isinstance(rho, Quotient) and space.group.is_finite:
        sigma = space.their_quotient(rho.subgroup)
    else:
        return _with_matrices(rho, space), _identity(rho)
    found = space.intertwiner(rho, sigma)
    assert found is not None, f"{rho} and {sigma} are not equivalent"
    return sigma, found


def _with_matrices(rho: Representation, space: EscnnSpace) -> Any:
    """The escnn representation with the matrices of rho, for one that escnn has no words for."""
    irreps, change = space.irreducible_form(rho)
    supported = ["norm", "gated", *(["pointwise", "concatenated"] if rho.is_permutation else [])]
    return load_escnn().group.Representation(
        space.gspace.fibergroup, rho.name, [psi.id for psi in irreps], change.numpy(), supported, **{_OURS: rho}
    )


def _ours(sigma: Any, space: EscnnSpace) -> tuple[list[Representation], Tensor]:
    """Representations rho_1, ... here, and Q with sigma(g') Q = Q (rho_1 + ...)(g)."""
    made_here = sigma.attributes.get(_OURS)
    if isinstance(made_here, Representation) and made_here.group == space.group:
        return [made_here], _identity(made_here)
    rho = space.our_irrep(sigma) if len(sigma.irreps) == 1 else None
    if rho is None and space.group.is_finite:
        rho = space.our_quotient(sigma)
    if rho is not None:
        found = space.intertwiner(rho, sigma)
        assert found is not None, f"{rho} and {sigma} are not equivalent"
        return [rho], found
    if space.group.is_finite:
        elements = space.group.elements
        table = dict(zip(elements, space.matrices(sigma, elements), strict=True))
        rho = from_matrices(space.group, table, name=sigma.name)
        return [rho], _identity(rho)
    parts = [_ours(sigma.group.irrep(*id_), space) for id_ in sigma.irreps]
    change = torch.from_numpy(np.array(sigma.change_of_basis, dtype=np.float64))
    return [rho for fields, _ in parts for rho in fields], change @ torch.block_diag(*(block for _, block in parts))


def _identity(rho: Representation) -> Tensor:
    return torch.eye(rho.dim, dtype=torch.float64)
