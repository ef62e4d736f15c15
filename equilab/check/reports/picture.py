"""Pictures as SVG text, which browsers, notebooks and markdown show, and the few shapes that they are made of."""

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from equilab.errors import SettingError
from equilab.files import write_atomically

# Okabe & Ito 2008, distinct in all common forms of colour blindness
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
INK, GREY, PALE, LIGHT = "#1A1A1A", "#595959", "#C9CED6", "#EDF4EF"
_FONT = "font-family='Helvetica, Arial, sans-serif'"


class Picture:
    """A picture as SVG text: `svg`; a notebook shows it; `save` writes it.

    >>> picture = Picture(40, 20, [text(20, 15, "ok")])
    >>> picture.svg.startswith("<svg"), "ok" in picture.svg
    (True, True)
    """

    def __init__(self, width: float, height: float, shapes: Iterable[str]):
        self.width, self.height = width, height
        self.svg = (
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{width:g}' height='{height:g}' "
            f"viewBox='0 0 {width:g} {height:g}' {_FONT}>\n"
            f"<rect width='{width:g}' height='{height:g}' fill='#FFFFFF'/>\n" + "\n".join(shapes) + "\n</svg>\n"
        )

    def save(self, path: str | Path) -> Path:
        """Writes the file, whose name has to end in .svg, and returns its path; SettingError for another ending."""
        path = Path(path)
        if path.suffix.lower() != ".svg":
            raise SettingError(
                "path",
                expected="a name that ends in .svg",
                got=repr(path.name),
                hint="a browser, inkscape or cairosvg make a .png or .pdf of it",
            )
        write_atomically(path, self.svg.encode())
        return path

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"Picture({self.width:g} x {self.height:g})"


def text(
    x: float, y: float, words: str, *, size: float = 13, colour: str = INK, anchor: str = "middle", bold: bool = False,
    rim: bool = False,
) -> str:  # fmt: skip
    """Words on a line; a white rim keeps them legible over lines."""
    weight = " font-weight='bold'" if bold else ""
    start = f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size:g}' text-anchor='{anchor}'{weight}"
    under = f"{start} stroke='#FFFFFF' stroke-width='4' stroke-linejoin='round'>{escape(words)}</text>" if rim else ""
    return f"{under}{start} fill='{colour}'>{escape(words)}</text>"


def circle(
    x: float, y: float, radius: float, *, fill: str = "none", line: str = "none", width: float = 1, dashes: str = ""
) -> str:
    dashed = f" stroke-dasharray='{dashes}'" if dashes else ""
    return (
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius:.1f}' fill='{fill}' stroke='{line}' "
        f"stroke-width='{width:g}'{dashed}/>"
    )


def path(
    points: Sequence[tuple[float, float]], *, line: str = "none", fill: str = "none", width: float = 1,
    dashes: str = "", closed: bool = False,
) -> str:  # fmt: skip
    """A line through points."""
    dashed = f" stroke-dasharray='{dashes}'" if dashes else ""
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return (
        f"<path d='M{steps}{'Z' if closed else ''}' fill='{fill}' stroke='{line}' stroke-width='{width:g}' "
        f"stroke-linejoin='round'{dashed}/>"
    )


def diamond(x: float, y: float, size: float, *, fill: str, line: str) -> str:
    corners = [(x, y - size), (x + size, y), (x, y + size), (x - size, y)]
    return path(corners, fill=fill, line=line, width=2, closed=True)


def at_angle(x: float, y: float, radius: float, degrees: float) -> tuple[float, float]:
    """The point at a distance and an angle, counter-clockwise from the right."""
    turn = math.radians(degrees)
    return x + radius * math.cos(turn), y - radius * math.sin(turn)
