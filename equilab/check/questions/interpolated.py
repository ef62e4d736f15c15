"""Elements that do not map the pixel grid onto itself: smooth inputs known between the pixels, and a measured floor."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from equilab.check.actions.action import Action
from equilab.check.actions.shift import inside
from equilab.check.questions.case import Asked, Case
from equilab.check.questions.compare import difference, distance, spread
from equilab.check.reports.findings import ElementError
from equilab.check.subjects.subject import Subject

_FLOORS = 8  # elements whose floor is measured
_OTHER = 5  # the salt of the inputs whose outputs say how far outputs spread


def ask_interpolated(case: Case, subject: Subject, elements: list[Any]) -> list[ElementError]:
    """The error at each element, compared where images turn within their frame, with the floor of the comparison.

    The floor, which is dearer than the error, is measured at some elements only, spread over the turns; the largest is
    that of the others.
    """
    asked = ask_smooth(case, subject, elements[0])
    measured = {place: floor(asked, elements[place]) for place in _spread_over(len(elements))}
    largest = max(measured.values())
    found = []
    for number, g in enumerate(elements):
        outputs = case.call(subject, smooth_pair(case, g)[1])
        answer = asked.compare(outputs, lambda place, g=g: expected(asked, g, place))
        if answer.trouble is not None:
            found.append(ElementError(case.symmetry.label(g), float("inf"), float("inf"), False, 0.0, answer.trouble))
            continue
        worst = max(answer.distances, key=lambda each: each.mean)
        centre = at_fixed_point(asked, g, outputs)
        low = measured.get(number, largest)
        found.append(ElementError(case.symmetry.label(g), worst.mean, worst.worst, False, low, centre=centre))
    return found


def _spread_over(count: int) -> list[int]:
    """A few places among `count`, the first and the last included."""
    few = min(count, _FLOORS)
    return [round(place * (count - 1) / max(few - 1, 1)) for place in range(few)]


def ask_smooth(case: Case, subject: Subject, g: Any) -> Asked:
    """The subject at smooth inputs, and its signals: how far its outputs spread over others of that kind.

    g: an element for which images are interpolated.
    """
    asked = Asked.of(subject, replace(case, values=smooth_pair(case, g)[0]), is_exact=False)
    other = case.call(subject, smooth_pair(case, g, salt=_OTHER)[0])
    asked.signals = _signals(asked, other)
    return asked


def smooth_pair(case: Case, g: Any, salt: int = 4) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Input leaves that can be moved by g without interpolation, and g of them; the first do not depend on g."""
    pairs = []
    for place, (action, leaf) in enumerate(zip(case.in_actions, case.values, strict=True)):
        generator = torch.Generator().manual_seed(1000 * case.seed + 100 * salt + place)
        pairs.append(action.smooth_pair(g, leaf, generator) if isinstance(leaf, Tensor) else (leaf, leaf))
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


def _signals(asked: Asked, other: list[Any]) -> list[float]:
    found = []
    for place, leaf in enumerate(asked.outputs):
        if place not in asked.compared:
            found.append(0.0)
            continue
        action = asked.case.out_actions[place]
        seen = action.observe(leaf)
        found.append(spread(seen, action.observe(other[place]), action.window(seen, exact=False)))
    return found


def expected(asked: Asked, g: Any, place: int) -> Tensor:
    """g f(x) of one leaf, where outputs are compared."""
    action = asked.case.out_actions[place]
    return action.act(g, _still(action, g, asked.outputs[place]))


def _still(action: Action, g: Any, leaf: Tensor) -> Tensor:
    """What of an output is compared, float64; without its frame where it is going to be interpolated."""
    seen = action.observe(leaf)
    seen = seen.double() if seen.is_floating_point() else seen
    return seen if action.is_exact(g, seen) or seen.ndim != 4 else inside(seen)


def at_fixed_point(asked: Asked, g: Any, outputs: list[Any]) -> float | None:
    """The largest error of f(g x) at the pixel that g leaves in its place; None where no output has one."""
    found = []
    for place in asked.telling:
        action = asked.case.out_actions[place]
        still, moved = (action.fixed_point(action.observe(each[place])) for each in (asked.outputs, outputs))
        if still is not None and moved is not None:
            delta = difference(moved, action.act(g, still.double()))
            found.append(distance(delta, asked.signals[place]).mean)
    return max(found, default=None)


def floor(asked: Asked, g: Any) -> float:
    """The largest interpolation error over the outputs, in units of their signals."""
    found = [0.0]
    for place in asked.compared:
        action, leaf = asked.case.out_actions[place], asked.outputs[place]
        delta = action.floor(g, _still(action, g, leaf))
        if delta is not None:
            found.append(distance(delta, asked.signals[place], action.window(leaf, exact=False)).mean)
    return max(found)
