"""The pictures of a report and of a measurement: polar panels, the error map, and what the marks mean."""

import math
import re
from fractions import Fraction
from typing import Any, NamedTuple

from equilab.check.reports.findings import ElementError, Findings
from equilab.check.reports.heat import STOPS, data_url
from equilab.check.reports.picture import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LIGHT,
    ORANGE,
    PALE,
    VERMILION,
    Picture,
    circle,
    path,
    text,
)
from equilab.check.reports.polar import PANEL, Dot, Scale, curves, dots, mark, power, rings
from equilab.check.reports.table import number

_HEAD, _ROW, _LINE = 52, 318, 20  # heights of the title, of a row of panels, of a line of the legend; pixels
_TURN = re.compile(r"(?:identity|(?P<mirror>mirror)?(?:, )?(?:turn (?P<turn>[\d./]+))?)$")  # as `Element` is written
_SHOWN = 12  # elements that a chart of rows shows: the worst
_COLOURS = {"PASS": GREEN, "FAIL": VERMILION}


class Panel(NamedTuple):
    """Shapes on their own ground, one or two columns wide."""

    shapes: list[str]
    columns: int = 1
    height: float = _ROW


def reported(report: Findings) -> Picture:
    """The errors of a check over its elements, and where on the image they are."""
    places = [_place(each.element) for each in report.elements]
    shown = [value for each in report.elements for value in (each.mean, each.floor)]
    scale = Scale.of([*shown, report.tolerance])
    limits = _limits(report)
    panels: list[Panel] = []
    if _is_planar(report):
        for mirror, title in ((False, "turns"), (True, "mirrored, then turned")):
            chosen = [
                Dot(place[0], each.mean, each.floor, each.exact)
                for place, each in zip(places, report.elements, strict=True) if place and place[1] == mirror
            ]  # fmt: skip
            if chosen:
                panel = rings(PANEL / 2, 168, title, scale, [(value, dashes) for _, value, dashes in limits])
                panels.append(Panel([*panel, *dots(PANEL / 2, 168, scale, chosen, mirror=mirror)]))
    else:
        panels.append(_rows(report.elements, scale, report.tolerance))
    if report.error_map is not None:
        panels.append(_map(report))
    return _page(str(report.verdict), f"{report.subject} under {report.group}", panels, _legend(report, limits))


