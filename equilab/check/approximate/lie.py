"""The Lie derivative of a function between representations (Gruver et al. 2022, arXiv:2210.02984)."""

import warnings
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from equilab.check.actions.action import Action, Invariant
from equilab.check.actions.boundary import plain
from equilab.check.actions.gaussian import Blocks
from equilab.check.actions.plane import PlaneAction
from equilab.check.actions.shift import derivative, inside, middle, middle_window, turn_and_grow
from equilab.check.actions.translations import Translate
from equilab.check.approximate.turned import generator
from equilab.check.questions.case import Asked
from equilab.check.questions.compare import difference, real, root_mean_square
from equilab.check.reports.curve import LieError
from equilab.check.subjects.subject import Snapshot, cast, seeded
from equilab.check.subjects.trees import filled, leaves

UNITS = {
    "rotation": "radian",
    "translation_x": "pixel",
    "translation_y": "pixel",
    "scale": "e-fold",
}
_AGREE = 1e-2  # two derivatives further apart than this part of their size are not of the same function


def lie_error(name: str, asked: Asked, per_pixel: list[tuple[float, float]]) -> LieError | None:
    """E |L_X f(x)|^2 / dim of the output: equation 4, for X of `UNITS`; None where X is not known for a leaf.

    L_X f(x) = d/dt rho_out(-t) f(rho_in(t) x) at t = 0 = df(x)[X_in x] - X_out f(x). df(x)[v] is taken in forward mode,
    and by central differences; by these alone where the two disagree, as they do where f leaves the graph.
    per_pixel: pixels of each output for each of the input, down and right.
    """
    case, ins, outs = asked.case, asked.case.in_actions, asked.case.out_actions
    tangents = [_tangent(name, *pair) for pair in zip(ins, case.values, strict=True)]
    if any(v is None and isinstance(x, Tensor) for v, x in zip(tangents, case.values, strict=True)):
        return None
    seen = [_seen(*pair) for pair in zip(outs, asked.outputs, strict=True)]
    wanted = {
        place: [_tangent(name, outs[place], y, per_pixel[place]) for y in _images(name, outs[place], seen[place])]
        for place in asked.compared
    }
    if any(v is None for known in wanted.values() for v in known):
        return None
    found, method = _directional(asked, tangents, outs)
    total, count, relative = 0.0, 0, 0.0
    for place, known in wanted.items():
        squares = min((_squares(name, outs[place], difference(found[place], v)) for v in known), key=torch.sum)  # pyright: ignore
        total, count = total + float(squares.sum()), count + squares.numel()
        if asked.signals[place]:
            relative = max(relative, float(squares.mean()) / asked.signals[place] ** 2)
    return LieError(total / max(count, 1), relative, UNITS[name], method)


def _squares(name: str, action: Action, delta: Tensor) -> Tensor:
    """The squares of a difference where outputs are compared."""
    window = action.window(delta, exact=False)
    if window is not None and name.startswith("translation") and isinstance(action, PlaneAction):
        window = middle_window(delta)
    return (delta if window is None or delta.shape[-2:] != window.shape else delta[..., window]).square()


def _seen(action: Action, leaf: Any) -> Any:
    return action.observe(leaf) if isinstance(leaf, Tensor) else leaf


def _images(name: str, action: Action, y: Any) -> list[Any]:
    """An output as it can be moved: an image with its frame and without it, which rings."""
    if not isinstance(y, Tensor) or y.ndim != 4 or not isinstance(action, PlaneAction):
        return [y]
    return [y, middle(y, 1) if name.startswith("translation") else inside(y)]


