"""Errors over shifts of images by parts of a pixel, round the edges."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from equilab.check.actions.action import Action, Invariant
from equilab.check.actions.gaussian import Blocks
from equilab.check.actions.plane import PlaneAction
from equilab.check.actions.shift import middle, middle_window, shift
from equilab.check.actions.translations import Translate
from equilab.check.questions.case import Asked
from equilab.check.questions.compare import difference, distance
from equilab.check.reports.curve import ShiftError

DEFAULT = tuple((down, right) for step in (0.25, 0.5, 0.75, 1.0) for down, right in ((0.0, step), (step, 0.0)))


def image_size(values: tuple[Any, ...], actions: tuple[Action, ...]) -> tuple[int, int] | None:
    """(H, W) of the first image among the inputs."""
    for action, leaf in zip(actions, values, strict=True):
        if isinstance(leaf, Tensor) and leaf.ndim == 4 and not isinstance(action, Invariant):
            return leaf.shape[-2], leaf.shape[-1]
    return None


def scales(leaf: Any, size: tuple[int, int] | None, stride: int | None) -> tuple[float, float]:
    """Pixels of an output for each pixel of the input, down and right: 1 / stride, or from the sizes, rounded."""
    if size is None or not isinstance(leaf, Tensor) or leaf.ndim != 4:
        return 1.0, 1.0
    if stride is not None:
        return 1 / stride, 1 / stride
    down, right = (
        1 / round(given / found) if given >= found else float(round(found / given))
        for given, found in zip(size, leaf.shape[-2:], strict=True)
    )
    return down, right


def can_shift(action: Action, leaf: Any) -> bool:
    """Whether it is known what a shift does to the leaf."""
    if not isinstance(leaf, Tensor) or isinstance(action, Invariant):
        return True
    if isinstance(action, Blocks):
        return all(can_shift(part, leaf) for _, part in action.blocks)
    return isinstance(action, PlaneAction) or (isinstance(action, Translate) and leaf.ndim == 4)


def errors_over_shifts(
    asked: Asked, shifts: Sequence[tuple[float, float]], size: tuple[int, int], stride: int | None
) -> tuple[ShiftError, ...]:
    """The error at each shift of the input, and what shifting by two halves instead of once does.

    Outputs are shifted with their frame and without it, and the closer one counts: zeros for padding make steps at the
    frame, which ring, and without a frame nothing goes on round the edges. Where the two differ, that is a floor, too.
    """
    case, found = asked.case, []
    per_pixel = [scales(leaf, size, stride) for leaf in asked.outputs]

    def outputs(down: float, right: float, parts: int) -> list[Any]:
        moved = [
            _moved(action, leaf, down, right, parts)
            for action, leaf in zip(case.in_actions, case.values, strict=True)
        ]  # fmt: skip
        return case.call(asked.subject, tuple(moved))

    def wanted(down: float, right: float, parts: int, *, cut: bool = False) -> list[Any]:
        return [
            _wanted(asked, place, down * per_pixel[place][0], right * per_pixel[place][1], parts, cut=cut)
            if place in asked.compared else None
            for place in range(len(asked.outputs))
        ]  # fmt: skip

    def apart(first: list[Any], second: list[Any]) -> float:
        """The largest distance of an output."""
        return max((_distance(asked, place, first[place], second[place]) for place in asked.compared), default=0.0)

    for down, right in shifts:
        once, twice = (_observed(asked, outputs(down, right, parts)) for parts in (1, 2))
        whole, cut = wanted(down, right, 1), wanted(down, right, 1, cut=True)
        error = min(apart(once, whole), apart(once, cut))
        low = max(apart(twice, once), apart(wanted(down, right, 2), whole), min(apart(cut, whole), error))
        found.append(ShiftError(down, right, error, low))
    return tuple(found)


def _observed(asked: Asked, outputs: list[Any]) -> list[Any]:
    pairs = zip(asked.case.out_actions, outputs, strict=True)
    return [action.observe(leaf) if isinstance(leaf, Tensor) else leaf for action, leaf in pairs]


def _wanted(asked: Asked, place: int, down: float, right: float, parts: int, *, cut: bool) -> Tensor:
    """An output of the still image, shifted by pixels of its own; cut: without its frame, which rings."""
    action = asked.case.out_actions[place]
    leaf = action.observe(asked.outputs[place]).double()
    if cut and isinstance(action, PlaneAction) and leaf.ndim == 4:
        leaf = middle(leaf, max(abs(down), abs(right)))
    return _moved(action, leaf, down, right, parts)


def _distance(asked: Asked, place: int, first: Tensor, second: Tensor) -> float:
    """How far two outputs are apart where they are compared; infinite where their shapes differ."""
    if first.shape != second.shape:
        return float("inf")
    delta, action = difference(first, second), asked.case.out_actions[place]
    window = action.window(delta, exact=False)
    if window is not None and isinstance(action, PlaneAction):
        window = middle_window(delta)
    return distance(delta, asked.signals[place], window).mean


def _moved(action: Action, leaf: Any, down: float, right: float, parts: int) -> Any:
    """The leaf shifted in one step, or in several equal ones."""
    if not isinstance(leaf, Tensor) or leaf.ndim != 4 or isinstance(action, Invariant):
        return leaf
    for _ in range(parts):
        leaf = shift(leaf, down / parts, right / parts)
    return leaf
