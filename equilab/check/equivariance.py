"""The check itself: is f(g x) = g f(x), for every g, to the round-off that was measured?"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from equilab.check.case import Asked
from equilab.check.control import detection_limit
from equilab.check.explain import explain
from equilab.check.findings import ElementError, PartError, PrecisionError, Verdict
from equilab.check.interpolated import ask_interpolated
from equilab.check.level import Level, Levels, ask
from equilab.check.prepare import Mode, Prepared, prepare
from equilab.check.report import Report
from equilab.errors import EquivarianceError

_SOME = 8  # elements that the original is asked about where there is a sharper copy
_ROUGH = 0.3  # of the signal: a tolerance above it tells nothing


def equivariance(
    fn: Callable[..., Any],
    *inputs: Any,
    in_type: Any = None,
    out_type: Any = None,
    group: Any = None,
    elements: Sequence[Any] | None = None,
    mode: Mode = "as_is",
    autocast: torch.dtype | None = None,
    allowed: float = 0.1,
    seed: int = 0,
) -> Report:
    """A report on whether f(g x) = g f(x).

    >>> import torch
    >>> import equilab as eq
    >>> G = eq.groups.p4
    >>> x = torch.randn(2, 1, 9, 9, generator=torch.Generator().manual_seed(0))
    >>> eq.check.equivariance(eq.nn.GroupConv2d(1 * G.trivial, 2 * G.regular, 3), x).verdict
    <Verdict.PASS: 'PASS'>
    """
    ready = prepare(
        fn, inputs, in_type=in_type, out_type=out_type, group=group, elements=elements, mode=mode, autocast=autocast,
        seed=seed,
    )  # fmt: skip
    asked = Asked.of(ready.original, ready.case)
    exact = [g for g in ready.elements if ready.case.is_exact(g, asked.outputs)]
    between = [g for g in ready.elements if not ready.case.is_exact(g, asked.outputs)]
    levels = ask(
        ready.case, ready.original, ready.dtype, ready.sharp, ready.coarse, elements=exact,
        some=exact if len(exact) <= _SOME else exact[:: -(-len(exact) // _SOME)], defect=ready.defect, asked=asked,
    )  # fmt: skip
    case = levels.best.asked.case
    interpolated = ask_interpolated(case, levels.best.asked.subject, between) if between else []
    limit = _limit(levels, exact)
    verdict, notes = _verdict(levels, interpolated, allowed, limit)
    layers, offender, cause = explain(levels, verdict)
    return Report(
        subject=_name(fn),
        group=case.symmetry.name,
        verdict=verdict,
        elements=tuple(_rows(levels, case.symmetry.label)) + tuple(interpolated),
        precisions=tuple(_precisions(levels)),
        detection_limit=limit,
        allowed=allowed,
        leaves=tuple(_leaves(levels)),
        layers=layers,
        first_offender=offender,
        cause=cause,
        error_map=_error_map(levels),
        notes=(*ready.notes, *levels.notes, *notes),
    )


def assert_equivariant(fn: Callable[..., Any], *inputs: Any, **options: Any) -> Report:
    """The report of `equivariance`; EquivarianceError, with its table, unless the verdict is PASS."""
    report = equivariance(fn, *inputs, **options)
    if not report.passed:
        raise EquivarianceError(str(report))
    return report


def _limit(levels: Levels, exact: list[Any]) -> float:
    return detection_limit(levels.best, exact[-1]) if exact else math.nan


def _verdict(
    levels: Levels, interpolated: list[ElementError], allowed: float, limit: float
) -> tuple[Verdict, list[str]]:
    """The verdict, and what has to be said about it."""
    original, sharp = levels.original, levels.sharp
    asked = original.asked
    if any(isinstance(leaf, Tensor) and bool(leaf.isnan().any()) for leaf in asked.outputs if isinstance(leaf, Tensor)):
        return Verdict.FAIL, ["the output holds NaN"]
    silent = [place for place in asked.compared if _is_silent(asked, place, levels.original)]
    if silent or not asked.compared:
        return Verdict.VACUOUS, ["the output does not depend on the input, so nothing was shown"]
    if original.tolerance > _ROUGH:
        return Verdict.INCONCLUSIVE, [f"round-off is {original.round_off:.2g} of the signal: nothing can be told"]
    if not original.passes:
        return Verdict.FAIL, []
    if sharp is not None and not sharp.passes:
        return Verdict.FAIL, []
    if any(each.trouble or not each.mean <= max(allowed, 3 * each.floor) for each in interpolated):
        return Verdict.FAIL, []
    if any(each.floor > allowed for each in interpolated):
        return Verdict.INCONCLUSIVE, ["interpolation alone does more than is allowed: use smoother or larger inputs"]
    if math.isinf(limit):
        return Verdict.INCONCLUSIVE, ["the negative control was not noticed: an asymmetric module would pass, too"]
    return Verdict.PASS, []


def _is_silent(asked: Asked, place: int, level: Level) -> bool:
    """Whether a leaf of the output is the same for other inputs, up to round-off."""
    return asked.signals[place] <= 100 * torch.finfo(torch.float32).tiny or level.round_off > 1e3


def _rows(levels: Levels, label: Callable[[Any], str]) -> list[ElementError]:
    level = levels.best
    rows = []
    for g, answer in level.answers:
        if answer.trouble is not None:
            rows.append(ElementError(label(g), math.inf, math.inf, True, 0.0, answer.trouble))
        else:
            rows.append(
                ElementError(
                    label(g),
                    max((answer.distances[place].mean for place in level.asked.compared), default=0.0),
                    max((answer.distances[place].worst for place in level.asked.compared), default=0.0),
                    True,
                )
            )
    return rows


def _precisions(levels: Levels) -> list[PrecisionError]:
    found = [level for level in (levels.sharp, levels.original) if level is not None]
    return [
        PrecisionError(level.name, level.error, level.tolerance, level.round_off, counts=level is found[0])
        for level in found
    ]


def _leaves(levels: Levels) -> list[PartError]:
    level = levels.best
    found = []
    for place in level.asked.compared:
        errors = [answer.distances[place].mean for _, answer in level.answers if answer.trouble is None]
        found.append(
            PartError(f"[{place}]", max(errors, default=0.0), level.tolerances[place], level.asked.signals[place])
        )
    return found


def _error_map(levels: Levels) -> Tensor | None:
    worst = levels.best.worst
    if worst is None or worst[1].trouble is not None:
        return None
    images = [delta for delta in worst[1].deltas if delta is not None and delta.ndim == 4]
    return images[0].square().mean((0, 1)).sqrt().cpu() if images else None


def _name(fn: Any) -> str:
    function = fn.func if isinstance(fn, partial) else fn
    return getattr(function, "__name__", None) or type(function).__name__


__all__ = ["Prepared", "assert_equivariant", "equivariance"]
