"""Errors over the angles by which images are turned, with what turning them twice instead of once does."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from torch import Tensor

from equilab.check.actions.action import Action
from equilab.check.actions.escnn_fields import EscnnSymmetry
from equilab.check.actions.plane import PlaneAction
from equilab.check.actions.symmetry import PlaneSymmetry, Symmetry
from equilab.check.approximate.turned import Allowed, turned
from equilab.check.questions.case import Asked, Case
from equilab.check.questions.interpolated import ask_smooth, expected, floor, smooth_pair
from equilab.check.reports.curve import Curve
from equilab.check.subjects.subject import Subject
from equilab.errors import GroupError
from equilab.groups import Element

_STEPS = 48  # of 7.5 degrees
EIGHTH = Element(Fraction(1, 8))  # for which images are interpolated
_NONE = Curve((), (), ())


class Turning(NamedTuple):
    """A question whose types turn, and the elements for which they do; None: all of O(2), or SO(2)."""

    case: Case
    allowed: Allowed
    has_mirrors: bool
    can_draw: bool  # whether smooth images can take the place of the given ones

    @classmethod
    def of(cls, case: Case) -> "Turning":
        """Raises FieldTypeError for types that turn nothing in the plane."""
        own = _elements(case.symmetry)
        found = [turned(action, own) for action in (*case.in_actions, *case.out_actions)]
        limits = [set(allowed) for _, allowed in found if allowed is not None]
        can_draw = all(allowed is None or EIGHTH in allowed for _, allowed in found[: len(case.in_actions)])
        allowed = tuple(sorted(set.intersection(*limits))) if limits else None
        actions = [action for action, _ in found]
        count = len(case.in_actions)
        case = replace(case, in_actions=tuple(actions[:count]), out_actions=tuple(actions[count:]))
        return cls(case, allowed, _has_mirrors(case.symmetry), can_draw)

    def elements(self, angles: Sequence[float] | None, *, mirror: bool) -> list[Element]:
        """Those at the angles, degrees; GroupError for one that the types do not have."""
        if mirror and not self.has_mirrors:
            return []
        if angles is None and self.allowed is not None:
            return [g for g in self.allowed if g.mirror == mirror]
        wanted = angles if angles is not None else (360 * step / _STEPS for step in range(_STEPS))
        found = [Element(Fraction(angle).limit_denominator(10**6) / 360 % 1, mirror) for angle in wanted]
        if self.allowed is not None and not mirror and (missing := [g for g in found if g not in self.allowed]):
            raise GroupError(
                "angles",
                expected=f"angles of {self.case.symmetry.name}, because fields such as regular ones have no others",
                got=f"{360 * float(missing[0].turn):g} degrees",
                hint="leave angles out, or measure after GroupPool",
            )
        return [g for g in found if self.allowed is None or g in self.allowed]

    def ask(self, subject: Subject, *, smooth: bool) -> Asked:
        """The subject at the images of the case, or at smooth ones in their place."""
        if smooth:
            return ask_smooth(self.case, subject, EIGHTH)
        return Asked.of(subject, self.case, is_exact=False)

    def curve(self, subject: Subject, elements: list[Element], *, smooth: bool) -> Curve:
        """The error at each element, on the images of the case, or on smooth ones in their place."""
        if not elements:
            return _NONE
        case = self.case
        between = [g for g in elements if not _is_exact(case.in_actions, g, case.values)]
        asked = self.ask(subject, smooth=smooth)
        still = asked.case
        errors, floors = [], []
        for g in elements:
            inner = smooth and g in between
            moved = smooth_pair(case, g)[1] if inner else still.moved(g)
            outputs = still.call(subject, moved)
            answer = asked.compare(outputs, lambda place, g=g: expected(asked, g, place))
            errors.append(max((each.mean for each in answer.distances), default=0.0) if not answer.trouble else _INF)
            low = floor(asked, g)
            if g in between and not smooth:
                other = still.call(subject, _twice(still, g, moved))
                again = asked.compare(other, lambda place, outputs=outputs: _seen(asked, outputs, place))
                low = max([low, *(each.mean for each in again.distances)])
            floors.append(low)
        return Curve(tuple(360 * float(g.turn) for g in elements), tuple(errors), tuple(floors))


_INF = float("inf")


def _seen(asked: Asked, outputs: list[Any], place: int) -> Tensor:
    return asked.case.out_actions[place].observe(outputs[place]).double()


def _twice(case: Case, g: Element, moved: tuple[Any, ...]) -> tuple[Any, ...]:
    """g of the inputs by another way: images turned by half the angle twice."""
    found = []
    for action, leaf, once in zip(case.in_actions, case.values, moved, strict=True):
        delta = action.floor(g, leaf) if isinstance(leaf, Tensor) and isinstance(action, PlaneAction) else None
        found.append(once if delta is None or not isinstance(action, PlaneAction) else once + action.mix(g, delta))
    return tuple(found)


def _is_exact(actions: tuple[Action, ...], g: Element, values: tuple[Any, ...]) -> bool:
    return all(
        action.is_exact(g, leaf) for action, leaf in zip(actions, values, strict=True) if isinstance(leaf, Tensor)
    )


def _elements(symmetry: Symmetry) -> tuple[Element, ...]:
    """The elements of a finite group, as they move the plane."""
    if isinstance(symmetry, PlaneSymmetry) and symmetry.group.is_finite:
        return tuple(symmetry.group.elements)
    if isinstance(symmetry, EscnnSymmetry) and not symmetry.fibergroup.continuous:
        return tuple(symmetry.plane(g) for g in symmetry.fibergroup.elements)
    return ()


def _has_mirrors(symmetry: Symmetry) -> bool:
    if isinstance(symmetry, PlaneSymmetry):
        return symmetry.group.mirrors
    if isinstance(symmetry, EscnnSymmetry):
        return any(symmetry.plane(g).mirror for g in symmetry.fibergroup.testing_elements())
    return False
