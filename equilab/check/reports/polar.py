"""Errors over angles in polar coordinates: the further out on the logarithmic radius, the worse."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from equilab.check.reports.curve import Curve
from equilab.check.reports.picture import BLUE, GREY, INK, LIGHT, ORANGE, PALE, at_angle, circle, diamond, path, text

PANEL = 300  # width of a panel, pixels
_RADIUS = 108
_DOT = 5.5


@dataclass(frozen=True)
class Scale:
    """Radii of errors: 10^low and less in the middle, 10^high and more on the rim."""

    low: int
    high: int

    @classmethod
    def of(cls, values: Sequence[float], *, lowest: int = -18) -> "Scale":
        """Whole decades round the values that are finite and not 0, and up to 1."""
        there = [math.log10(value) for value in values if 0 < value < math.inf]
        low = max(lowest, math.floor(min(there, default=-1.0)) - 1)
        return cls(min(low, -2), max(0, min(math.ceil(max(there, default=0.0)), low + 24)))

    def part(self, value: float) -> float:
        """From 0 in the middle to 1 on the rim."""
        if not value > 0:
            return 0.0
        if math.isinf(value):
            return 1.0
        return min(max((math.log10(value) - self.low) / (self.high - self.low), 0.0), 1.0)

    @property
    def decades(self) -> list[int]:
        """Decades that are drawn, about five, 1 among them."""
        step = max(1, -(-(self.high - self.low) // 5))
        return [decade for decade in range(self.high, self.low, -1) if decade % step == 0]


def power(decade: int) -> str:
    """How a decade is written: 1e-6, 1, 10."""
    return {0: "1", 1: "10"}.get(decade, f"1e{decade}")


@dataclass(frozen=True)
class Dot:
    """The error at one angle."""

    degrees: float
    error: float
    floor: float = 0.0
    exact: bool = True


def radius(scale: Scale, value: float) -> float:
    return _RADIUS * scale.part(value)


def rings(x: float, y: float, title: str, scale: Scale, limits: Sequence[tuple[float, str]]) -> list[str]:
    """Rings of decades with their numbers, spokes every 45 degrees, and dashed circles within which errors may be."""
    shapes = [text(x, y - _RADIUS - 40, title, size=14, bold=True), circle(x, y, _RADIUS, fill="#FAFAFA", line=PALE)]
    shapes += [circle(x, y, radius(scale, value), fill=LIGHT) for value, _ in limits[:1]]
    shapes += [circle(x, y, radius(scale, 10.0**decade), line=PALE) for decade in scale.decades]
    for degrees in range(0, 360, 45):
        shapes.append(path([(x, y), at_angle(x, y, _RADIUS, degrees)], line=PALE, width=0.7))
        place = at_angle(x, y, _RADIUS + 22, degrees)
        shapes.append(text(place[0], place[1] + 4, f"{degrees}°", size=12, colour=GREY))
    shapes += [circle(x, y, radius(scale, value), line=INK, width=1.6, dashes=dashes) for value, dashes in limits]
    for decade in [decade for decade in scale.decades if radius(scale, 10.0**decade) > 25]:
        place = at_angle(x, y, radius(scale, 10.0**decade), 67.5)
        shapes.append(text(place[0], place[1] + 4, power(decade), size=12, colour=GREY, rim=True))
    return shapes


def dots(x: float, y: float, scale: Scale, found: Sequence[Dot], *, mirror: bool) -> list[str]:
    """A mark for each element: filled for exact ones, open for interpolated ones, whose floors are short arcs."""
    shapes = []
    for dot in found:
        place = at_angle(x, y, radius(scale, dot.error), dot.degrees)
        shapes.append(path([(x, y), place], line=BLUE if dot.exact else ORANGE, width=1.2))
    for dot in found:
        if not dot.exact and dot.floor:
            low, high = dot.degrees - 5, dot.degrees + 5
            arc = [at_angle(x, y, radius(scale, dot.floor), low + (high - low) * step / 8) for step in range(9)]
            shapes.append(path(arc, line=INK, width=2))
        place = at_angle(x, y, radius(scale, dot.error), dot.degrees)
        shapes.append(mark(*place, exact=dot.exact, mirror=mirror))
    return shapes


def mark(x: float, y: float, *, exact: bool, mirror: bool) -> str:
    """Circles for turns and diamonds for mirrors; filled blue where exact, open orange where interpolated."""
    fill, line = (BLUE, BLUE) if exact else ("#FFFFFF", ORANGE)
    if mirror:
        return diamond(x, y, _DOT + 1.5, fill=fill, line=line)
    return circle(x, y, _DOT, fill=fill, line=line, width=2)


def curves(x: float, y: float, scale: Scale, curve: Curve) -> list[str]:
    """A closed line through the errors, over the area of the floors."""

    def ring(values: Sequence[float], *, present: bool = False) -> list[tuple[float, float]]:
        pairs = zip(curve.angles, values, strict=True)
        return [at_angle(x, y, radius(scale, value), angle) for angle, value in pairs if value > 0 or not present]

    floors, errors = ring(curve.floors, present=True), ring(curve.errors)
    shapes = [path(floors, fill="#D9D9D9", line=GREY, closed=True)] if len(floors) > 2 else []
    return [
        *shapes,
        path(errors, line=BLUE, width=2.2, closed=True),
        *(circle(*place, 2.2, fill=BLUE) for place in errors),
    ]
