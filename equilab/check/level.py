"""The answers of one subject in one precision, with its tolerance: is every error of the size of round-off?"""

from dataclasses import dataclass, field
from typing import Any

import torch

from equilab.check.calibrate import MARGIN, between, cautious, floors, own_round_off, recast, storage_noise, unit
from equilab.check.case import Answer, Asked, Case
from equilab.check.subject import Subject

_STORAGE_MARGIN = 6.0  # of what rounding the module's own numbers does
_ACTION_MARGIN = 10.0  # of the defect of the actions
_SOMETHING_ELSE = 0.1  # of the signal: a float64 copy that is further away computes another function
_NOT_DOUBLE = 30.0  # a float64 copy this much closer than round-off allows is not in float64 inside
_HIDDEN = 2e-7, 1e-8  # a step that float32 cannot hide, and the noise that shows that something is float32 inside


@dataclass
class Level:
    """One subject: asked about every element, with a tolerance per leaf, all in units of the signals."""

    name: str
    asked: Asked
    answers: list[tuple[Any, Answer]] = field(default_factory=list)
    tolerances: list[float] = field(default_factory=list)
    round_off: float = 0.0

    def ratio(self, answer: Answer) -> float:
        """The largest error of an answer over its tolerance; infinite where there is none."""
        if answer.trouble is not None:
            return float("inf")
        pairs = [(answer.distances[place].mean, self.tolerances[place]) for place in self.asked.compared]
        return max(
            (mean / tolerance if tolerance else (float("inf") if mean else 0.0) for mean, tolerance in pairs),
            default=0.0,
        )

    @property
    def worst(self) -> tuple[Any, Answer] | None:
        """The element with the largest error, and its answer."""
        return max(self.answers, key=lambda pair: self.ratio(pair[1]), default=None)

    @property
    def passes(self) -> bool:
        return all(self.ratio(answer) <= 1 for _, answer in self.answers)

    @property
    def tolerance(self) -> float:
        """The largest tolerance of a leaf that is compared."""
        return max((self.tolerances[place] for place in self.asked.compared), default=0.0)

    @property
    def error(self) -> float:
        """The largest error of an element, root mean square."""
        found = [
            answer.distances[place].mean if answer.trouble is None else float("inf")
            for _, answer in self.answers
            for place in (self.asked.compared if answer.trouble is None else [0])
        ]
        return max(found, default=0.0)


@dataclass
class Levels:
    """The module as it was handed over, and where there is one a float64 copy of it."""

    original: Level
    sharp: Level | None
    notes: list[str]

    @property
    def best(self) -> Level:
        """The level that sees more."""
        return self.sharp or self.original


def ask(
    case: Case, original: Subject, dtype: torch.dtype, sharp: Subject | None, coarse: Subject | None, *,
    elements: list[Any], some: list[Any], defect: float, asked: Asked,
) -> Levels:  # fmt: skip
    """Ask every element of the float64 copy, and `some` of the original, and measure the tolerances of both.

    coarse: a float32 copy, where the original is in float64 itself. defect: that of the actions.
    """
    notes: list[str] = []
    first = Level(_name(original, dtype), asked)
    noise = own_round_off(asked, cautious(asked))
    if sharp is not None:
        second = Level("float64 copy", recast(asked, sharp, torch.float64))
        for g in elements:
            second.answers.append((g, second.asked.at(g)))
            if g in some:
                first.answers.append((g, asked.at(g)))
        apart = _apart(first, second)
        closest = max(apart[place] for place in asked.compared) if asked.compared else 0.0
        own = max((noise[place] for place in asked.compared), default=0.0)
        if closest > _SOMETHING_ELSE and closest > 1000 * own:
            notes.append(
                f"the float64 copy computes something else (it differs by {closest:.2g} of the signal): the original "
                "decides"
            )
            second_counts = False
        elif closest < own / _NOT_DOUBLE:
            notes.append("the float64 copy is not in float64 inside: the original decides")
            second_counts = False
        else:
            noise = [max(pair) for pair in zip(noise, apart, strict=True)]
            second_counts = True
        if second_counts:
            scale = torch.finfo(torch.float64).eps / unit(dtype)
            stored = storage_noise(second.asked, dtype)
            fine = own_round_off(second.asked, cautious(second.asked))
            second.round_off = max((noise[place] * scale for place in asked.compared), default=0.0)
            second.tolerances = [
                max(
                    MARGIN * max(noise[place] * scale, fine[place]),
                    low,
                    _STORAGE_MARGIN * stored[place],
                    _ACTION_MARGIN * defect,
                )
                for place, low in enumerate(floors(second.asked, torch.float64))
            ]
        else:
            sharp = None
    else:
        first.answers = [(g, asked.at(g)) for g in elements]
        if coarse is not None:
            noise = _scaled_noise(asked, noise, coarse)
        second = first
    first.round_off = max((noise[place] for place in asked.compared), default=0.0)
    first.tolerances = [
        max(MARGIN * noise[place], low, _ACTION_MARGIN * defect) for place, low in enumerate(floors(asked, dtype))
    ]
    if sharp is None and len(first.answers) < len(elements):
        seen = [g for g, _ in first.answers]
        first.answers += [(g, asked.at(g)) for g in elements if not any(g is known for known in seen)]
    return Levels(first, second if sharp is not None else None, notes)


def _apart(first: Level, second: Level) -> list[float]:
    """The largest distance of the two at x and at every g x, per leaf."""
    found = between(first.asked.outputs, second.asked.outputs, second.asked)
    fine = dict((id(g), answer) for g, answer in second.answers)
    for g, answer in first.answers:
        other = fine[id(g)]
        if answer.trouble is None and other.trouble is None:
            here = between(answer.outputs, other.outputs, second.asked)
            found = [max(pair) for pair in zip(found, here, strict=True)]
    return found


def _scaled_noise(asked: Asked, noise: list[float], coarse: Subject) -> list[float]:
    """The round-off of a float64 module: that of a float32 copy, scaled; or of float32 where that hides inside."""
    try:
        rough = recast(asked, coarse, torch.float32)
    except Exception:
        rough = None  # it takes float64 only
    if rough is not None:
        apart = between(rough.outputs, asked.outputs, asked)
        scale = torch.finfo(torch.float64).eps / torch.finfo(torch.float32).eps
        noise = [max(own, far * scale) if far < _SOMETHING_ELSE else own for own, far in zip(noise, apart, strict=True)]
    step, limit = _HIDDEN
    hidden = own_round_off(asked, step)
    sizes = zip(noise, hidden, asked.sizes, asked.signals, strict=True)
    return [max(own, seen) if signal and seen > limit * size / signal else own for own, seen, size, signal in sizes]


def _name(subject: Subject, dtype: torch.dtype) -> str:
    short = str(dtype).removeprefix("torch.")
    return f"as handed over ({'autocast ' if subject.autocast else ''}{short})"
