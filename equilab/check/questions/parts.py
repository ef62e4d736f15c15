"""The pieces of a report that are read off one level: elements, precisions, leaves, fields, a map of the error."""

import math

from torch import Tensor

from equilab.check.actions.plane import Fields
from equilab.check.questions.compare import distance, spread
from equilab.check.questions.level import Level, Levels
from equilab.check.reports.findings import ElementError, PartError, PrecisionError


def element_errors(level: Level) -> tuple[ElementError, ...]:
    """One record per element that was asked."""
    label, found = level.asked.case.symmetry.label, []
    for g, answer in level.answers:
        worst = (
            [answer.distances[place].worst for place in level.asked.telling] if answer.trouble is None else [math.inf]
        )
        found.append(
            ElementError(label(g), level.size(answer), max(worst, default=0.0), True, trouble=answer.trouble or "")
        )
    return tuple(found)


def precisions(levels: Levels) -> tuple[PrecisionError, ...]:
    """The sharper level first; a copy that computes something else does not count."""
    found = [level for level in (levels.copy, levels.original) if level is not None]
    return tuple(
        PrecisionError(
            level.name,
            level.error,
            level.tolerance,
            level.round_off,
            level.source,
            counts=level is levels.original or levels.copy_counts,
        )
        for level in found
    )


def leaf_errors(level: Level) -> tuple[PartError, ...]:
    """One record per leaf of the output that is compared."""
    asked, found = level.asked, []
    for place in asked.compared:
        errors = [answer.distances[place].mean for _, answer in level.answers if answer.trouble is None]
        silent = place in asked.silent
        found.append(
            PartError(
                asked.case.out_names[place] or "output",
                0.0 if silent else max(errors, default=0.0),
                level.tolerances[place],
                asked.signals[place],
                "says nothing: the same for different inputs" if silent else "",
            )
        )
    return tuple(found)


def field_errors(level: Level) -> tuple[PartError, ...]:
    """One record per field of an output with a field type, at the worst element; a dead field says so."""
    asked, worst = level.asked, level.worst
    if worst is None or worst[1].trouble is not None or asked.other is None:
        return ()
    found = []
    for place in asked.telling:
        action, delta = asked.case.out_actions[place], worst[1].deltas[place]
        here, there = asked.outputs[place], asked.other[place]
        if not isinstance(action, Fields) or delta is None or here.shape != there.shape:
            continue
        for count, field in enumerate(action.field_type):
            part = slice(field.start, field.stop)
            error = distance(delta[:, part], asked.signals[place]).mean
            signal = spread(here[:, part], there[:, part])
            dead = "dead: the same for different inputs" if signal == 0 else ""
            name = f"{asked.case.out_names[place]} {count} ({field.representation.name})".strip()
            found.append(PartError(name, error, level.tolerances[place], signal, dead))
    return tuple(found)


def error_map(level: Level) -> Tensor | None:
    """Where on the image the error is, (H, W), at the worst element: root mean square over batch and channels."""
    worst = level.worst
    if worst is None or worst[1].trouble is not None:
        return None
    images = [
        (answer, delta)
        for place, (answer, delta) in enumerate(zip(worst[1].distances, worst[1].deltas, strict=True))
        if delta is not None and delta.ndim == 4 and place in level.asked.telling
    ]
    if not images:
        return None
    return max(images, key=lambda pair: pair[0].mean)[1].square().mean((0, 1)).sqrt().cpu()
