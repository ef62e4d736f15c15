"""What a user writes for a type, made into an action; and the types that a module says itself."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from equilab.check.actions.action import Action, Function, Invariant
from equilab.check.actions.custom import CustomSymmetry
from equilab.check.actions.escnn_fields import EscnnFields, EscnnSymmetry, is_escnn_type
from equilab.check.actions.euclidean import Irreps
from equilab.check.actions.plane import Fields
from equilab.check.actions.symmetry import PlaneSymmetry, Symmetry
from equilab.check.actions.unwrapped import inner
from equilab.errors import FieldTypeError, GroupError
from equilab.groups import PlaneGroup, Representation


def is_type(value: Any) -> bool:
    """Whether this is the type of a leaf, not a container of types."""
    if value is None or isinstance(value, Action | Representation | PlaneGroup | str):
        return True
    if hasattr(value, "D_from_matrix") or is_escnn_type(value) or _is_irreps_type(value):
        return True
    return callable(value) and not isinstance(value, Mapping | tuple | list)


def as_action(value: Any, name: str) -> Action:
    """The action of a type; FieldTypeError for what is none."""
    if isinstance(value, Action):
        return value
    if value is None:
        return Invariant()
    if isinstance(value, Representation):
        return Fields(value)
    if is_escnn_type(value):
        return EscnnFields(value)
    if _is_irreps_type(value):
        return Irreps(value.irreps)
    if isinstance(value, str) or hasattr(value, "D_from_matrix"):
        return Irreps(value)
    if callable(value) and not isinstance(value, nn.Module | type):
        return Function(value)
    raise FieldTypeError(
        name,
        expected=(
            "a field type, e3nn irreps, an escnn field type, an action of eq.check (Invariant(), Points(), "
            "Permute(0), Custom(...)) or a function (g, x) -> x"
        ),
        got=repr(value),
    )


def as_symmetry(group: Any, elements: Any) -> Symmetry | None:
    """The group that a user names; None where there is nothing but the types to read it from."""
    if group is None:
        return None if elements is None else CustomSymmetry(elements)
    if isinstance(group, Symmetry):
        return group
    if isinstance(group, PlaneGroup):
        return PlaneSymmetry(group)
    if hasattr(group, "fibergroup") and hasattr(group, "basespace_action"):
        return EscnnSymmetry(group)
    raise GroupError(
        "group",
        expected=(
            "a group such as eq.groups.C4, an escnn gspace, or eq.check.Euclidean(), Translations(), Permutations(n)"
        ),
        got=repr(group),
    )


def types_of(fn: Any, name: str) -> Any:
    """The types that a module carries: its `in_type`, `irreps_in` and the like; FieldTypeError where there are none."""
    fn, side = inner(fn), name.removesuffix("_type")
    for attribute in (name, f"irreps_{side}"):
        found = getattr(fn, attribute, None)
        if found is not None and (is_type(found) or isinstance(found, tuple | list | Mapping)):
            return found
    numbered = [getattr(fn, f"irreps_{side}{place}", None) for place in (1, 2, 3)]
    if numbered[0] is not None:
        return tuple(irreps for irreps in numbered if irreps is not None)
    if getattr(fn, "irreps", None) is not None:  # e3nn's batch norm and dropout
        return fn.irreps
    if isinstance(fn, nn.Sequential) and len(fn):
        return types_of(fn[0 if side == "in" else -1], name)
    raise FieldTypeError(
        name,
        expected=f"how the {side}put transforms, because {type(fn).__name__} carries no {name}",
        got="none",
        hint=f"pass {name}=3 * G.trivial, an e3nn string, or eq.check.Invariant()",
    )


def _is_irreps_type(value: Any) -> bool:
    """Whether this is an IrrepsType of equilab.interop.e3nn."""
    return type(value).__name__ == "IrrepsType" and isinstance(getattr(value, "irreps", None), str)