def measured(found: Any) -> Picture:
    """The error curves of a `Measurement`."""
    curved = [(title, curve) for title, curve in (("turns", found.curve), ("mirrored, then turned", found.mirrored))]
    there = [(title, curve) for title, curve in curved if curve.angles]
    floors = sorted(value for _, curve in there for value in curve.floors if value > 0)
    errors = [value for _, curve in there for value in curve.errors]
    lowest = math.floor(math.log10(floors[len(floors) // 2])) - 1 if floors else -17
    scale = Scale(min(lowest, -4), Scale.of([*errors, 1.0]).high)
    panels: list[Panel] = []
    for title, curve in there:
        panel = rings(PANEL / 2, 168, title, scale, [])
        panels.append(Panel([*panel, *curves(PANEL / 2, 168, scale, curve)]))
    if found.translations:
        shifts = [
            ElementError(_shift(each.down, each.right), each.error, each.error, False, each.floor)
            for each in found.translations
        ]
        values = [value for each in shifts for value in (each.mean, each.floor)]
        panels.append(_rows(shifts, Scale.of(values, lowest=-8), None, "shifts, pixels", wide=not panels))
    key = [
        (circle(0, 0, 4, fill=BLUE), "error in units of the signal"),
        (
            path([(-7, 4), (-7, -4), (7, -4), (7, 4)], fill="#D9D9D9", line=GREY, closed=True),
            "floor: what interpolation alone does",
        ),
    ]
    return _page("", f"{found.subject} under {found.group}", panels, key)


def _is_planar(report: Findings) -> bool:
    return all(_place(each.element) is not None for each in report.elements)


def _shift(down: float, right: float) -> str:
    words = [f"{name} {amount:g}" for name, amount in (("down", down), ("right", right)) if amount]
    return ", ".join(words) or "still"


def _place(element: str) -> tuple[float, bool] | None:
    """The angle and the mirror of an element of the plane, by its name; None for other elements."""
    found = _TURN.match(element)
    if found is None or not element:
        return None
    return 360 * float(Fraction(found["turn"] or 0)), found["mirror"] is not None


def _rows(elements: Any, scale: Scale, limit: float | None, title: str = "", *, wide: bool = True) -> Panel:
    """One line for each element, the worst first where there are many."""
    chosen = list(elements)
    if len(chosen) > _SHOWN:
        chosen = sorted(chosen, key=lambda each: -each.mean)[:_SHOWN]
    left, right, top = (230 if wide else 128), (2 * PANEL if wide else PANEL) - 26, 44
    step = min(26.0, 240 / max(len(chosen), 1))
    bottom = top + step * len(chosen)
    shapes = [text((left + right) / 2, 20, title, size=14, bold=True)] if title else []

    def across(value: float) -> float:
        return left + (right - left) * scale.part(value)

    if limit is not None:
        shapes.append(
            f"<rect x='{left}' y='{top - 8}' width='{across(limit) - left:.1f}' height='{bottom - top + 8:.1f}' "
            f"fill='{LIGHT}'/>"
        )
    for decade in scale.decades:
        x = across(10.0**decade)
        shapes += [
            path([(x, top - 8), (x, bottom)], line=PALE),
            text(x, bottom + 18, power(decade), size=12, colour=GREY),
        ]
    if limit is not None:
        shapes.append(path([(across(limit), top - 8), (across(limit), bottom)], line=INK, width=1.6, dashes="5 4"))
    for place, each in enumerate(chosen):
        y = top + step * (place + 0.5)
        colour = BLUE if each.exact else ORANGE
        shapes += [
            text(left - 10, y + 4, each.element, anchor="end"),
            path([(left, y), (across(each.mean), y)], line=colour, width=1.4),
        ]
        if each.floor:
            shapes.append(path([(across(each.floor), y - 7), (across(each.floor), y + 7)], line=INK, width=2))
        shapes.append(mark(across(each.mean), y, exact=each.exact, mirror=False))
    return Panel(shapes, columns=2 if wide else 1, height=bottom + 34 if wide else _ROW)


def _map(report: Findings) -> Panel:
    """Where on the output the error is, with the scale of its colours."""
    delta = report.error_map
    assert delta is not None
    signal = report.leaves[0].signal if len(report.leaves) == 1 else 0.0
    unit = "of the signal" if signal else "in units of the output"
    delta = delta / (signal or 1.0)
    finite = delta[delta.isfinite()]
    top = float(finite.max()) if finite.numel() else 0.0
    height, width = delta.shape
    across, down = 200 * width / max(height, width), 200 * height / max(height, width)
    x, y = (PANEL - across) / 2, 42 + (200 - down) / 2
    worst = max((each for each in report.elements if each.exact), key=lambda each: each.mean, default=None)
    name = f"error map, {worst.element}" if worst is not None else "error map"
    shapes = [
        text(PANEL / 2, 20, name, size=14, bold=True),
        f"<image x='{x:.1f}' y='{y:.1f}' width='{across:.1f}' height='{down:.1f}' preserveAspectRatio='none' "
        f"style='image-rendering:pixelated' href='{data_url(delta / (top or 1.0))}'/>",
        f"<rect x='{x:.1f}' y='{y:.1f}' width='{across:.1f}' height='{down:.1f}' fill='none' stroke='{GREY}'/>",
        f"<defs><linearGradient id='heat'>{STOPS}</linearGradient></defs>",
        f"<rect x='50' y='258' width='200' height='10' fill='url(#heat)' stroke='{GREY}'/>",
        text(50, 286, "0", size=12, colour=GREY),
        text(250, 286, number(top), size=12, colour=GREY),
        text(150, 286, unit, size=12, colour=GREY),
    ]
    return Panel(shapes)


def _limits(report: Findings) -> list[tuple[str, float, str]]:
    """What errors at exact and at interpolated elements may be, with the dashes of their circles."""
    exact = [("tolerance", report.tolerance, "5 4")] if any(each.exact for each in report.elements) else []
    between = not all(each.exact for each in report.elements)
    return [*exact, *([("allowed where interpolated", report.allowed, "1.5 3.5")] if between else [])]


def _legend(report: Findings, limits: list[tuple[str, float, str]]) -> list[tuple[str, str]]:
    key: list[tuple[str, str]] = []
    if any(each.exact for each in report.elements):
        key.append((mark(0, 0, exact=True, mirror=False), "exact element"))
    if any(not each.exact for each in report.elements):
        key.append((mark(0, 0, exact=False, mirror=False), "interpolated"))
        key.append((path([(0, -7), (0, 7)], line=INK, width=2), "its floor"))
    dashed = [
        (path([(-10, 0), (10, 0)], line=INK, width=1.6, dashes=dashes), f"{words} {number(value)}")
        for words, value, dashes in limits
    ]
    axis = "further out: larger (log scale)" if _is_planar(report) else "to the right: larger (log scale)"
    lines = [*key, *dashed, ("", "errors in units of the signal"), ("", axis)]
    if report.cause is not None:
        lines += [("", f"cause: {report.cause.name}"), ("", f"at {report.cause.where}")]
    return lines


def _page(verdict: str, title: str, panels: list[Panel], legend: list[tuple[str, str]]) -> Picture:
    """Panels two by two under a title, and the legend under them."""
    shapes, spot = [], 24.0
    if verdict:
        colour = _COLOURS.get(verdict, ORANGE)
        shapes.append(f"<rect x='20' y='16' width='{12 + 10 * len(verdict)}' height='26' rx='4' fill='{colour}'/>")
        shapes.append(
            f"<text x='{26 + 5 * len(verdict)}' y='34' font-size='15' font-weight='bold' fill='#FFFFFF' "
            f"text-anchor='middle'>{verdict}</text>"
        )
        spot = 44.0 + 10 * len(verdict)
    shapes.append(text(spot, 34, title, size=16, anchor="start", bold=True))
    column, y, below = 0, float(_HEAD), 0.0
    for panel in panels:
        if column + panel.columns > 2:
            column, y, below = 0, y + below, 0.0
        shapes.append(f"<g transform='translate({column * PANEL}, {y:g})'>" + "\n".join(panel.shapes) + "</g>")
        column, below = column + panel.columns, max(below, panel.height)
    beside = column == 1 and len(panels) > 1  # the legend takes the free half of the last row
    words, size = _lines(legend, columns=1 if beside else 2)
    spot, top = (PANEL + 34.0, y + 44) if beside else (24.0, y + below + 6)
    shapes.append(f"<g transform='translate({spot:g}, {top:g})'>{words}</g>")
    return Picture(2 * PANEL, max(y + below, top + size + 8), shapes)


def _lines(legend: list[tuple[str, str]], columns: int) -> tuple[str, float]:
    """The legend, marks with their words in columns, and its height."""
    shapes, rows = [], -(-len(legend) // columns)
    for place, (symbol, words) in enumerate(legend):
        x, y = PANEL * (place // rows), _LINE * (place % rows)
        shapes.append(f"<g transform='translate({x + 10}, {y + 8})'>{symbol}</g>" if symbol else "")
        shapes.append(text(x + 28, y + 12.5, words, anchor="start"))
    return "\n".join(shapes), _LINE * rows
