"""Actions are checked before any module is: identity, products, inverses."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from equilab.check.actions.action import Action, Function, Invariant
from equilab.check.actions.custom import CustomSymmetry
from equilab.check.actions.symmetry import Symmetry
from equilab.check.questions.compare import difference, root_mean_square
from equilab.errors import ActionError, FieldTypeError, GroupError, SettingError, ShapeError

_NEIGHBOURS, _RANDOM = 3, 3  # pairs whose products are tried
_MARGIN = 100.0  # of the action's own round-off
_SINGLE = 1e-9  # a second difference that float64 does not have


class Validity(NamedTuple):
    """How far an action is from being one, relative to what it acts on; and what has to be said about it."""

    defect: float = 0.0
    notes: tuple[str, ...] = ()


def validate(
    action: Action, leaf: Any, symmetry: Symmetry, elements: tuple[Any, ...], name: str, seed: int
) -> Validity:
    """The largest relative defect of the action's laws on a leaf like this one, float64.

    act(e, x) = x, act(g, act(h, x)) = act(g h, x), act(g^-1, act(g, x)) = x, for elements that are exact. The tolerance
    is 100 times what float32 does to the action. Raises ActionError, with the law that is broken.
    """
    if isinstance(action, Invariant) or not isinstance(leaf, Tensor):
        return Validity()
    generator = torch.Generator().manual_seed(seed)
    x = _like(leaf, generator)
    is_known = not isinstance(symmetry, CustomSymmetry) or symmetry.is_known
    _act(action, symmetry.identity if is_known else elements[0], x, name)  # what does not fit at all is told first
    exact = [g for g in elements if action.is_exact(g, x)] or ([symmetry.identity] if is_known else list(elements))
    notes = []
    if isinstance(action, Function) and action.is_coarse(exact[-1], x):
        notes.append(f"the action {action} of {name} takes float32 only: errors below its round-off cannot be seen")
    if not is_known:
        notes.append(
            f"the action {action} of {name} was not validated: give eq.check.Custom its multiply, inverse and identity"
        )
        return Validity(_hidden(action, exact[-1], x, name), tuple(notes))
    round_off = max(_round_off(action, exact[-1], x, name), max(_hidden(action, g, x, name) for g in exact[:2]))
    tolerance = max(_MARGIN * round_off, 1e-12)
    worst = 0.0
    for g, h in _pairs(exact, symmetry, generator):
        for law, (left, right) in _laws(action, g, h, x, symmetry, name).items():
            defect = relative(left, right)
            if not defect <= tolerance:
                raise ActionError(
                    name,
                    expected=f"an action of {symmetry.name} with {law}",
                    got=f"{action} with a relative error of {defect:.2g}, tolerance {tolerance:.1g}",
                    hint="fix the action before you check a module with it",
                )
            worst = max(worst, defect)
    return Validity(worst, tuple(notes))


def _pairs(exact: list[Any], symmetry: Symmetry, generator: torch.Generator) -> list[tuple[Any, Any]]:
    """Pairs of elements whose products are tried: neighbours, and some at random."""
    count = len(exact)
    places = [(place % count, (place + 1) % count) for place in range(_NEIGHBOURS)]
    places += torch.randint(count, (_RANDOM, 2), generator=generator, device="cpu").tolist()
    return [(exact[first], exact[second]) for first, second in dict.fromkeys(map(tuple, places))]


def _laws(action: Action, g: Any, h: Any, x: Tensor, symmetry: Symmetry, name: str) -> dict[str, tuple[Tensor, Tensor]]:
    """Both sides of every law at g and h, by its words."""
    gx, hx = _act(action, g, x, name), _act(action, h, x, name)
    at = f"at g = {symmetry.label(g)}"
    return {
        "act(identity, x) = x": (_act(action, symmetry.identity, x, name), x),
        f"act(g, act(h, x)) = act(g h, x) {at}, h = {symmetry.label(h)}": (
            _act(action, g, hx, name),
            _act(action, symmetry.multiply(g, h), x, name),
        ),
        f"act(g^-1, act(g, x)) = x {at}": (_act(action, symmetry.inverse(g), gx, name), x),
    }


def relative(left: Tensor, right: Tensor) -> float:
    """Root mean square difference, in units of the right one."""
    if left.shape != right.shape:
        return math.inf
    delta, size = difference(left, right), root_mean_square(difference(right, torch.zeros_like(right)))
    return root_mean_square(delta) / size if size else root_mean_square(delta)


def _act(action: Action, g: Any, x: Tensor, name: str) -> Tensor:
    try:
        found = action.act(g, x)
    except (ShapeError, FieldTypeError, GroupError, SettingError) as error:
        if error.argument != "x":
            raise error.within(name) from error
        raise type(error)(
            name, expected=error.expected, got=error.got, hint=error.hint, message=error.message
        ) from error
    except Exception as error:
        error.add_note(f"raised by the action {action} of {name}, at {g!s}, on {x.dtype} of shape {tuple(x.shape)}")
        raise
    if not isinstance(found, Tensor):
        raise ActionError(name, expected=f"{action} to give a tensor", got=type(found).__name__)
    if found.shape != x.shape:
        raise ActionError(name, expected=f"{action} to keep the shape {tuple(x.shape)}", got=tuple(found.shape))
    return found


def _like(leaf: Tensor, generator: torch.Generator) -> Tensor:
    """Random numbers, float64, in the shape of a leaf of floating numbers; any other leaf itself."""
    if leaf.is_complex():
        real, imaginary = (
            torch.randn(leaf.shape, generator=generator, dtype=torch.float64, device="cpu") for _ in range(2)
        )
        return torch.complex(real, imaginary).to(leaf.device)
    if not leaf.is_floating_point():
        return leaf
    return torch.randn(leaf.shape, generator=generator, dtype=torch.float64, device="cpu").to(leaf.device)


def _round_off(action: Action, g: Any, x: Tensor, name: str) -> float:
    """What float32 does to the action, in units of its result."""
    if not x.is_floating_point():
        return 0.0
    exact = _act(action, g, x, name)
    return max(relative(_act(action, g, x.float(), name), exact), torch.finfo(torch.float32).eps)


def _hidden(action: Action, g: Any, x: Tensor, name: str) -> float:
    """The round-off of an action that computes in float32 what it is given in float64; 0 of one that does not.

    From the second difference along a step that float32 can tell, of which an affine action has none.
    """
    if x.dtype != torch.float64 or not x.numel():
        return 0.0
    step = 2e-7 * x.abs()
    here = _act(action, g, x, name)
    delta = (_act(action, g, x + step, name) - here) - (here - _act(action, g, x - step, name))
    found = root_mean_square(delta) / (root_mean_square(here) or 1.0)
    return found if found > _SINGLE else 0.0
