"""Errors over shifts of images by parts of a pixel, round the edges."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from equilab.check.action import Action, Invariant
from equilab.check.case import Answer, Asked
from equilab.check.compare import difference, distance
from equilab.check.curve import ShiftError
from equilab.check.gaussian import Blocks
from equilab.check.plane import PlaneAction
from equilab.check.shift import shift
from equilab.check.translations import Translate

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
    """The error at each shift of the input, and what shifting by two halves instead of once does."""
    case, found = asked.case, []
    per_pixel = [scales(leaf, size, stride) for leaf in asked.outputs]

    def outputs(down: float, right: float, parts: int) -> list[Any]:
        moved = [
            _moved(action, leaf, down, right, parts)
            for action, leaf in zip(case.in_actions, case.values, strict=True)
        ]  # fmt: skip
        return case.call(asked.subject, tuple(moved))

    def wanted(place: int, down: float, right: float, parts: int) -> Tensor:
        action = case.out_actions[place]
        leaf = action.observe(asked.outputs[place]).double()
        return _moved(action, leaf, down * per_pixel[place][0], right * per_pixel[place][1], parts)

    for down, right in shifts:
        once = outputs(down, right, 1)
        answer = asked.compare(once, lambda place, d=down, r=right: wanted(place, d, r, 1))
        low = _worst(asked.compare(outputs(down, right, 2), lambda place, once=once: _seen(asked, once, place)))
        for place in asked.compared:
            delta = difference(wanted(place, down, right, 2), wanted(place, down, right, 1))
            low = max(
                low, distance(delta, asked.signals[place], case.out_actions[place].window(delta, exact=False)).mean
            )
        found.append(ShiftError(down, right, _worst(answer), low))
    return tuple(found)


def _worst(answer: Answer) -> float:
    return float("inf") if answer.trouble else max((each.mean for each in answer.distances), default=0.0)


def _seen(asked: Asked, outputs: list[Any], place: int) -> Tensor:
    return asked.case.out_actions[place].observe(outputs[place]).double()


def _moved(action: Action, leaf: Any, down: float, right: float, parts: int) -> Any:
    """The leaf shifted in one step, or in several equal ones."""
    if not isinstance(leaf, Tensor) or leaf.ndim != 4 or isinstance(action, Invariant):
        return leaf
    for _ in range(parts):
        leaf = shift(leaf, down / parts, right / parts)
    return leaf
