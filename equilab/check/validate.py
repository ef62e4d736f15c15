"""Actions are checked before any module is: identity, products, inverses."""

import math
from typing import Any

import torch
from torch import Tensor

from equilab.check.action import Action, Ignored, Invariant
from equilab.check.compare import difference, root_mean_square
from equilab.check.custom import CustomSymmetry
from equilab.check.symmetry import Symmetry
from equilab.errors import ActionError

_PAIRS = 4  # products that are tried
_MARGIN = 100.0  # of the action's own round-off


def validate(action: Action, leaf: Any, symmetry: Symmetry, elements: tuple[Any, ...], name: str, seed: int) -> float:
    """The largest relative defect of the action's laws on a leaf like this one, float64.

    act(e, x) = x, act(g, act(h, x)) = act(g h, x), act(g^-1, act(g, x)) = x, for elements that are exact. The tolerance
    is 100 times what float32 does to the action. Raises ActionError, with the law that is broken.
    """
    if isinstance(action, Invariant) or not isinstance(leaf, Tensor) or isinstance(action, Ignored):
        return 0.0
    if isinstance(symmetry, CustomSymmetry) and not symmetry.is_known:
        return 0.0
    generator = torch.Generator().manual_seed(seed)
    x = _like(leaf, generator)
    exact = [g for g in elements if action.is_exact(g, x)] or [symmetry.identity]
    tolerance = max(_MARGIN * _round_off(action, exact[-1], x, name), 1e-12)
    pairs = [
        (exact[int(torch.randint(len(exact), (), generator=generator))], exact[(3 * place + 1) % len(exact)])
        for place in range(_PAIRS)
    ]
    worst = 0.0
    for g, h in pairs:
        gx, hx = _act(action, g, x, name), _act(action, h, x, name)
        laws = {
            "act(identity, x) = x": (_act(action, symmetry.identity, x, name), x),
            f"act(g, act(h, x)) = act(g h, x) at g = {symmetry.label(g)}, h = {symmetry.label(h)}": (
                _act(action, g, hx, name),
                _act(action, symmetry.multiply(g, h), x, name),
            ),
            f"act(g^-1, act(g, x)) = x at g = {symmetry.label(g)}": (
                _act(action, symmetry.inverse(g), gx, name),
                x,
            ),
        }
        for law, (left, right) in laws.items():
            defect = relative(left, right)
            if not defect <= tolerance:
                raise ActionError(
                    f"{name}: expected an action of {symmetry.name}, but {action} breaks {law}: relative error "
                    f"{defect:.2g}, tolerance {tolerance:.1g}; mend the action before you check a module with it"
                )
            worst = max(worst, defect)
    return worst


def relative(left: Tensor, right: Tensor) -> float:
    """Root mean square difference, in units of the right one."""
    if left.shape != right.shape:
        return math.inf
    delta, size = difference(left, right), root_mean_square(difference(right, torch.zeros_like(right)))
    return root_mean_square(delta) / size if size else root_mean_square(delta)


def _act(action: Action, g: Any, x: Tensor, name: str) -> Tensor:
    found = action.act(g, x)
    if not isinstance(found, Tensor):
        raise ActionError(f"{name}: expected {action} to give a tensor, got {type(found).__name__}")
    if found.shape != x.shape:
        raise ActionError(f"{name}: expected {action} to keep the shape {tuple(x.shape)}, got {tuple(found.shape)}")
    return found


def _like(leaf: Tensor, generator: torch.Generator) -> Tensor:
    """Random numbers, float64, in the shape of a leaf of floating numbers; any other leaf itself."""
    if leaf.is_complex():
        real, imaginary = (torch.randn(leaf.shape, generator=generator, dtype=torch.float64) for _ in range(2))
        return torch.complex(real, imaginary).to(leaf.device)
    if not leaf.is_floating_point():
        return leaf
    return torch.randn(leaf.shape, generator=generator, dtype=torch.float64).to(leaf.device)


def _round_off(action: Action, g: Any, x: Tensor, name: str) -> float:
    """What float32 does to the action, in units of its result."""
    if not x.is_floating_point():
        return 0.0
    exact = _act(action, g, x, name)
    return max(relative(_act(action, g, x.float(), name), exact), torch.finfo(torch.float32).eps)
