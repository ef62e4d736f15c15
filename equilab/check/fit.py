"""The error of a layer whose type nobody knows: what no mixing of its channels explains."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from equilab.check.compare import difference, real, root_mean_square
from equilab.check.symmetry import Symmetry

_SAMPLES = 2  # per channel: fewer cannot tell a mixing from noise
_ORTHOGONAL = 1e-6


class Fit(NamedTuple):
    """The best M with h(g x) = M (g h)(x), M on channels, and what is left, in units of the spread of h."""

    mixing: Tensor  # (C, C), float64
    error: float  # NaN: too few numbers to tell
    has_full_rank: bool


def channel_axis(x: Tensor) -> int:
    """Channels come second in images, last in vectors and sequences."""
    return 1 if x.ndim in (2, 4, 5) else x.ndim - 1


def fit(h: Tensor, h_of_gx: Tensor, g: Any, symmetry: Symmetry) -> Fit | None:
    """The mixing of channels that explains a layer's output best; None where positions cannot be carried along.

    A layer is equivariant under some orthogonal representation only if nothing is left and M is orthogonal, so `error`
    is the larger of what is left and of how far M is from orthogonal.
    """
    if not h.is_floating_point() or h.ndim < 2 or h.shape != h_of_gx.shape or not bool(h.isfinite().all()):
        return None
    carried = symmetry.carry(g, h)
    if carried is None or carried.shape != h_of_gx.shape:
        return None
    axis = channel_axis(h)
    size = h.shape[axis]
    source, target = (real(x).movedim(axis, -1).reshape(-1, size).cpu() for x in (carried, h_of_gx))
    spread = root_mean_square(source - source.mean(0))
    if not spread:
        return Fit(torch.eye(size, dtype=torch.float64), 0.0 if torch.equal(source, target) else math.inf, False)
    still = difference(source, target)
    if root_mean_square(still) < 1e-9 * spread:
        return Fit(torch.eye(size, dtype=torch.float64), root_mean_square(still) / spread, True)
    if source.shape[0] < _SAMPLES * size:
        return Fit(torch.eye(size, dtype=torch.float64), math.nan, False)
    solved = torch.linalg.lstsq(source, target, driver="gelsd", rcond=1e-11)
    mixing = solved.solution.T
    left = root_mean_square(target - source @ mixing.T) / spread
    is_full = int(solved.rank) == size
    apart = root_mean_square(mixing @ mixing.T - torch.eye(size, dtype=torch.float64)) if is_full else 0.0
    return Fit(mixing, max(left, apart if apart > _ORTHOGONAL else 0.0), is_full)
