"""All equivariant kernels: the space of solutions of kappa(h x) = rho_out(h) kappa(x) rho_in(h)^-1."""

from typing import SupportsIndex

import torch
from torch import Tensor

from equilab.errors import FieldTypeError, SettingError
from equilab.groups.functions import PointFunctions, check_points
from equilab.groups.invariants import cached_invariants
from equilab.groups.plane_group import PlaneGroup, as_integer
from equilab.groups.representation import Representation
from equilab.groups.rings import cached_ring_kernels

_CPU = torch.device("cpu")  # a basis is solved for once per process, whichever device is the default one at that moment


def kernel_space(
    group: PlaneGroup, rho_in: Representation, rho_out: Representation, support: SupportsIndex | Tensor
) -> Tensor:
    """An orthonormal float64 basis (dim, d_out, d_in, n) of all kernels on n points that commute with the group.

    kappa(h x) = rho_out(h) kappa(x) rho_in(h)^-1 for every h in the group (Cohen, Geiger & Weiler 2018, theorem 3.3).
    support: k for the k x k pixel grid, row by row, or points (n, 2), x to the right and y up, that the group maps
    onto themselves. dim = 1/|H| sum_h chi_in(h) chi_out(h) fix_h(support), and that is asserted.

    Where everything is permuted the basis holds one orbit of entries per element; else it is the null space of the
    law, of field types one pair of fields after another. It is the same on every machine. Raises FieldTypeError for a
    representation of another group, GroupError for points that are moved off the set, ShapeError or SettingError for
    a support that is no integer and no tensor of finite, distinct points.

    >>> from equilab.groups import C, kernel_space
    >>> kernel_space(C(4), C(4).regular, C(4).regular, 3).shape
    torch.Size([36, 4, 4, 9])
    """
    check_groups(group, rho_in, rho_out)
    with _CPU:
        return cached_invariants(group, (rho_out, rho_in, _point_functions(group, support))).clone()


def _point_functions(group: PlaneGroup, support: SupportsIndex | Tensor) -> PointFunctions:
    if isinstance(support, Tensor):
        return PointFunctions(group, check_points(support))
    kernel_size = as_integer(support)
    if kernel_size is None:
        raise SettingError(
            "support",
            expected="an integer or a tensor of points (n, 2)",
            got=f"{support!r} of type {type(support).__name__}",
            hint="torch.tensor makes one of a list",
        )
    return PointFunctions.grid(group, kernel_size)


def filter_basis(rho_in: Representation, rho_out: Representation, kernel_size: SupportsIndex) -> Tensor:
    """The basis (dim, d_out, d_in, k, k), float64, that a convolution between two representations learns in.

    For C1, C2, C4, D1, D2, D4 along the grid it is the whole kernel space, exactly. For any other group it is the
    band-limited space of `ring_kernels`, whose equivariance is exact at the turns that the grid has, and approximate
    at the others. Raises FieldTypeError when the two are of different groups, SettingError unless kernel_size is an
    integer of at least 1. Not to be written to.
    """
    group, size = rho_out.group, as_integer(kernel_size)
    check_groups(group, rho_in, rho_out)
    if size is None:
        raise SettingError(
            "kernel_size", expected="an integer", got=f"{kernel_size!r} of type {type(kernel_size).__name__}"
        )
    with _CPU:
        if group.is_grid_exact:
            basis = cached_invariants(group, (rho_out, rho_in, PointFunctions.grid(group, size)))
            return basis.unflatten(-1, (size, size))
        return cached_ring_kernels(rho_in, rho_out, size)


def invariant_vectors(rho: Representation) -> Tensor:
    """An orthonormal basis (dim, d), float64, of the vectors with rho(g) v = v: what a bias may be.

    >>> from equilab.groups import p4
    >>> invariant_vectors(p4.regular).tolist(), len(invariant_vectors(p4.irrep(1)))
    ([[0.5, 0.5, 0.5, 0.5]], 0)
    """
    with _CPU:
        return cached_invariants(rho.group, (rho,)).clone()


def check_groups(group: PlaneGroup, rho_in: Representation, rho_out: Representation) -> None:
    """Raises FieldTypeError unless both representations are of `group`."""
    for name, rho in (("rho_in", rho_in), ("rho_out", rho_out)):
        if rho.group != group:
            raise FieldTypeError(name, expected=f"a representation of {group}", got=str(rho), hint="restrict it first")
