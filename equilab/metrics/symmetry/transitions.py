"""The matrices B_k that a step of a cyclic factor is on the code: how well they fit, commute, and return."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import DataError
from equilab.metrics.symmetry.span import FLOOR, Span, linear_map

_LARGEST = 1e9  # what an error without bound is reported as


class Transitions(NamedTuple):
    """Fits of one step of each of k cyclic factors, in the r whitened coordinates of the code."""

    matrices: Float[ndarray, "k r r"]
    residual: Float[ndarray, "k"]  # E|z' - B_k z|^2 / E|z' - z|^2 on held-out points; 0 where nothing moves
    order_error: Float[ndarray, "k"]  # |B_k^N - I| / |I|
    commutators: Float[ndarray, "k k"]  # |B_i B_j - B_j B_i| / (|B_i| |B_j|)


def fit_transitions(
    grid: Float[ndarray, "..."], axes: Sequence[int], span: Span, rng: np.random.Generator
) -> Transitions:
    """B_k by least squares of the code one step on, on a random half of the grid; residuals on the other half.

    The code is read relative to its mean over the grid, which every group of motions of the grid leaves in place.
    Raises DataError for a grid whose half has not more points than the code has directions.
    """
    coordinates = span.coordinates(grid)
    num_points = int(np.prod(grid.shape[:-1]))
    flat = coordinates.reshape(num_points, span.rank)
    order = rng.permutation(len(flat))
    train, test = order[: len(flat) // 2], order[len(flat) // 2 :]
    if len(train) <= span.rank:
        raise DataError(
            f"codes: expected more than {2 * span.rank} grid points to fit a linear step of {span.rank} directions, "
            f"got {len(flat)}; give a larger grid, or residuals=False"
        )
    matrices, residuals = [], []
    for axis in axes:
        target = np.roll(coordinates, -1, axis=axis).reshape(num_points, span.rank)
        matrix = linear_map(flat[train], target[train])
        error = (target[test] - flat[test] @ matrix.T) @ span.restore
        matrices.append(matrix)
        residuals.append(relative_residual(error, (target[test] - flat[test]) @ span.restore, span))
    stacked = np.array(matrices).reshape(len(axes), span.rank, span.rank)
    orders = [order_error(matrix, grid.shape[axis]) for matrix, axis in zip(stacked, axes, strict=True)]
    return Transitions(stacked, np.array(residuals), np.array(orders), commutators(stacked))


def relative_residual(error: Float[ndarray, "n d"], moved: Float[ndarray, "n d"], span: Span) -> float:
    """E|error|^2 / E|moved|^2; 0 where the code moves by nothing but round-off, so that nothing is left unexplained."""
    motion = np.square(moved).sum(axis=1).mean()
    return (
        float(np.square(error).sum(axis=1).mean() / motion) if motion > FLOOR * np.square(span.restore).sum() else 0.0
    )


def order_error(matrix: Float[ndarray, "r r"], order: int) -> float:
    """|B^order - I| / |I|, Frobenius, at most 1e9; 0 for a code without directions.

    >>> order_error(np.array([[0.0, -1.0], [1.0, 0.0]]), 4), order_error(np.zeros((2, 2)), 4)
    (0.0, 1.0)
    """
    if not len(matrix):
        return 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.linalg.norm(np.linalg.matrix_power(matrix, order) - np.eye(len(matrix))) / np.sqrt(len(matrix))
    return float(min(error, _LARGEST)) if np.isfinite(error) else _LARGEST


def commutators(matrices: Float[ndarray, "k r r"]) -> Float[ndarray, "k k"]:
    """|B_i B_j - B_j B_i| / (|B_i| |B_j|), Frobenius; 0 where one of them is 0.

    >>> turn, mirror = np.array([[0.0, -1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
    >>> commutators(np.array([turn, mirror])).round(6).tolist()
    [[0.0, 1.414214], [1.414214, 0.0]]
    """
    norms = np.linalg.norm(matrices, axis=(1, 2))
    products = matrices[:, None] @ matrices[None]
    errors = np.linalg.norm(products - products.swapaxes(0, 1), axis=(2, 3))
    scale = np.outer(norms, norms)
    return np.divide(errors, scale, out=np.zeros_like(errors), where=scale > 0)


def overlaps(grid: Float[ndarray, "..."], span: Span) -> Float[ndarray, "m m"]:
    """tr(C_i C_j) / (|C_i| |C_j|) of all m factors of a grid; C_i: covariance of what factor i moves, whitened.

    0: they move different directions; 1: the same. A factor that moves nothing overlaps with none, not even itself.
    """
    coordinates = span.coordinates(grid)
    num_points = int(np.prod(grid.shape[:-1]))
    covariances = []
    for axis in range(grid.ndim - 1):
        moved = (coordinates - coordinates.mean(axis=axis, keepdims=True)).reshape(num_points, span.rank)
        covariances.append((moved.T @ moved / num_points).ravel())
    flat = np.array(covariances)
    norms = np.linalg.norm(flat, axis=1)
    norms = np.where(norms > FLOOR, norms, 0)
    scale = np.outer(norms, norms)
    return np.divide(flat @ flat.T, scale, out=np.zeros_like(scale), where=scale > 0)
