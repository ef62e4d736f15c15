"""Which directions of a code are read: small ones that no linear map explains, as of collapsed dimensions, are not."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from equilab.metrics.arguments import check_number
from equilab.metrics.symmetry.span import Span

NOISE_FLOOR = 0.05  # of the largest variance: the default of `floor` in both reports
_UNEXPLAINED = 0.5  # of its own variance, beyond which a small direction is noise


class Directions(NamedTuple):
    """The directions that are read, and how much is not."""

    kept: Bool[ndarray, "r"]  # by direction of the span
    num_left_out: int
    share: float  # of the variance of the code, in the directions left out


def read_directions(span: Span, unexplained: Float[ndarray, "r"], floor: float) -> Directions:
    """All directions but those below `floor` of the largest variance that are unexplained by more than a half.

    Whitening gives every direction the same weight, a dimension of deviation 1e-3 as much as the code itself. Size
    alone is no reason to leave one out, as a linear map of a perfect code may have small directions: these are
    explained.

    unexplained: the share of the variance of each direction that the fitted maps leave, on points not fitted.

    >>> span = Span(np.zeros(3), np.eye(3), np.diag([0.1, 0.1, 1.0]))
    >>> read_directions(span, np.array([1.0, 0.0, 1.0]), 0.05).kept.tolist()
    [False, True, True]
    """
    variances = np.square(span.restore).sum(axis=1)
    noise = (variances < floor * variances.max(initial=0)) & (unexplained > _UNEXPLAINED)
    total = float(variances.sum())
    return Directions(~noise, int(noise.sum()), float(variances[noise].sum() / total) if total else 0.0)


def unexplained_share(error: Float[ndarray, "*points r"]) -> Float[ndarray, "r"]:
    """Mean squared error by whitened direction, whose variance is 1."""
    return np.square(error).mean(axis=tuple(range(error.ndim - 1)))


def check_floor(floor: float) -> None:
    """SettingError for a floor that is no share."""
    check_number("floor", floor, "a share of the largest variance from 0 to 1", lambda share: 0 <= share <= 1)


def left_out_words(num_left_out: int, share: float) -> str:
    """How a verdict says what was not read.

    >>> left_out_words(6, 3e-6)
    '6 directions with 3.0e-06 of the variance are left out as noise'
    """
    size = f"{share:.1%}" if share >= 5e-4 else f"{share:.1e}"
    kind = "1 direction" if num_left_out == 1 else f"{num_left_out} directions"
    return f"{kind} with {size} of the variance {'is' if num_left_out == 1 else 'are'} left out as noise"
