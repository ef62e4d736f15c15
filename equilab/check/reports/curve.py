"""Records of a measurement: errors over angles, at shifts, and of the Lie derivative."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Curve:
    """Errors over turns, in units of the signal, beside what interpolation alone does."""

    angles: tuple[float, ...]  # degrees, counter-clockwise
    errors: tuple[float, ...]
    floors: tuple[float, ...]

    @property
    def worst(self) -> float:
        return max(self.errors, default=0.0)

    @property
    def mean(self) -> float:
        return sum(self.errors) / max(len(self.errors), 1)


@dataclass(frozen=True)
class ShiftError:
    """The error at a shift of the input, in pixels; that of whole pixels has no floor."""

    down: float
    right: float
    error: float
    floor: float


@dataclass(frozen=True)
class LieError:
    """Equation 4 of Gruver et al. 2022, E |L_X f(x)|^2 / dim of the output, by the square of a unit of X."""

    squared: float  # in the unit of the output, squared
    relative: float  # in units of the signal, squared; of several outputs the worst
    unit: str  # of X: radian, pixel of the input, e-fold
    method: str  # forward mode, or central differences

    @property
    def error(self) -> float:
        """The root of `relative`: the part of the signal by which outputs are off for a move by one unit."""
        return self.relative**0.5
