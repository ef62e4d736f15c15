"""The matrices B_k that a step of a cyclic factor is on the code: how well they fit, commute, and return."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from equilab.errors import DataError
from equilab.metrics.symmetry.directions import unexplained_share
from equilab.metrics.symmetry.span import FLOOR, Span, linear_map

_LARGEST = 1e9  # what an error without bound is reported as


class Steps(NamedTuple):
    """Fits of one step of each of k cyclic factors, in all r whitened coordinates of the code."""

    matrices: Float[ndarray, "k r r"]
    residual: Float[ndarray, "k"]  # E|z' - B_k z|^2 / E|z' - z|^2 on held-out points; 0 where nothing moves
    unexplained: Float[ndarray, "r"]  # E(z' - B_k z)^2 of each coordinate, of the step that explains it least


class Transitions(NamedTuple):
    """The steps on the directions that are read, of which there are r; residuals are of the whole code."""

    matrices: Float[ndarray, "k r r"]
    residual: Float[ndarray, "k"]  # E|z' - B_k z|^2 / E|z' - z|^2 on held-out points; 0 where nothing moves
    order_error: Float[ndarray, "k"]  # |B_k^N - I| / |I|
    commutators: Float[ndarray, "k k"]  # |B_i B_j - B_j B_i| / (|B_i| |B_j|)


def fit_steps(
    grid: Float[ndarray, "..."],
    axes: Sequence[int],
    span: Span,
    rng: np.random.Generator,
    *,
    num_points: int | None = None,
) -> Steps:
    """B_k by least squares of the code one step on, on a random half of the grid; residuals on the other half.

    The code is read relative to its mean over the grid, which every group of motions of the grid leaves in place.
    num_points: how many points of the grid are looked at, None: all. Raises DataError where half of them are not more
    than the code has directions.
    """
    sizes = grid.shape[:-1]
    flat = span.coordinates(grid.reshape(-1, grid.shape[-1]))
    order = rng.permutation(len(flat))[:num_points]
    train, test = order[: len(order) // 2], order[len(order) // 2 :]
    if len(train) <= span.rank:
        raise DataError(
            "codes",
            expected=f"more than {2 * span.rank} grid points to fit a linear step of {span.rank} directions",
            got=len(flat),
            hint="give a larger grid, or residuals=False",
        )
    source, held = flat[train], flat[test]
    matrices, residuals, unexplained = [], [], [np.zeros(span.rank)]
    for axis in axes:
        following = np.roll(np.arange(len(flat)).reshape(sizes), -1, axis=axis).ravel()
        matrix = linear_map(source, flat[following[train]])
        target = flat[following[test]]
        error = target - held @ matrix.T
        matrices.append(matrix)
        residuals.append(relative_residual(error @ span.restore, (target - held) @ span.restore, span))
        unexplained.append(unexplained_share(error))
    stacked = np.array(matrices).reshape(len(axes), span.rank, span.rank)
    return Steps(stacked, np.array(residuals), np.max(unexplained, axis=0))


def transitions_of(steps: Steps, kept: Bool[ndarray, "r"], orders: Sequence[int]) -> Transitions:
    """The steps on the directions kept; orders: N_k, after which each has to be back."""
    matrices = steps.matrices[:, kept][:, :, kept]
    errors = [order_error(matrix, order) for matrix, order in zip(matrices, orders, strict=True)]
    return Transitions(matrices, steps.residual, np.array(errors), commutators(matrices))


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
