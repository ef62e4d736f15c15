"""The directions in which codes vary: principal axes above round-off, scaled to unit variance."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from equilab.errors import DataError, ShapeError
from equilab.metrics.validation import as_array

FLOOR = 1e-10  # an eigenvalue, relative to the largest, below which a direction is round-off (1e-5 in deviations)


class Span(NamedTuple):
    """The affine span of codes: `mean` (d,), and maps to its r whitened coordinates and back."""

    mean: Float[ndarray, "d"]
    whiten: Float[ndarray, "d r"]  # (codes - mean) @ whiten has the identity as its covariance
    restore: Float[ndarray, "r d"]  # coordinates @ restore + mean are the codes

    @property
    def rank(self) -> int:
        return self.whiten.shape[1]

    def coordinates(self, codes: Float[ndarray, "*shape d"]) -> Float[ndarray, "*shape r"]:
        """Whitened coordinates of codes."""
        return (codes - self.mean) @ self.whiten

    def part(self, kept: Bool[ndarray, "r"]) -> "Span":
        """The span of some of its directions."""
        return Span(self.mean, self.whiten[:, kept], self.restore[kept])


def span_of(codes: Float[ndarray, "n d"], resolution: float = 0.0) -> Span:
    """The span of codes; its rank is 0 where they do not vary by more than `resolution` times their size.

    Directions whose variance is below 1e-10 of the largest are left out.

    >>> span_of(np.array([[0.0, 5.0], [2.0, 5.0]])).rank, span_of(np.ones((4, 3))).rank
    (1, 0)
    """
    mean = codes.mean(axis=0)
    centred = codes - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / len(codes))
    least = max(FLOOR * values[-1], resolution**2 * np.square(codes).sum(axis=1).mean(), np.finfo(np.float64).tiny)
    kept = values > least
    deviation = np.sqrt(values[kept])
    return Span(mean, vectors[:, kept] / deviation, (vectors[:, kept] * deviation).T)


def linear_map(source: Float[ndarray, "n r"], target: Float[ndarray, "n s"]) -> Float[ndarray, "s r"]:
    """B with target = source B^T in least squares, of least norm; directions that the source lacks are left out.

    >>> linear_map(np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([[3.0], [6.0]])).tolist()
    [[3.0, 0.0]]
    """
    if not source.shape[1]:
        return np.zeros((target.shape[1], 0))
    return target.T @ source @ np.linalg.pinv(source.T @ source, rcond=FLOOR, hermitian=True)


class Checked(NamedTuple):
    """Codes as float64, and the resolution of the type they came in: one unit in the last place."""

    values: Float[ndarray, "..."]
    resolution: float


def checked_codes(codes: Any, name: str, ndim: int | None, expected: str) -> Checked:
    """Finite codes with their resolution.

    ndim: the number of axes, None for two or more. Raises ShapeError, DataError with the name of the argument.
    """
    codes = as_array(codes, "codes")
    if codes.dtype.kind not in "fiub":
        raise DataError(name, expected="real numbers", got=codes.dtype)
    if (codes.ndim < 2 if ndim is None else codes.ndim != ndim) or not codes.size:
        raise ShapeError(name, expected=f"{expected}, each axis at least 1", got=codes.shape)
    if not np.isfinite(codes).all():
        place = tuple(np.argwhere(~np.isfinite(codes))[0].tolist())
        raise DataError(f"{name}{list(place)}", expected="finite numbers", got=codes[place])
    kind = codes.dtype if codes.dtype.kind == "f" else np.dtype(np.float64)
    return Checked(codes.astype(np.float64), float(np.finfo(kind).eps))
