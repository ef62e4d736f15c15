"""From a check that did not pass to the layer that broke it and the cause; from one that passed to its layers."""

from typing import Any, NamedTuple

from equilab.check.causes import Scene, cause
from equilab.check.findings import Cause, PartError, Verdict
from equilab.check.fit import fit
from equilab.check.layers import Step, first_broken, parts, steps
from equilab.check.level import Level, Levels


class Explanation(NamedTuple):
    """The errors of the layers, the first that is too large, and the cause."""

    layers: tuple[PartError, ...] = ()
    first_offender: PartError | None = None
    cause: Cause | None = None


def explain(levels: Levels, verdict: Verdict) -> Explanation:
    """What can be said of the layers at the worst element that needs no interpolation."""
    level = _failing(levels)
    if level.worst is None:
        return Explanation()
    g = level.worst[0]
    found = steps(level, g)
    if verdict is Verdict.PASS:
        return Explanation(parts([step for step in found if step.typed], level.tolerance))
    step = first_broken(found, level.tolerance)
    passing = [g for g, answer in level.answers if level.ratio(answer) <= 1]
    scene = Scene(levels, g, found, step, _is_broken_before(step, level, g), passing)
    offender = None if step is None else PartError(scene.where, step.error, level.tolerance)
    return Explanation(parts(found, level.tolerance), offender, cause(scene))


def _failing(levels: Levels) -> Level:
    """The level in which it fails, the sharper one first."""
    return levels.best if not levels.best.passes else levels.original if not levels.original.passes else levels.best


def _is_broken_before(step: Step | None, level: Level, g: Any) -> bool:
    """Whether the inputs of a layer are broken already, by code that is in no module before it."""
    if step is None:
        return False
    pairs = zip(step.still.inputs, step.moved.inputs, strict=False)
    fits = [fit(still, moved, g, level.asked.case.symmetry) for still, moved in pairs]
    return any(found is not None and found.error > max(1e-6, level.tolerance) for found in fits)
