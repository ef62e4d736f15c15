"""A report as a table of plain text."""

import math
from collections.abc import Sequence

from equilab.check.reports.findings import ElementError, Findings, PartError, Verdict

_SHOWN = 8  # rows of each kind: the worst ones


def number(value: float) -> str:
    """Two digits: 3.1e-16, 0.31 %, 31 %, 310 %, 0."""
    if value == 0:
        return "0"
    if 1e-3 <= value < 1e3:
        return f"{100 * value:.0f} %" if value >= 0.1 else f"{100 * value:.2g} %"
    return f"{value:.1e}"


def table(report: Findings) -> str:
    """The whole report in lines of at most about 110 characters."""
    lines = [f"{report.verdict}  {report.subject} under {report.group}"]
    lines += _elements(report, exact=True) + _elements(report, exact=False)
    for each in report.precisions:
        says = (f" ({each.source})" if each.source else "") + ("" if each.counts else "   (reported only)")
        lines.append(f"  {each.name}: error {number(each.error)}, tolerance {number(each.tolerance)}{says}")
    if math.isfinite(report.detection_limit):
        lines.append(f"  detection limit: an asymmetry of {number(report.detection_limit)} in the layers would be seen")
    lines += [
        f"  {each.name}: {each.verdict}, error {number(each.error)}, tolerance {number(each.tolerance)}"
        + (f"; {each.note}" if each.note else "")
        for each in report.quantities
    ]
    if len(report.leaves) > 1:
        lines += _parts("output", report.leaves)
    if any(part.is_broken for part in report.fields):
        lines += _parts("field", [part for part in report.fields if part.is_broken])
    if report.layers:
        lines += _parts("layer", report.layers, marked=report.verdict is Verdict.FAIL)
    if report.verdict is Verdict.FAIL and report.border_share is not None:
        lines.append(f"  on the image: {number(report.border_share)} of the squared error is near the border")
    if report.cause is not None:
        lines.append(f"  cause: {report.cause.name}, at {report.cause.where}")
        lines.append(f"    why: {report.cause.why}")
        lines.append(f"    mend: {report.cause.mend}")
    return "\n".join(lines + [f"  note: {note}" for note in report.notes])


def _elements(report: Findings, *, exact: bool) -> list[str]:
    found = [each for each in report.elements if each.exact is exact]
    if not found:
        return []
    kind = "exact elements" if exact else f"interpolated elements (up to {number(report.allowed)} is no failure)"
    shown = sorted(found, key=_size, reverse=True)[:_SHOWN]
    width = max(len(each.element) for each in shown)
    lines = [f"  {kind}{'' if len(shown) == len(found) else f', the worst {_SHOWN} of {len(found)}'}"]
    for each in shown:
        floor = f"   floor {number(each.floor):>8}" if not exact else ""
        floor += f"   centre {number(each.centre)}" if each.centre is not None else ""
        result = each.trouble or f"error {number(each.mean):>8}   largest {number(each.worst):>8}{floor}"
        lines.append(f"    {each.element:<{width}}   {result}")
    return lines


def _size(each: ElementError) -> float:
    return float("inf") if each.trouble or each.mean != each.mean else each.mean


def _parts(kind: str, parts: Sequence[PartError], *, marked: bool = True) -> list[str]:
    lines = []
    for part in parts:
        mark = ("BROKEN" if part.is_broken else "ok") if marked else ""
        note = f"({part.note})" if part.note else ""
        lines.append(" ".join(filter(None, (f"    {kind} {part.name}: {number(part.error)}", mark, note))))
    return lines[:20] + ([f"    ... {len(lines) - 20} more"] if len(lines) > 20 else [])
