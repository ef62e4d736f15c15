"""Field types, tensors and modules to and from escnn 1.0.11 (Cesa, Lang & Weiler 2022).

escnn itself is imported when something here is first called; ModuleNotFoundError with the install lines where it is
missing. Its bases are float32, so its layers are equivariant to about 1e-6; the conversions are as exact as x.
"""

import copy
import math
import pickle
import warnings
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NoReturn, Self

import numpy as np
import torch
from torch import Tensor, nn

from equilab.errors import FieldTypeError
from equilab.groups import Element, FieldType, Irrep, PlaneGroup, Quotient, Representation
from equilab.groups.combined import from_matrices
from equilab.interop.change_of_basis import ChangeOfBasis
from equilab.interop.escnn_space import EscnnSpace, group_of
from equilab.nn import Layer
from equilab.nn.layer import as_type

__all__ = ["EscnnLayer", "EscnnType", "from_escnn", "load_escnn", "to_escnn", "wrap_module"]

_OURS = "equilab"  # attribute of the escnn representations that are made here


def load_escnn() -> ModuleType:
    """The package escnn, mended; ModuleNotFoundError where it, or one of its helpers, is not installed.

    escnn 1.0.11 hands an np.matrix to scikit-learn, which refuses it, whenever it has to find Clebsch-Gordan
    coefficients itself: on O(2), D_n and in space. Without the one function that it takes from there, it uses scipy's.
    """
    try:
        with warnings.catch_warnings():
            # py3nj has no wheels; without it, the coefficients are found numerically
            warnings.filterwarnings("ignore", "`py3nj` package not found", UserWarning)
            import escnn.group._numerical
            import escnn.gspaces
            import escnn.nn
    except ModuleNotFoundError as error:
        missing = (error.name or "escnn").partition(".")[0]
        raise ModuleNotFoundError(
            f"equilab.interop.escnn needs escnn, and there is no module named {missing!r}: run\n"
            '    pip install "equilab[escnn]"\n'
            "    pip install --no-deps escnn==1.0.11\n"
            "with Python 3.11 or 3.12 (--no-deps leaves out py3nj, which needs a Fortran compiler)",
            name=missing,
        ) from error
    escnn.group._numerical.randomized_svd = None  # pyright: ignore[reportAttributeAccessIssue]
    return escnn


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
            raise FieldTypeError(f"tensor: expected a GeometricTensor of type {self.escnn_type}, got {tensor.type}")
        return ChangeOfBasis(self.basis.T).to(tensor.tensor.device)(tensor.tensor)

    def element(self, g: Element) -> Any:
        """The escnn group element that moves the plane as g does; GroupError for a g that is not in the group."""
        return EscnnSpace(self.field_type.group, self.escnn_type.gspace).element(g)

    def __str__(self) -> str:
        return f"{self.field_type} ~ {self.escnn_type}"


def to_escnn(field_type: Representation) -> EscnnType:
    """The field type with its equivalent in escnn: C_n on rot2dOnR2(n), D_n on flipRot2dOnR2(n), in the same axis.

    Irreps, regular and quotient fields become escnn's own; any other field becomes one with the matrices it has here.

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
            "escnn_type: expected an escnn.nn.FieldType over the plane (rot2dOnR2, flipRot2dOnR2, flip2dOnR2, "
            f"trivialOnR2), got {escnn_type!r}"
        )
    space = EscnnSpace(group_of(escnn_type.gspace), escnn_type.gspace)
    found = {sigma: _ours(sigma, space) for sigma in set(escnn_type.representations)}
    pairs = [found[sigma] for sigma in escnn_type.representations]
    field_type = FieldType.of(space.group, tuple(rho for fields, _ in pairs for rho in fields))
    return EscnnType(field_type, escnn_type, torch.block_diag(*(block for _, block in pairs)))


class EscnnLayer(Layer):
    """An escnn module on plain tensors; its state_dict holds that module's entries only.

    x: (batch, C, H, W), float32, as escnn's bases are. Convolutions of escnn have their expanded filters in the
    state_dict in evaluation mode only: save and load in one mode. It is copied in both modes, and not pickled, as
    escnn's groups are made of local functions. Raises FieldTypeError for a module without types over the plane,
    ShapeError when called.
    """

    ndims = (4,)

    def __init__(self, module: nn.Module):
        super().__init__()
        types = [getattr(module, name, None) for name in ("in_type", "out_type")]
        if not all(isinstance(found, load_escnn().nn.FieldType) for found in types):
            raise FieldTypeError(
                f"module: expected an escnn module with in_type and out_type, got {type(module).__name__}; put several "
                "into an escnn.nn.SequentialModule"
            )
        into, out = (from_escnn(found) for found in types)
        self.in_type, self.out_type = into.field_type, out.field_type
        self.into, self.module, self.out = ChangeOfBasis(into.basis), module, ChangeOfBasis(out.basis.T)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        tensor = load_escnn().nn.GeometricTensor(self.into(x), self.module.in_type)
        return self.out(self.module(tensor).tensor)

    def materialize(self) -> nn.Module:
        """What escnn exports, between the changes of basis; NotImplementedError, naming what escnn cannot export."""
        layer = copy.deepcopy(self)
        try:
            exported = layer.module.export()  # pyright: ignore[reportCallIssue]
        except NotImplementedError as error:
            raise NotImplementedError(
                f"materialize: escnn has no plain form of {_not_exported(self.module)}; use one of equilab.nn, or "
                "keep this layer as it is, in evaluation mode"
            ) from error
        like = next(self.parameters(), None)  # escnn exports norms in float32 and on the CPU, whatever they are in
        return nn.Sequential(layer.into, exported if like is None else exported.to(like), layer.out).eval()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # in evaluation mode, filters are results of the weights, which torch does not copy while they can be derived
        memo |= {id(filters): filters.detach().clone() for filters in self.buffers() if not filters.is_leaf}
        memo[id(self)] = copied = type(self).__new__(type(self))
        vars(copied).update(copy.deepcopy(vars(self), memo))
        return copied

    def __reduce__(self) -> NoReturn:
        raise pickle.PicklingError(
            "EscnnLayer: escnn's groups hold local functions, which are not pickled; save layer.state_dict(), "
            "and load it into a layer that is built in the same way"
        )


def _not_exported(module: nn.Module) -> str:
    """Names and classes of the parts that escnn does not export; of the whole where those say so themselves."""
    base = load_escnn().nn.EquivariantModule
    parts: list[tuple[str, Any]] = [(name or "module", type(part)) for name, part in module.named_modules()]
    missing = [(name, kind) for name, kind in parts if getattr(kind, "export", None) is base.export] or parts[:1]
    return ", ".join(f"{name} ({kind.__name__})" for name, kind in missing)


def wrap_module(module: nn.Module) -> EscnnLayer:
    """The escnn module as a layer with `in_type` and `out_type`, plain tensors in and out.

    >>> escnn = load_escnn()                                               # doctest: +SKIP
    >>> relu = escnn.nn.ReLU(to_escnn(8 * eq.groups.p4.regular).escnn_type) # doctest: +SKIP
    >>> wrap_module(relu)(torch.zeros(1, 32, 5, 5)).shape                  # doctest: +SKIP
    torch.Size([1, 32, 5, 5])
    """
    return EscnnLayer(module)


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
