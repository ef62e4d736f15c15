"""The matrices B_g that a finite group is on a code: fitted on orbits, and how well they multiply, mix and stay."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.groups import PlaneGroup
from equilab.groups.irrep import irreps
from equilab.metrics.symmetry.directions import unexplained_share
from equilab.metrics.symmetry.multiplication import Multiplication
from equilab.metrics.symmetry.span import FLOOR, Span, linear_map
from equilab.metrics.symmetry.transitions import relative_residual


class Fits(NamedTuple):
    """B_g in whitened coordinates, and its error on held-out images."""

    matrices: Float[ndarray, "order r r"]
    residual: Float[ndarray, "order"]  # E|z(g y) - B_g z(y)|^2 / E|z(g y) - z(y)|^2; 0 where nothing moves
    unexplained: Float[ndarray, "r"]  # E(z(g y) - B_g z(y))^2 of each coordinate, of the element that explains it least


def fit_elements(
    moved: Float[ndarray, "order n d"],
    group: Multiplication,
    span: Span,
    train: Int[ndarray, "train"],
    test: Int[ndarray, "test"],
) -> Fits:
    """B_g by least squares over all pairs (y, g y) of an orbit, y = h x for every h: B_g has to hold wherever y is.

    Pairs (x, g x) alone would leave B_g open, and 0, in directions that only moved images have, where then no product
    is right: upright images are an example.
    """
    coordinates = span.coordinates(moved[:, train])
    flat = coordinates.reshape(-1, span.rank) if span.rank else np.zeros((group.order * len(train), 0))
    held = moved[:, test]
    read = span.coordinates(held)
    matrices, residuals, unexplained = [], [], []
    for products in group.table:
        matrix = linear_map(flat, coordinates[products].reshape(flat.shape))
        error = held[products] - span.mean - read @ matrix.T @ span.restore
        motion = held[products] - held
        dim = held.shape[-1]
        matrices.append(matrix)
        residuals.append(relative_residual(error.reshape(-1, dim), motion.reshape(-1, dim), span))
        unexplained.append(unexplained_share(read[products] - read @ matrix.T))
    stacked = np.array(matrices).reshape(group.order, span.rank, span.rank)
    return Fits(stacked, np.array(residuals), np.max(unexplained, axis=0))


def homomorphism_errors(
    matrices: Float[ndarray, "order r r"], table: Int[ndarray, "order order"]
) -> Float[ndarray, "order order"]:
    """|B_g B_h - B_gh| / |B_gh|, Frobenius, for all pairs; 0 where both are.

    >>> turn, table = np.array([[[1.0]], [[-1.0]]]), np.array([[0, 1], [1, 0]])
    >>> homomorphism_errors(turn, table).tolist(), float(homomorphism_errors(2 * turn, table)[1, 1])
    ([[0.0, 0.0], [0.0, 0.0]], 1.0)
    """
    norms = np.linalg.norm(matrices, axis=(1, 2))[table]
    errors = np.array(
        [
            np.linalg.norm(matrix @ matrices - matrices[row], axis=(1, 2))
            for matrix, row in zip(matrices, table, strict=True)
        ]
    )
    return np.divide(errors, norms, out=np.zeros_like(errors), where=norms > 0)


def block_masses(
    matrices: Float[ndarray, "order r r"], span: Span, covariance: Float[ndarray, "d d"], widths: list[int]
) -> Float[ndarray, "order blocks blocks"]:
    """Squared Frobenius norm of the part of B_g from block j (column) to block i (row), each block whitened by itself.

    The scale of a block then does not count. A block without variance has no mass; of blocks that repeat each other the
    least-norm B_g takes equal parts. Neither has a direction of a block of whose variance the r directions of the
    span hold less than half: what they hold is their leakage into noise that was left out. covariance: of the codes.
    """
    edges = np.cumsum([0, *widths])
    parts = []
    for start, stop in pairwise(edges.tolist()):
        values, vectors = np.linalg.eigh(span.restore[:, start:stop].T @ span.restore[:, start:stop])
        variances = np.einsum("ij,ik,kj->j", vectors, covariance[start:stop, start:stop], vectors)
        own = (values > FLOOR * max(float(values[-1]), np.finfo(np.float64).tiny)) & (values > variances / 2)
        parts.append(span.restore[:, start:stop] @ vectors[:, own] / np.sqrt(values[own]))
    whole = np.concatenate(parts, axis=1).T  # (r_1 + r_2 + ..., r)
    squares = np.square(whole @ matrices @ np.linalg.pinv(whole)) if span.rank else np.zeros((len(matrices), 0, 0))
    owner = np.repeat(np.arange(len(widths)), [part.shape[1] for part in parts])
    member = (owner[:, None] == np.arange(len(widths))).astype(float)
    return member.T @ squares @ member


def block_changes(
    moved: Float[ndarray, "order n d"], table: Int[ndarray, "order order"], widths: list[int], resolution: float
) -> Float[ndarray, "order blocks"]:
    """E|z_b(g y) - z_b(y)|^2 / (2 Var z_b) over the orbits: 0 invariant, 1 as if g y were any other image, at most 2.

    0 of a block whose deviation is below `resolution` times its size, too.
    """
    starts = np.cumsum([0, *widths[:-1]])
    variance = np.add.reduceat(moved.reshape(-1, moved.shape[-1]).var(axis=0), starts)
    changes = [np.add.reduceat(np.square(moved[products] - moved).mean(axis=(0, 1)), starts) / 2 for products in table]
    alive = variance > resolution**2 * np.add.reduceat(np.square(moved).mean(axis=(0, 1)), starts)
    return np.array([np.divide(each, variance, out=np.zeros_like(each), where=alive) for each in changes])


def multiplicities(characters: Float[ndarray, "order"], group: PlaneGroup) -> dict[str, float]:
    """How often each irrep of the group is in a representation with these characters, not rounded.

    >>> from equilab.groups import p4
    >>> multiplicities(np.array([4.0, 0.0, 0.0, 0.0]), p4)  # the regular representation
    {'trivial': 1.0, 'irrep(1)': 1.0, 'irrep(2)': 1.0}
    """
    found = {}
    for irrep in irreps(group):
        mean = float(np.mean([chi * irrep.character(g) for chi, g in zip(characters, group.elements, strict=True)]))
        found[irrep.name] = mean / (2 if irrep.type == "complex" else 1)
    return found
