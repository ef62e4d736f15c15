"""Actions of rotations by any angle, from types of groups that may have fewer."""

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor

from equilab.check.actions.action import Action, Function, Invariant
from equilab.check.actions.escnn_fields import EscnnFields, EscnnSymmetry
from equilab.check.actions.gaussian import Blocks, Covariance, LogVariance
from equilab.check.actions.plane import Fields, PlaneAction, Points
from equilab.errors import FieldTypeError
from equilab.groups import O2, SO2, Element, FieldType, Irrep

Allowed = tuple[Element, ...] | None  # None: every element of O(2), or of SO(2)


def turned(action: Action, elements: tuple[Element, ...]) -> tuple[Action, Allowed]:
    """The action of plane elements of which this one is a part, and the elements that it is defined for.

    Trivial fields and two-dimensional irreps of C_n and D_n are those of SO(2) and O(2) with the same frequency;
    regular fields turn by the group's own angles only. elements: the group's own ones. Raises FieldTypeError for an
    action that turns nothing in the plane.
    """
    if isinstance(action, EscnnFields):
        return _escnn(action)
    if isinstance(action, Fields):
        larger = _continued(action.field_type)
        return (Fields(larger), None) if larger is not None else (action, elements)
    if isinstance(action, Invariant | Points):
        return action, None
    if isinstance(action, Function):
        return action, elements
    if isinstance(action, Covariance):
        inner, allowed = turned(action.vectors, elements)
        return Covariance(inner), allowed
    if isinstance(action, LogVariance):
        inner, allowed = turned(action.covariance.vectors, elements)
        return LogVariance(inner), allowed
    if isinstance(action, Blocks):
        parts = [(size, *turned(part, elements)) for size, part in action.blocks]
        limits = [allowed for _, _, allowed in parts if allowed is not None]
        return Blocks(*((size, part) for size, part, _ in parts)), limits[0] if limits else None
    raise FieldTypeError(
        "in_type, out_type",
        expected="types that turn with the plane (field types, Points(), Invariant()) or Translate()",
        got=str(action),
        hint="eq.check.equivariance takes every type",
    )


def _continued(field_type: FieldType) -> FieldType | None:
    """The same channels as fields of SO(2), or of O(2) where there are mirrors; None where there is no such type."""
    if not field_type.group.is_finite:
        return field_type
    larger = O2 if field_type.group.mirrors else SO2
    found = []
    for field in field_type:
        rho = field.representation
        if not isinstance(rho, Irrep) or (rho.frequency and rho.dim == 1):
            return None
        found.append(1 * (larger.irrep(rho.frequency, rho.sign) if larger is O2 else larger.irrep(rho.frequency)))
    return sum(found[1:], found[0])


def _escnn(action: EscnnFields) -> tuple[Action, Allowed]:
    symmetry = action.symmetry
    assert isinstance(symmetry, EscnnSymmetry)
    if symmetry.fibergroup.continuous:
        return _Escnn(action, _escnn_element(symmetry)), None
    if all(rho.is_trivial() for rho in set(action.field_type.representations)):
        return Fields(action.dim * (O2 if _has_mirrors(symmetry) else SO2).trivial), None
    table = {symmetry.plane(g): g for g in symmetry.fibergroup.elements}
    return _Escnn(action, table.__getitem__), tuple(table)


def _has_mirrors(symmetry: EscnnSymmetry) -> bool:
    elements = symmetry.fibergroup.testing_elements()
    return any(symmetry.plane(g).mirror for g in elements)


def _escnn_element(symmetry: EscnnSymmetry) -> Callable[[Element], Any]:
    """From an element of O(2) to that of escnn which moves the plane so."""
    group = symmetry.fibergroup
    if not _has_mirrors(symmetry):
        return lambda g: group.element(2 * math.pi * float(g.turn), "radians")
    mirror = group.element((1, 0.0), "radians")
    axis = symmetry.plane(mirror).turn

    def find(g: Element) -> Any:
        turn = float(g.turn - axis if g.mirror else g.turn)
        rotation = group.element((0, 2 * math.pi * turn), "radians")
        return rotation @ mirror if g.mirror else rotation

    return find


class _Escnn(PlaneAction):
    """An escnn field type by elements of the plane instead of its own."""

    def __init__(self, action: EscnnFields, find: Callable[[Element], Any]):
        assert action.symmetry is not None
        super().__init__(action.field_type, action.symmetry)
        self._action, self._find = action, find

    def mix(self, g: Element, x: Tensor) -> Tensor:
        return self._action.mix(self._find(g), x)

    @property
    def dim(self) -> int:
        return self._action.dim


def generator(move: Callable[[Element], Tensor]) -> Tensor:
    """d/dt at t = 0 of move(turn by t radians), for moves that are trigonometric polynomials below frequency 32.

    >>> from equilab.groups import SO2
    >>> generator(SO2.irrep(3).matrix).round().tolist() == [[0, -3], [3, 0]]
    True
    """
    count = 64
    steps = range(1, count)
    weights = (-0.5 * (-1) ** step / math.tan(math.pi * step / count) for step in steps)
    # row 0 of the periodic spectral differentiation matrix: Trefethen, Spectral Methods in MATLAB, eq. 3.9
    total: Tensor | None = None
    for step, weight in zip(steps, weights, strict=True):
        term = weight * move(SO2.element(f"{step}/{count}"))
        total = term if total is None else total + term
    assert total is not None
    return total
