"""How exact a module can be: its round-off, measured, from which the tolerance follows."""

import math
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from equilab.check.questions.case import Answer, Asked, noisy
from equilab.check.questions.compare import difference, real, root_mean_square
from equilab.check.subjects.subject import Subject

MARGIN = 10.0  # the tolerance in units of the measured round-off; the largest error of 10,000 exact cases: 8.6
_HIDDEN_STEP, _HIDDEN_NOISE = 2e-7, 1e-8  # relative to the inputs and to the outputs
_FEW = 64  # numbers in an output that may all have been rounded well by luck
_STEPS = 4.0  # of the relative change of the inputs, in units of the last place
_BOLD = 0.03  # of the root of a unit in the last place: the square of that is 1e-3 units


def unit(dtype: torch.dtype) -> float:
    """The distance of 1 to the next number, of a floating dtype."""
    return torch.finfo(dtype).eps


def between(first: list[object], second: list[object], asked: Asked) -> list[float]:
    """Root mean square difference of two lists of outputs, in units of the signals."""
    found = []
    for place, signal in enumerate(asked.signals):
        if place not in asked.compared:
            found.append(0.0)
            continue
        action = asked.case.out_actions[place]
        a, b = (action.observe(leaf) if isinstance(leaf, Tensor) else leaf for leaf in (first[place], second[place]))
        if not isinstance(a, Tensor) or not isinstance(b, Tensor) or a.shape != b.shape:
            found.append(math.inf)
            continue
        delta = difference(a, b)
        finite = delta[delta.isfinite()]
        found.append(root_mean_square(finite) / signal if signal else 0.0)
    return found


class Noise(NamedTuple):
    """What f does to the last digits, per leaf, in units of the signals."""

    rounding: list[float]  # its own
    response: list[float]  # to a relative change of all inputs, per unit of that

    def max(self, other: "Noise") -> "Noise":
        """The larger of two, leaf by leaf."""
        return Noise(*([max(pair) for pair in zip(a, b, strict=True)] for a, b in zip(self, other, strict=True)))

    def total(self, dtype: torch.dtype, defect: float) -> list[float]:
        """The rounding of f, and what becomes of that of g x where the action rounds, as one that has a defect does."""
        moved = max(unit(dtype), defect) if defect else 0.0
        return [max(own, moved * each) for own, each in zip(self.rounding, self.response, strict=True)]


def own_round_off(asked: Asked, step: float, *, at: tuple[Any, list[Any]] | None = None, draw: int = 0) -> Noise:
    """The noise of f in its own precision along a random direction d: its second difference / sqrt 6, and its slope.

    f(x + d) - 2 f(x) + f(x - d) has no part linear in d; for |d| of a few units in the last place of x what is left is
    rounding, drawn anew at each of the three points. at: an element g and f(g x), to measure at g x instead of x.
    0 where f takes no other inputs than it was given.
    """
    case, outputs = asked.case, asked.outputs if at is None else at[1]
    inputs = case.values if at is None else case.moved(at[0])
    ends = []
    for sign in (1, -1):
        generator = case.generator(2 + 50 * draw)
        values = tuple(noisy(leaf, sign * step, generator) for leaf in inputs)
        try:
            ends.append(case.call(asked.subject, values))
        except Exception:
            return Noise([0.0] * len(asked.signals), [0.0] * len(asked.signals))
    found = Noise([], [])
    for place, signal in enumerate(asked.signals):
        three = [each[place] for each in (ends[0], outputs, ends[1])]
        same = all(isinstance(leaf, Tensor) and leaf.shape == three[1].shape for leaf in three)
        if place not in asked.compared or not signal or not same:
            found.rounding.append(0.0)
            found.response.append(0.0)
            continue
        above, here, below = (real(asked.case.out_actions[place].observe(leaf)) for leaf in three)
        second, first = (above - here) - (here - below), (above - below) / 2
        found.rounding.append(root_mean_square(second[second.isfinite()]) / math.sqrt(6) / signal)
        found.response.append(root_mean_square(first[first.isfinite()]) / step / signal)
    return found


def storage_noise(asked: Asked, dtype: torch.dtype, *, draw: int = 0) -> list[float]:
    """What it does to f, per leaf, that the module's own numbers are rounded to `dtype`."""
    generator = asked.case.generator(3 + 50 * draw)
    perturb(asked.subject, unit(dtype) / 2, generator)
    return between(asked.case.call(asked.subject, asked.case.values), asked.outputs, asked)  # the call restores


