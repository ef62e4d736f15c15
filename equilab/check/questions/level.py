"""The answers of one subject in one precision, with its tolerance: is every error of the size of round-off?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from equilab.check.questions.calibrate import (
    MARGIN,
    Noise,
    between,
    cautious,
    floors,
    hidden_float32,
    own_round_off,
    recast,
    storage_error,
    storage_noise,
    unit,
)
from equilab.check.questions.case import Answer, Asked
from equilab.check.questions.compare import real_dtype
from equilab.check.subjects.subject import Subject, cast, floating

_STORAGE_MARGIN = 10.0  # of the error that rounding its own numbers makes; sound bases of escnn, made in float32: 8
_CONSTANTS = 0.25  # of the numbers of a module with weights that may be constants written in its code
_DRAWS = 4  # of the round-off at an input that fails
_ACTION_MARGIN = 10.0  # of the defect of the actions
_SOMETHING_ELSE = 100.0  # a float64 copy that is further away than so many times the round-off is another function
_HALF_ELSE = 30.0, 0.1  # likewise for half precisions, and of the signal
_TENSOR_FLOAT = 3e-3  # of the signal: what multiplying in TF32, which no small change of the inputs shows, may do
_NOT_DOUBLE = 30.0  # a float64 copy this much closer than round-off allows is not in float64 inside
_HALF = 1e-4  # units in the last place of half precisions are larger


@dataclass
class Level:
    """One subject: asked about elements, with a tolerance per leaf, all in units of the signals."""

    name: str
    asked: Asked
    answers: list[tuple[Any, Answer]] = field(default_factory=list)
    tolerances: list[float] = field(default_factory=list)
    strict: list[float] = field(default_factory=list)  # tolerances but for what rounding its own numbers does
    round_off: float = 0.0
    source: str = ""  # what the largest tolerance follows from

    def ratio(self, answer: Answer) -> float:
        """The largest error of an answer over its tolerance; infinite where there is none."""
        if answer.trouble is not None:
            return math.inf
        pairs = [(answer.distances[place].mean, self.tolerances[place]) for place in self.asked.telling]
        return max((mean / tolerance if tolerance else mean and math.inf for mean, tolerance in pairs), default=0.0)

    def size(self, answer: Answer) -> float:
        """The largest error of an answer, root mean square; infinite where there is none."""
        if answer.trouble is not None:
            return math.inf
        return max((answer.distances[place].mean for place in self.asked.telling), default=0.0)

    @property
    def worst(self) -> tuple[Any, Answer] | None:
        """The element with the largest error, and its answer."""
        return max(self.answers, key=lambda pair: self.ratio(pair[1]), default=None)

    @property
    def passes(self) -> bool:
        return all(self.ratio(answer) <= 1 for _, answer in self.answers)

    @property
    def is_exact(self) -> bool:
        """Whether every error is of the size of what computing rounds, whatever its numbers are."""
        return all(
            answer.trouble is None and answer.distances[place].mean <= self.strict[place]
            for _, answer in self.answers
            for place in self.asked.telling
        )

    @property
    def tolerance(self) -> float:
        """The largest tolerance of a leaf that is compared."""
        return max((self.tolerances[place] for place in self.asked.telling), default=0.0)

    @property
    def error(self) -> float:
        """The largest error of an element, root mean square."""
        return max((self.size(answer) for _, answer in self.answers), default=0.0)

    def settle(self, noise: Noise, dtype: torch.dtype, defect: float, stored: Sequence[float] = ()) -> None:
        """Set the tolerances, after another look at the round-off at every g x that fails, and at x once more.

        f may round worse than it seemed: a ReLU at its kink, a single output whose rounding happened to be small, a
        feature that is 0 but for the last digit. Where that feature is the sum of constants no change of the input
        shows it, but one in the last digit of the weights does.
        """
        self._set(noise, dtype, defect, stored)
        seen: list[Any] = []
        while (worst := self.worst) is not None and worst[1].trouble is None and self.ratio(worst[1]) > 1:
            if any(worst[0] is g for g in seen):
                break  # it fails by more than it rounds
            seen.append(worst[0])
            for draw in range(_DRAWS):
                step = cautious(self.asked, dtype, boldness=draw / (_DRAWS - 1))
                noise = noise.max(own_round_off(self.asked, step, at=(worst[0], worst[1].outputs), draw=draw))
                if len(seen) == 1:
                    noise = noise.max(own_round_off(self.asked, step, draw=draw))
                    noise = noise.max(Noise(storage_noise(self.asked, dtype, draw=draw), noise.response))
            self._set(noise, dtype, defect, stored)

    def _set(self, found: Noise, dtype: torch.dtype, defect: float, stored: Sequence[float]) -> None:
        """Tolerances per leaf: margins over round-off, the defect of the actions, and rounded weights."""
        noise = found.total(dtype, defect)
        self.round_off = max((noise[place] for place in self.asked.telling), default=0.0)
        reasons = {
            f"{MARGIN:g} x the measured round-off": [MARGIN * each for each in noise],
            "4 units in the last place of the output": floors(self.asked, dtype),
            f"{_ACTION_MARGIN:g} x the defect of the action itself": [_ACTION_MARGIN * defect] * len(noise),
            f"{_STORAGE_MARGIN:g} x the error of rounding its own numbers": [_STORAGE_MARGIN * each for each in stored],
        }
        known = {reason: values for reason, values in reasons.items() if values}
        self.strict = [max(each) for each in zip(*list(reasons.values())[:3], strict=True)]
        self.tolerances = [max(each) for each in zip(*known.values(), strict=True)]
        widest = max(self.asked.telling, key=self.tolerances.__getitem__, default=None)
        if widest is not None:
            self.source = max(known, key=lambda reason: known[reason][widest])


@dataclass
class Levels:
    """The module as it was handed over, and where there is one a float64 copy of it."""

    original: Level
    copy: Level | None = None
    copy_counts: bool = True  # False: the copy is reported, and the original decides
    notes: list[str] = field(default_factory=list)
    apart: float = 0.0  # how far the two are apart, in units of the signal
    is_half: bool = False  # whether the original computes in a half precision

    @property
    def best(self) -> Level:
        """The level from which the verdict is, if the original passes: the one that sees more."""
        return self.copy if self.copy is not None and self.copy_counts else self.original


def ask(
    asked: Asked, dtype: torch.dtype, copy: Subject | None, coarse: Subject | None, elements: Sequence[Any], *,
    few: int, defect: float,
) -> Levels:  # fmt: skip
    """Ask a float64 copy about every element, the original about a few, and measure the tolerances of both.

    asked: the original at x; copy: in float64, where the original is not; coarse: in float32, where it is. defect: that
    of the actions.
    """
    noise = own_round_off(asked, cautious(asked, dtype))
    first = Level(_name(asked.subject, dtype), asked)
    if copy is None:
        first.answers = [(g, asked.at(g)) for g in elements]
        first.settle(noise if coarse is None else _of_double(asked, noise, coarse), dtype, defect)
        return Levels(first)
    some = list(elements)[:: -(-len(elements) // few)] if elements else []
    second = Level("float64 copy", recast(asked, copy, torch.float64))
    second.answers = [(g, second.asked.at(g)) for g in elements]
    first.answers = [(g, asked.at(g)) for g in some]
    apart = _apart(first, second)
    note = _unlike(second, noise.rounding, apart, dtype)
    if note is None:
        noise = noise._replace(rounding=[max(pair) for pair in zip(noise.rounding, apart, strict=True)])
    else:
        first.answers = [(g, asked.at(g)) for g in elements]
    first.settle(noise, dtype, defect)
    scale = unit(torch.float64) / unit(dtype)
    fine = own_round_off(second.asked, cautious(second.asked, torch.float64))
    fine = fine.max(Noise([scale * each for each in noise.rounding], fine.response))
    stored: list[float] = [0.0] * len(asked.signals)
    if second.answers:
        stored = storage_error(second.asked, *second.answers[-1], _stored_in(asked.subject))
    second.settle(fine, torch.float64, defect, stored)
    if note is None and first.passes and not second.passes:
        share = _CONSTANTS * unit(_stored_in(asked.subject)) if _own_numbers(asked.subject) else unit(dtype)
        written = [share / 2 * each for each in fine.response]  # constants in code round as inputs do
        second.settle(fine, torch.float64, defect, [max(pair) for pair in zip(stored, written, strict=True)])
    far = max((apart[place] for place in asked.telling), default=0.0)
    return Levels(first, second, note is None, [] if note is None else [note], far, unit(dtype) > _HALF)


def _unlike(copy: Level, noise: list[float], apart: list[float], dtype: torch.dtype) -> str | None:
    """Why a float64 copy, as it answered, does not count: it computes something else, or not in float64."""
    own, far = (max((each[place] for place in copy.asked.telling), default=0.0) for each in (noise, apart))
    last = max((floors(copy.asked, dtype)[place] for place in copy.asked.telling), default=0.0)
    times, least = _SOMETHING_ELSE, _TENSOR_FLOAT if _uses_tensor_float(copy.asked) else 0.0
    if unit(dtype) > _HALF:
        (times, least), last = _HALF_ELSE, 0.0
    if far > times * max(own, last) and far > least:
        return f"the float64 copy computes something else, {far:.2g} of the signal away: the module itself decides"
    if (far <= own / _NOT_DOUBLE and any(hidden_float32(copy.asked))) or (far == 0 and _is_float32(copy)):
        return "the float64 copy is not in float64 inside: the module itself decides"
    return None


def _uses_tensor_float(asked: Asked) -> bool:
    """Whether a GPU may compute in TF32."""
    on_gpu = any(leaf.is_cuda for leaf in asked.outputs if isinstance(leaf, Tensor))
    return on_gpu and bool(torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32)


def _is_float32(level: Level) -> bool:
    """Whether there are errors, and all that was answered are numbers of float32."""
    answers = (level.asked.outputs, *(answer.outputs for _, answer in level.answers))
    numbers = (leaf for outputs in answers for leaf in floating(outputs))
    return level.error > 0 and all(torch.equal(leaf, cast(cast(leaf, torch.float32), leaf.dtype)) for leaf in numbers)


def _apart(first: Level, second: Level) -> list[float]:
    """The largest distance of the two at x and at every g x, per leaf."""
    found = between(first.asked.outputs, second.asked.outputs, second.asked)
    fine = {id(g): answer for g, answer in second.answers}
    for g, answer in first.answers:
        other = fine[id(g)]
        if answer.trouble is None and other.trouble is None:
            here = between(answer.outputs, other.outputs, second.asked)
            found = [max(pair) for pair in zip(found, here, strict=True)]
    return found


def _of_double(asked: Asked, noise: Noise, coarse: Subject) -> Noise:
    """The round-off of a float64 module: that of a float32 copy, scaled; or of float32 where that hides inside."""
    rough = recast(asked, coarse, torch.float32)
    apart = between(rough.outputs, asked.outputs, asked)
    scale = unit(torch.float64) / unit(torch.float32)
    apart = [far * scale if far < _SOMETHING_ELSE else 0.0 for far in apart]
    rounding = [max(each) for each in zip(noise.rounding, apart, hidden_float32(asked), strict=True)]
    return noise._replace(rounding=rounding)


def _stored_in(subject: Subject) -> torch.dtype:
    """The coarsest precision of the module's own numbers; under autocast they are finer than what is computed."""
    return max({real_dtype(tensor) for tensor in _own_numbers(subject)}, key=unit, default=torch.float64)


def _own_numbers(subject: Subject) -> list[Tensor]:
    """The floating parameters and buffers of a subject."""
    return floating(tensor for module in subject.modules for tensor in (*module.parameters(), *module.buffers()))


def _name(subject: Subject, dtype: torch.dtype) -> str:
    short = str(dtype).removeprefix("torch.")
    return f"as handed over ({'autocast ' if subject.autocast else ''}{short})"
