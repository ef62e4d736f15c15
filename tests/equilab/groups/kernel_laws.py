"""What a kernel space has to be, computed without the code that solves for it."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from equilab.groups import (
    O2,
    SO2,
    C,
    D,
    Element,
    FromMatrices,
    Group,
    PlaneGroup,
    Representation,
    induce,
    restrict,
    tensor_product,
)

ON_THE_GRID = [C(1), C(2), C(4), D(1), D(2), D(4), D(1, "1/4")]
OFF_THE_GRID = [C(3), C(8), D(6), D(1, "1/3"), D(2, "1/8"), D(3, "1/12")]
INFINITE = [SO2, O2]


def some_elements(group: PlaneGroup) -> list[Element]:
    """All elements of a finite group; the generators of SO(2) and O(2), a quarter turn and four random ones."""
    if group.is_finite:
        return list(group.elements)
    generator = torch.Generator().manual_seed(0)
    return [*group.generators, group.element("1/4"), *(group.random_element(generator) for _ in range(4))]


def same_matrices(rho: Representation) -> FromMatrices:
    """rho of a finite group once more, from the list of its matrices."""
    group = rho.group
    assert isinstance(group, Group)
    return group.from_matrices({g: rho.matrix(g) for g in group.elements}, name="copy")


@lru_cache
def kinds(group: Group) -> tuple[Representation, ...]:
    """Every irrep and quotient of a finite group, and one of each other kind; eight of SO(2) and O(2)."""
    if not group.is_finite:
        few = [*group.irreps(2), tensor_product(group.irrep(1), group.irrep(65)), 2 * group.trivial + group.irrep(3)]
        return (*few, restrict(O2.irrep(2), group), induce(SO2.irrep(1), group))
    irreps, middle = group.irreps(), group.subgroups()[len(group.subgroups()) // 2]
    quotients = [group.quotient(subgroup) for subgroup in group.subgroups()]
    induced = induce(middle.irreps()[-1], group)
    turn, _ = torch.linalg.qr(torch.randn(2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    both = irreps[0] + irreps[-1] if irreps[-1].dim == 1 else 1 * irreps[-1]
    turned = group.from_matrices({g: turn @ both.matrix(g) @ turn.T for g in group}, name="turned")
    more = [tensor_product(irreps[-1], quotients[len(quotients) // 2]), irreps[-1] + group.regular, induced, turned]
    return tuple(dict.fromkeys([*irreps, *quotients, *more, restrict(O2.irrep(1), group)]))


def pixels(kernel_size: int) -> np.ndarray:
    """(k^2, 2) centres, row by row, x to the right and y up."""
    centre = (kernel_size - 1) / 2
    return np.array([(column - centre, centre - row) for row in range(kernel_size) for column in range(kernel_size)])


def places(group: PlaneGroup, h: Element, points: np.ndarray) -> np.ndarray:
    """The position of h x for every point x."""
    moved = points @ group.matrix(h).numpy().T
    distance = np.abs(moved[:, None] - points[None]).sum(-1)
    assert distance.min(1).max() < 1e-9
    return distance.argmin(1)


def worst_error(basis: Tensor, rho_in: Representation, rho_out: Representation, points: np.ndarray) -> float:
    """The largest entry of kappa(h x) - rho_out(h) kappa(x) rho_in(h)^-1, over kernels, elements and points."""
    group, worst = rho_out.group, 0.0
    for h in group.elements:
        left, right = rho_out.matrix(h), rho_in.matrix(group.inverse(h))
        expected = torch.einsum("ij,bjkn,kl->biln", left, basis, right)
        error = (basis[..., places(group, h, points)] - expected).abs()
        worst = max(worst, float(error.max()) if error.numel() else 0.0)
    return worst


def dimension(rho_in: Representation, rho_out: Representation, points: np.ndarray) -> int:
    """1/|H| sum_h chi_in(h) chi_out(h) fix_h, traces and fixed points counted here."""
    group, total = rho_out.group, 0.0
    for h in group.elements:
        fixed = int((places(group, h, points) == np.arange(len(points))).sum())
        total += float(rho_in.matrix(h).trace() * rho_out.matrix(h).trace()) * fixed
    return round(total / len(group.elements))


def svd_projector(rho_in: Representation, rho_out: Representation, points: np.ndarray) -> np.ndarray:
    """Onto all kernels (d_out * d_in * n) that satisfy the law: null space of the stacked constraints, by SVD."""
    group = rho_out.group
    size = rho_out.dim * rho_in.dim * len(points)
    rows = [np.zeros((size, size))]  # so that there are no fewer rows than columns
    for h in group.generators:
        permutation = np.eye(len(points))[places(group, h, points)]  # (P k)[x] = k[h x]
        channels = np.kron(rho_out.matrix(h).numpy(), np.linalg.inv(rho_in.matrix(h).numpy()).T)
        rows.append(np.kron(np.eye(len(channels)), permutation) - np.kron(channels, np.eye(len(points))))
    _, values, right = np.linalg.svd(np.concatenate(rows), full_matrices=False)
    assert not ((values > 1e-10) & (values < 1e-3)).any(), "the rank is not clear"
    null = right[values < 1e-6]
    return null.T @ null


def circle(count: int, *, radius: float = 1.0, turn: float = 0.0) -> torch.Tensor:
    angle = 2 * torch.pi * (torch.arange(count, dtype=torch.float64) / count + turn)
    return radius * torch.stack([angle.cos(), angle.sin()], 1)


ORIGIN = torch.zeros(1, 2, dtype=torch.float64)
HEXAGON = circle(6)