def storage_error(asked: Asked, g: Any, answer: Answer, dtype: torch.dtype) -> list[float]:
    """How much the equivariance error at g, whose answer is known, changes if the module's own numbers are rounded.

    Per leaf, to `dtype`. Not at all in a module whose weights are tied: whatever they are, it is equivariant.
    """
    case, found = asked.case, []
    if answer.trouble is not None:
        return [0.0] * len(asked.signals)
    for values in (case.values, case.moved(g)):
        perturb(asked.subject, unit(dtype) / 2, case.generator(3))
        found.append(case.call(asked.subject, values))  # the call restores
    rounded = replace(asked, outputs=found[0])
    other = rounded.compare(found[1], lambda place: rounded.expected(g, place))
    if other.trouble is not None:
        return [0.0] * len(asked.signals)
    pairs = zip(answer.deltas, other.deltas, asked.signals, strict=True)
    return [0.0 if a is None or b is None else _finite_size(a - b, signal) for a, b, signal in pairs]


def _finite_size(delta: Tensor, signal: float) -> float:
    """The root mean square of the finite entries, in units of the signal; 0 where there is none."""
    return root_mean_square(delta[delta.isfinite()]) / signal if signal else 0.0


@torch.no_grad()
def perturb(subject: Subject, size: float, generator: torch.Generator) -> None:
    """Every parameter and buffer times 1 + size n, n uniform in [-1, 1], until the next call has been answered."""
    for module in subject.modules:
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point() and tensor.numel():
                noise = torch.rand(tensor.shape, generator=generator, dtype=torch.float64, device="cpu") * 2 - 1
                tensor.mul_((1 + size * noise).to(tensor))


def floors(asked: Asked, dtype: torch.dtype) -> list[float]:
    """Four units in the last place of f, per leaf, in units of the signals."""
    sizes = zip(asked.sizes, asked.signals, strict=True)
    return [4 * unit(dtype) * size / signal if signal else 0.0 for size, signal in sizes]


def cautious(asked: Asked, dtype: torch.dtype, *, boldness: float = 0.0) -> float:
    """The step of `own_round_off` that a subject which computes in `dtype` can tell, whatever it is given.

    boldness: from 0, a few units in the last place, to 1, the largest step whose square is far below the round-off. In
    a module with large biases the smallest changes of the input vanish before any rounding is drawn anew.
    """
    last = max(unit(_dtype(asked)), unit(dtype))
    small, large = _STEPS * last, max(_STEPS * last, _BOLD * math.sqrt(last))
    return small * (large / small) ** boldness


def _dtype(asked: Asked) -> torch.dtype:
    if asked.subject.autocast is not None:
        return asked.subject.autocast
    kinds = [leaf.dtype for leaf in asked.case.values if isinstance(leaf, Tensor) and leaf.is_floating_point()]
    return max(kinds, key=unit) if kinds else torch.float32


def recast(asked: Asked, subject: Subject, dtype: torch.dtype) -> Asked:
    """The same question to a copy in another precision, with the signals that were measured."""
    case = asked.case.cast(dtype)
    outputs = case.call(subject, case.values)
    return replace(asked, subject=subject, case=case, outputs=outputs)


def hidden_float32(asked: Asked) -> list[float]:
    """The noise per leaf of a float64 subject that computes in float32 inside, and 0 of one that does not.

    Between inputs that float32 tells apart, float64 has a second difference of about 1e-10, float32 one of 1e-7.
    """
    is_small = any(asked.outputs[place].numel() < _FEW for place in asked.compared)
    steps = (_HIDDEN_STEP, 5 * _HIDDEN_STEP, 15 * _HIDDEN_STEP, 50 * _HIDDEN_STEP)[: 4 if is_small else 1]
    draws = [own_round_off(asked, step, draw=draw).rounding for draw, step in enumerate(steps)]
    seen = [max(each) for each in zip(*draws, strict=True)]
    sizes = zip(seen, asked.sizes, asked.signals, strict=True)
    return [noise if signal and noise > _HIDDEN_NOISE * size / signal else 0.0 for noise, size, signal in sizes]
