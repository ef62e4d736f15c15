"""D_LSBD, the distance of a code from linear symmetry-based disentanglement (Tonnaer et al. 2022), for cyclic factors.

The separable form: each factor is scored alone, one Fourier transform tries every frequency. It equals the search over
all combinations of frequencies, as the distance is a mean over factors of terms that each have their own.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.errors import DataError, SettingError
from equilab.metrics.arguments import checked_sequence
from equilab.metrics.symmetry.span import FLOOR, checked_codes

_TIE = 1e-9  # relative difference of two powers that are one
_NOTHING = 1e-12  # of the unit power: what round-off leaves of none
_JITTER = 16  # units in the last place by which an encoder may miss the same code
_SMALL = 1e-6  # of the variance of the code: a factor that moves more is not taken for jitter, whatever the offset


class LSBDistances(NamedTuple):
    """Values of k cyclic factors, in the order of the axes."""

    distance: Float[ndarray, "k"]  # D_k: 0 best, 1 worst
    omega: Int[ndarray, "k"]  # |omega|, turns of the code while the factor turns once; 0: none
    share: Float[ndarray, "k"]  # of the variance that the factor moves, in the plane that was scored


def lsbd_distances(codes: ndarray, axes: Sequence[int] | None = None) -> LSBDistances:
    """D_k of the cyclic factors of a grid of codes; their mean is D_LSBD.

    Of the codes (N_1, ..., N_m, d) the mean over factor k is removed; the rest, pooled over the whole grid, is
    projected on its two principal axes and whitened so that E|p|^2 = 1, half in each; c = p_1 + i p_2, and

        D_k = 1 - max over omega of |E[c exp(-2 pi i omega g / N_k)]|^2

    An axis without variance is 0, so that a code on a line is at most 1/2 in power; a factor that moves nothing has
    D_k = 1, omega 0, share 0. Only |omega| is given, as the principal axes have no orientation; of equal ones the
    least. Where the second and the third axis have equal variance, which one is scored is arbitrary: see `share`.

    axes: those of the cyclic factors, None: all. Raises ShapeError, DataError for a grid that is none, SettingError for
    an axis that is not there, DataError for fewer than three values on one.

    >>> a, b = 2 * np.pi * np.indices((8, 8)) / 8
    >>> found = lsbd_distances(np.stack([np.cos(a), np.sin(a), np.cos(b), np.sin(b)], -1))
    >>> found.distance.round(12).tolist(), found.omega.tolist()
    ([0.0, 0.0], [1, 1])
    """
    grid, resolution = checked_codes(codes, "codes", None, "a grid (N_1, ..., N_k, d)")
    expected = f"a list of integers from 0 to {grid.ndim - 2}, one of each cyclic factor"
    chosen = tuple(range(grid.ndim - 1)) if axes is None else checked_sequence(axes, "axes", expected)
    if not chosen:
        raise SettingError("axes", expected="at least one cyclic factor", got="none")
    if len(set(chosen)) < len(chosen):
        raise SettingError("axes", expected="different ones", got=chosen)
    for axis in chosen:
        if isinstance(axis, bool) or not isinstance(axis, int | np.integer) or not 0 <= axis < grid.ndim - 1:
            raise SettingError("axes", expected=expected, got=axis)
    check_cyclic_sizes(grid.shape, chosen)
    return distances_of(grid, chosen, resolution)


def check_cyclic_sizes(shape: tuple[int, ...], axes: Sequence[int]) -> None:
    """DataError for an axis with fewer than three values."""
    for axis in axes:
        if shape[axis] < 3:
            raise DataError(
                "codes",
                expected="at least 3 values of a cyclic factor",
                got=f"{shape[axis]} on axis {axis}",
                hint="leave that factor out",
            )


def distances_of(grid: Float[ndarray, "..."], axes: Sequence[int], resolution: float) -> LSBDistances:
    """The same of a grid that was checked.

    A factor moves nothing if its variance is below one unit in the last place of the codes (`resolution` times their
    size), or below 16 units and 1e-6 of the variance of the code: the first alone would let an encoder's round-off
    move, 16 units alone would hide all that a float32 code with a large offset has to say.
    """
    unit = resolution**2 * np.square(grid).sum(axis=-1).mean()
    centred = grid - grid.reshape(-1, grid.shape[-1]).mean(axis=0)
    least = max(unit, min(_JITTER**2 * unit, _SMALL * np.square(centred).sum(axis=-1).mean()))
    distance, omega, share = zip(*(_distance(centred, axis, least) for axis in axes), strict=True)
    return LSBDistances(np.array(distance, float), np.array(omega, int), np.array(share, float))


def _distance(grid: Float[ndarray, "..."], axis: int, least: float) -> tuple[float, int, float]:
    """D_k, |omega| and share of one factor; least: the variance that is round-off."""
    dim, size = grid.shape[-1], grid.shape[axis]
    moved = (grid - grid.mean(axis=axis, keepdims=True)).reshape(-1, dim)
    values, vectors = np.linalg.eigh(moved.T @ moved / len(moved))
    total = values.clip(0).sum()
    if total <= least:
        return 1.0, 0, 0.0
    values, vectors = values[::-1][:2], vectors[:, ::-1][:, :2]
    scale = np.where(values > FLOOR * values[0], 1 / np.sqrt(2 * values.clip(FLOOR * values[0])), 0)
    others = tuple(index for index in range(grid.ndim - 1) if index != axis)
    marginal = grid.mean(axis=others) @ (vectors * scale)  # (N_k, 1 or 2), of mean 0
    plane = marginal[:, 0] + 1j * (marginal[:, 1] if dim > 1 else 0)
    power = np.abs(np.fft.fft(plane) / size) ** 2
    power = np.maximum(power, power[-np.arange(size)])[: size // 2 + 1]  # of |omega|
    largest = power.max()
    omega = int(np.argmax(power >= (1 - _TIE) * largest)) if largest > _NOTHING else 0
    return float(np.clip(1 - largest, 0, 1)), omega, float(values.sum() / total)
