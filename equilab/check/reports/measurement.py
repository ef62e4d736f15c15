"""How far from symmetric a function is: errors over angles and shifts, and of its Lie derivative."""

from dataclasses import dataclass
from typing import Any

from equilab.check.reports.curve import Curve, LieError, ShiftError
from equilab.check.reports.draw import measured
from equilab.check.reports.picture import Picture
from equilab.check.reports.table import number


@dataclass(frozen=True)
class Measurement:
    """Errors in units of the signal, the spread of f over different inputs; `print` shows them, `plot` draws them."""

    subject: str
    group: str
    curve: Curve  # turns; empty where f has no rotations
    mirrored: Curve  # mirrored left to right, then turned; empty where the group has no mirrors
    translations: tuple[ShiftError, ...]
    lie: dict[str, LieError]  # by rotation, translation_x, translation_y, scale
    images: str  # what the images were: faded, as given, smooth
    notes: tuple[str, ...] = ()

    def to_dict(self, prefix: str = "equivariance/") -> dict[str, float]:
        """Flat, for a log: worst and mean errors in units of the signal, and equation 4 as it is.

        >>> empty = Curve((), (), ())
        >>> lie = {"rotation": LieError(0.5, 0.25, "radian", "forward mode")}
        >>> Measurement("f", "SO(2)", Curve((0.0, 45.0), (0.0, 0.5), (0.0, 0.1)), empty, (), lie, "smooth").to_dict("")
        {'rotation_worst': 0.5, 'rotation_mean': 0.25, 'rotation_floor': 0.1, 'lie_rotation': 0.5}
        """
        values: dict[str, float] = {}
        for name, curve in (("rotation", self.curve), ("mirror", self.mirrored)):
            if curve.angles:
                values |= {f"{name}_worst": curve.worst, f"{name}_mean": curve.mean}
                values[f"{name}_floor"] = max(curve.floors)
        if self.translations:
            values["translation_worst"] = max(each.error for each in self.translations)
            values["translation_floor"] = max(each.floor for each in self.translations)
        values |= {f"lie_{name}": each.squared for name, each in self.lie.items()}
        return {prefix + name: value for name, value in values.items()}

    def plot(self) -> Picture:
        """The error curve in polar coordinates, with its floor."""
        return measured(self)

    def __str__(self) -> str:
        lines = [f"{self.subject} under {self.group}, images {self.images}; errors in units of the signal"]
        for name, curve in (("turns", self.curve), ("mirrored, then turned", self.mirrored)):
            lines += _curve(name, curve)
        if self.translations:
            lines.append("  shifts, pixels")
        lines += [
            f"    down {each.down:<5g} right {each.right:<5g}   error {number(each.error):>8}   "
            f"floor {number(each.floor):>8}"
            for each in self.translations
        ]
        if self.lie:
            lines.append("  Lie derivative: E |L f|^2 / dim, and its root in units of the signal")
        lines += [
            f"    {name:<13}   {each.squared:8.2e} per {each.unit}^2   {number(each.error):>8} per {each.unit}"
            f"   ({each.method})"
            for name, each in self.lie.items()
        ]
        return "\n".join(lines + [f"  note: {note}" for note in self.notes])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def _curve(name: str, curve: Curve) -> list[str]:
    """The worst and the mean error, and those every 45 degrees."""
    if not curve.angles:
        return []
    rows = list(zip(curve.angles, curve.errors, curve.floors, strict=True))
    shown = [row for row in rows if row[0] % 45 == 0] or rows[:: -(-len(rows) // 8)]
    lines = [f"  {name}: worst {number(curve.worst)}, mean {number(curve.mean)}, of {len(rows)} angles"]
    return lines + [
        f"    {angle:>5g} degrees   error {number(error):>8}   floor {number(floor):>8}"
        for angle, error, floor in shown
    ]
