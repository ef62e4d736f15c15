"""How a group element moves hidden features whose type nobody knows: as it moves the positions of the inputs."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from equilab.check.actions.action import Action, Invariant
from equilab.check.actions.gaussian import Blocks
from equilab.check.actions.translations import Translate, Translations, pixel_scale
from equilab.check.causes.fit import fit
from equilab.check.questions.case import Case
from equilab.check.subjects.subject import floating

Move = Callable[[Tensor], Tensor | None]
_EXPLAINED = 1e-6  # what is left of an input that g moves by positions and a mixing of channels


class Carrier:
    """x with its positions moved by one g, and its channels left alone; None where that cannot be told.

    There are several ways to read positions from a shape: that of the group, those of the inputs' own actions, none at
    all. For tensors of as many axes as an input, the first way that explains how this input moves is taken.
    """

    def __init__(self, case: Case, g: Any):
        self.general: Move = _by_group(case, g)
        self.ways: dict[int, Move | None] = {}
        for action, leaf in zip(case.in_actions, case.values, strict=True):
            if not isinstance(leaf, Tensor) or not floating([leaf]) or isinstance(action, Invariant):
                continue
            if self.ways.get(leaf.ndim) is not None:
                continue
            moved = action.act(g, leaf)
            ways = (self.general, _by_action(action, g), _unmoved)
            self.ways[leaf.ndim] = next((way for way in ways if _explains(way, leaf, moved)), None)

    def __call__(self, x: Tensor) -> Tensor | None:
        way = self.ways.get(x.ndim, self.general)
        return None if way is None else way(x)


def _by_group(case: Case, g: Any) -> Move:
    sizes = [leaf.shape[-1] for leaf in case.values if isinstance(leaf, Tensor) and leaf.ndim >= 2]
    if not isinstance(case.symmetry, Translations) or not sizes:
        return lambda x: case.symmetry.carry(g, x)

    def shifted(x: Tensor) -> Tensor | None:
        if x.ndim != 4:
            return x if x.ndim == 2 else None
        down, right = (step * pixel_scale(x.shape[-1], sizes[0]) for step in g)
        return x.roll((int(down), int(right)), (-2, -1)) if down.denominator == right.denominator == 1 else None

    return shifted


def _by_action(action: Action, g: Any) -> Move:
    def moved(x: Tensor) -> Tensor | None:
        if isinstance(action, Blocks | Translate):
            return None
        try:
            found = action.act(g, x)
        except Exception:
            return None  # it takes the channels of the input only
        return found if found.shape == x.shape else None

    return moved


def _unmoved(x: Tensor) -> Tensor:
    return x


def _explains(way: Move, leaf: Tensor, moved: Tensor) -> bool:
    found = fit(way(leaf), moved)
    return found is not None and not found.error > _EXPLAINED
