"""Orthogonal matrices that carry one representation into another, by Schur's lemma (Serre 1977, section 2.2)."""

import torch
from torch import Tensor

_ROUND_OFF = 1e-9


def orthogonal_intertwiner(rho: Tensor, sigma: Tensor) -> Tensor | None:
    """Q (dim, dim), orthogonal, with sigma(g) Q = Q rho(g) for all g; None where none is found.

    rho, sigma: (elements, dim, dim), the matrices of all elements in one order, orthogonal. Q is the mean over g of
    sigma(g) E rho(g)^-1, scaled, for the first E with a single entry in column 0 that gives an orthogonal one. It is
    found between equivalent irreps, and between equivalent transitive permutations, where it is a permutation.
    """
    for row in range(sigma.shape[1]):
        mean = torch.einsum("gi,gj->ij", sigma[:, :, row], rho[:, :, 0]) / len(rho)
        gram = mean.T @ mean
        if gram[0, 0] > _ROUND_OFF and _is_identity(gram / gram[0, 0]):
            return whole(mean / gram[0, 0].sqrt())
    return None


def irreducible_parts(rho: Tensor, irrep: Tensor, count: int) -> list[Tensor]:
    """`count` matrices B (dim, d) with rho(g) B = B irrep(g), orthonormal columns, and images at right angles.

    rho: (elements, dim, dim); irrep: (elements, d, d), contained in rho that many times.
    """
    found: list[Tensor] = []
    for column in range(rho.shape[1]):
        if len(found) == count:
            break
        part = torch.einsum("gi,gj->ij", rho[:, :, column], irrep[:, :, 0]) / len(rho)
        for _ in range(2):  # once more, for the round-off of the first time
            part = part - sum((other @ (other.T @ part) for other in found), torch.zeros_like(part))
        scale = part[:, 0].norm()
        if scale > _ROUND_OFF**0.5:
            found.append(part / scale)
    assert len(found) == count, "the irrep is not contained in the representation that many times"
    return found


def _is_identity(matrix: Tensor) -> bool:
    return bool((matrix - torch.eye(len(matrix), dtype=matrix.dtype)).abs().max() < _ROUND_OFF)


def whole(matrix: Tensor) -> Tensor:
    """The matrix of integers that it is but for round-off, else itself."""
    return matrix.round() if bool((matrix - matrix.round()).abs().max() < _ROUND_OFF) else matrix
