"""The error of a layer whose type nobody knows: what no mixing of its channels explains."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from equilab.check.questions.compare import difference, real, root_mean_square

_SAMPLES = 2  # rows per channel: fewer cannot tell a mixing from noise
_ROWS = 6  # rows per channel that are fitted, of those that there are
_ORTHOGONAL = 1e-6
_FLAT = 1e-8  # squares of a direction, of the largest: M is not known well along flatter ones
_ROUNDED = 1e-3  # a mixing this close to a signed permutation is taken for one


class Fit(NamedTuple):
    """The best M with h(g x) = M (g h)(x), M on channels, and what is left, in units of the spread of h."""

    mixing: Tensor  # (C, C), float64
    left: float  # NaN: too few numbers to tell
    apart: float  # how far M is from orthogonal, on the channels' span
    is_full: bool  # whether the channels are independent, so that M is the only one
    is_sharp: bool = False  # whether M is a signed permutation, which leaves nothing to solve for

    @property
    def error(self) -> float:
        """A layer is equivariant under some orthogonal representation only if nothing is left and M is orthogonal."""
        return max(self.left, self.apart if self.apart > _ORTHOGONAL else 0.0)

    @property
    def is_identity(self) -> bool:
        return bool((self.mixing - torch.eye(len(self.mixing), dtype=torch.float64, device="cpu")).abs().max() < 1e-6)

    @property
    def is_permutation(self) -> bool:
        """Whether channels only change places."""
        return bool((self.mixing - self.mixing.round()).abs().max() < 1e-6) and bool((self.mixing > -0.5).all())


def channel_axis(x: Tensor) -> int:
    """Channels come second in images, last in vectors and sequences."""
    return 1 if x.ndim in (2, 4, 5) else x.ndim - 1


def fit(carried: Tensor | None, target: Tensor) -> Fit | None:
    """The mixing of channels that takes one tensor to another; None for what cannot be compared.

    carried: h(x) with its positions moved by g; target: h(g x).
    """
    return fit_all([(carried, target)])


def fit_all(pairs: list[tuple[Tensor | None, Tensor]]) -> Fit | None:
    """The same for several inputs at once."""
    rows = [_rows(carried, target) for carried, target in pairs]
    if not rows or any(each is None for each in rows):
        return None
    source = torch.cat([each[0] for each in rows if each is not None])  # (samples, C)
    wanted = torch.cat([each[1] for each in rows if each is not None])
    size = source.shape[1]
    spread = root_mean_square(source - source.mean(0))
    still = torch.eye(size, dtype=torch.float64, device="cpu")
    if not spread:
        return Fit(still, 0.0 if torch.equal(source, wanted) else math.inf, 0.0, False)
    unmixed = root_mean_square(difference(source, wanted)) / spread
    if unmixed < 1e-9:
        return Fit(still, unmixed, 0.0, True, True)
    if source.shape[0] < _SAMPLES * size:
        return Fit(still, math.nan, 0.0, False)
    step = max(1, source.shape[0] // (_ROWS * size))
    solved = torch.linalg.lstsq(source[::step], wanted[::step], driver="gelsd", rcond=1e-11)
    mixing = solved.solution.T
    left = root_mean_square(wanted - source @ mixing.T) / spread
    is_full = int(solved.rank) == size
    rounded = mixing.round()
    if is_full and bool((mixing - rounded).abs().max() < _ROUNDED) and torch.equal(rounded @ rounded.T, still):
        exact = root_mean_square(wanted - source @ rounded.T) / spread
        if exact < 10 * left + 1e-9:
            return Fit(rounded, exact, 0.0, True, True)
    seen = _directions(source[::step])
    turned = mixing @ seen
    apart = root_mean_square(turned.T @ turned - torch.eye(seen.shape[1], dtype=torch.float64, device="cpu"))
    return Fit(mixing, left, apart, is_full)


def _directions(source: Tensor) -> Tensor:
    """(C, r): an orthonormal basis of the span of the rows, on which M has to keep lengths and angles."""
    values, vectors = torch.linalg.eigh(source.T @ source)
    return vectors[:, values > _FLAT * values[-1]]


def _rows(carried: Tensor | None, target: Tensor) -> tuple[Tensor, Tensor] | None:
    """Both as (samples, C), float64; None for what cannot be compared."""
    if carried is None or carried.shape != target.shape or not carried.is_floating_point() or carried.ndim < 2:
        return None
    if not bool(carried.isfinite().all()) or not bool(target.isfinite().all()):
        return None
    axis = channel_axis(carried)
    first, second = (real(x).movedim(axis, -1).reshape(-1, carried.shape[axis]).cpu() for x in (carried, target))
    return first, second
