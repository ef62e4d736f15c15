"""From a check that did not pass to the layer that broke it and the cause; from one that passed to its layers."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from equilab.check.causes import Scene, cause
from equilab.check.causes.carry import Carrier
from equilab.check.causes.fragile import fresh_norms
from equilab.check.causes.layers import Step, first_broken, parts, steps
from equilab.check.questions.case import Asked
from equilab.check.questions.level import Level, Levels
from equilab.check.reports.findings import Cause, ElementError, PartError, Verdict


class Explanation(NamedTuple):
    """The errors of the layers, the first that is too large, and the cause."""

    layers: tuple[PartError, ...] = ()
    first_offender: PartError | None = None
    cause: Cause | None = None
    notes: tuple[str, ...] = ()


def explain(levels: Levels, verdict: Verdict, interpolated: Sequence[ElementError] = ()) -> Explanation:
    """What can be said of the layers at the worst element that needs no interpolation."""
    level = _failing(levels)
    case = level.asked.case
    g = level.worst[0] if level.worst is not None else case.symmetry.identity
    if g is None:
        return Explanation()
    carrier = Carrier(case, g)
    if verdict is Verdict.FAIL:
        level = _moving(level, g)
    if verdict is Verdict.PASS:
        return Explanation(parts(steps(level, g, carrier, fitted=False)), notes=fresh_norms(level))
    found = steps(level, g, carrier)
    step = None if level.passes else first_broken(found)
    scene = Scene(
        levels,
        level,
        verdict,
        g,
        carrier,
        found,
        step,
        _is_broken_before(step, found, level, carrier),
        tuple(interpolated),
    )
    named = cause(scene)
    offender = None if step is None else PartError(scene.where, step.error, step.limit)
    return Explanation(parts(found), offender, named)


def _failing(levels: Levels) -> Level:
    """The level in which it fails, the one that decides first."""
    return levels.best if not levels.best.passes else levels.original if not levels.original.passes else levels.best


def _moving(level: Level, g: Any) -> Level:
    """The same at other inputs, where g does not move the given ones, which then tell little about layers."""
    case = level.asked.case
    if not all(_is_same(leaf, moved) for leaf, moved in zip(case.values, case.moved(g), strict=True)):
        return level
    try:
        asked = Asked.of(level.asked.subject, replace(case, values=case.others()[1]))
        found = replace(level, asked=asked, answers=[(g, asked.at(g))])
    except Exception:
        return level  # it does not take other inputs
    return level if found.passes or asked.telling != level.asked.telling else found


def _is_same(leaf: Any, moved: Any) -> bool:
    return not isinstance(leaf, Tensor) or torch.equal(leaf, moved)


def _is_broken_before(step: Step | None, found: list[Step], level: Level, carrier: Carrier) -> bool:
    """Whether the inputs of a layer are broken already, by code that is in no module before it."""
    if step is None:
        return False
    given = [leaf for leaf in level.asked.case.values if isinstance(leaf, Tensor)]
    earlier = found[: found.index(step)]
    given += [leaf for each in earlier if not math.isnan(each.error) for leaf in each.still.outputs]
    for here, mixed in zip(step.still.inputs, step.inputs(carrier), strict=False):
        if any(here.shape == leaf.shape and torch.equal(here, leaf) for leaf in given):
            continue  # an input of the whole, or what a sound layer answered
        if mixed is not None and not math.isnan(mixed.left) and mixed.error > step.limit:
            return True
    return False