def _tangent(name: str, action: Action, x: Any, scale: tuple[float, float] = (1.0, 1.0)) -> Tensor | None:
    """X x; None where it is not known. scale: pixels of x for each pixel of the input, down and right.

    x: an image without its frame, which would ring.
    """
    if not isinstance(x, Tensor):
        return None
    if isinstance(action, Invariant) or not (x.is_floating_point() or x.is_complex()):
        return torch.zeros_like(x)
    if isinstance(action, Blocks):
        sizes = [size for size, _ in action.blocks]
        parts = [
            _tangent(name, part, piece, scale)
            for piece, (_, part) in zip(x.split(sizes, 1), action.blocks, strict=True)
        ]
        return None if any(part is None for part in parts) else torch.cat(parts, 1)  # pyright: ignore
    is_image = x.ndim == 4 and isinstance(action, PlaneAction | Translate)
    if name == "rotation":
        if isinstance(action, Translate):
            return None
        if not is_image or not isinstance(action, PlaneAction):
            return generator(lambda g: action.act(g, x))
        return turn_and_grow(x)[0] + generator(lambda g: action.mix(g, x))
    if not is_image:
        return torch.zeros_like(x) if isinstance(action, PlaneAction) else None
    if name == "scale":
        return turn_and_grow(x)[1]
    return -scale[1] * derivative(x, -1) if name == "translation_x" else scale[0] * derivative(x, -2)


def _directional(asked: Asked, tangents: list[Tensor | None], outs: tuple[Action, ...]) -> tuple[list[Any], str]:
    """df(x)[v], leaf by leaf, and how it was found."""
    case, subject = asked.case, asked.subject
    kinds = [leaf.dtype for leaf in case.values if isinstance(leaf, Tensor) and leaf.is_floating_point()]
    pairs = list(zip(case.values, tangents, strict=True))
    size = max((root_mean_square(real(x)) for x in case.values if isinstance(x, Tensor)), default=1.0) or 1.0
    speed = max((root_mean_square(real(v)) for v in tangents if v is not None), default=0.0) or 1.0
    eps = max((torch.finfo(kind).eps for kind in kinds), default=1e-7)
    relative = eps ** (1 / 3)  # of the size of x: about as many kinks are stepped over
    step = relative * size / speed

    def at(t: float) -> list[Any]:
        moved = tuple(x + t * v if v is not None and x.is_floating_point() else x for x, v in pairs)
        return [_seen(action, leaf) for action, leaf in zip(outs, case.call(subject, moved), strict=True)]

    above, below = at(step), at(-step)
    slopes: list[Any] = [
        difference(above[place], below[place]) / (2 * step) if place in asked.compared else None
        for place in range(len(above))
    ]
    exact = _forward_mode(asked, tangents, outs)
    if exact is None:
        return slopes, "central differences"
    for place in asked.compared:
        if exact[place].shape != slopes[place].shape:
            return slopes, "central differences"
        apart, whole = root_mean_square(difference(exact[place], slopes[place])), root_mean_square(slopes[place])
        if not apart <= max(_AGREE, 2 * relative**0.5) * whole + 10 * eps * asked.sizes[place] / step:
            return slopes, "central differences"
    return exact, "forward mode"


def _forward_mode(asked: Asked, tangents: list[Tensor | None], outs: tuple[Action, ...]) -> list[Any] | None:
    """df(x)[v] by dual numbers; None where a part of f has no forward mode."""
    case, subject = asked.case, asked.subject
    kept = [Snapshot(module) for module in subject.modules]
    try:
        with forward_ad.dual_level(), torch.no_grad(), seeded(subject.seed):
            duals = []
            for x, v, close in zip(case.values, tangents, case.closes, strict=True):
                if isinstance(x, Tensor):
                    x = cast(x.detach(), subject.dtype).clone()
                    if v is not None and x.is_floating_point():
                        x = _dual(x, v.to(x))
                duals.append(close(x))
            answer = subject.function(*filled(case.inputs, duals))
            found = []
            for action, (_, leaf) in zip(outs, leaves(answer), strict=True):
                leaf = _seen(action, plain(leaf))
                v = forward_ad.unpack_dual(leaf).tangent if isinstance(leaf, Tensor) else None
                found.append(torch.zeros_like(leaf) if v is None and isinstance(leaf, Tensor) else v)
            return [v.detach().clone() if isinstance(v, Tensor) else v for v in found]
    except (RuntimeError, NotImplementedError, TypeError, ValueError):
        return None
    finally:
        for snapshot in kept:
            snapshot.restore()


def _dual(x: Tensor, v: Tensor) -> Tensor:
    """x + epsilon v; the first of a process makes torch compile rules with its own deprecated compiler, and warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return forward_ad.make_dual(x, v)
