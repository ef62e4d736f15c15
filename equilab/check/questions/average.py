"""The report on the mean of a stochastic module over its random numbers."""

import math
from typing import Any

from equilab.check.questions.case import Asked
from equilab.check.questions.expectation import Interval, expected_errors
from equilab.check.questions.prepare import Prepared
from equilab.check.reports.findings import Cause, ElementError, PrecisionError, Quantity, Verdict
from equilab.check.reports.report import Report

_FEW = 8  # elements that are asked
_CAUSE = Cause(
    "not equivariant in the mean",
    "the output",
    "the mean over the random numbers does not move as its type says: more than chance explains",
    "check the module in mode='eval' or without its random part, where the layer that breaks is named",
)


def in_expectation(name: str, ready: Prepared, asked: Asked, exact: list[Any], seeds: int, allowed: float) -> Report:
    """FAIL where an interval lies above round-off, PASS where all lie below `allowed`, else INCONCLUSIVE.

    Elements that need interpolation are not asked.
    """
    label, notes, trouble = ready.case.symmetry.label, list(ready.notes), ""
    found: list[tuple[str, list[Interval]]] = []
    if not asked.has_nan:
        try:
            found = [(label(g), expected_errors(asked, g, seeds, ready.dtype)) for g in exact[:_FEW]]
        except Exception as error:
            trouble = f"{type(error).__name__}: {error}"
    verdict = _verdict(asked, found, allowed)
    if asked.has_nan or trouble:
        verdict = Verdict.FAIL
        notes.append("the output holds NaN" if asked.has_nan else f"at g x: {trouble}")
    elif not exact:
        verdict = Verdict.INCONCLUSIVE
        notes.append("every element would have to be interpolated: ask a subgroup of the pixel grid for the mean")
    elif verdict is Verdict.INCONCLUSIVE:
        notes.append("more seeds, or inputs whose outputs differ more, would tell")
    worst = [(word, max(each, key=lambda one: one.value)) for word, each in found if each]
    quantities = tuple(
        Quantity(
            f"mean over {seeds} draws at {word}{' of ' + asked.case.out_names[place] if len(each) > 1 else ''}",
            one.value,
            allowed,
            _verdict_of(one, allowed),
            f"{one.low:.2g} to {one.high:.2g}",
        )
        for word, each in found
        for place, one in zip(asked.telling, each, strict=True)
    )
    largest = max((one.value for _, one in worst), default=0.0)
    round_off = max((one.round_off for _, one in worst), default=0.0)
    return Report(
        subject=name,
        group=ready.case.symmetry.name,
        verdict=verdict,
        elements=tuple(ElementError(word, one.value, one.high, True) for word, one in worst),
        precisions=(PrecisionError(f"mean over {seeds} draws", largest, allowed, round_off, "`allowed`"),),
        detection_limit=math.nan,
        allowed=allowed,
        quantities=quantities,
        cause=_CAUSE if verdict is Verdict.FAIL and not trouble and not asked.has_nan else None,
        notes=tuple(notes),
    )


def _verdict_of(interval: Interval, allowed: float) -> Verdict:
    if interval.low > interval.round_off:
        return Verdict.FAIL
    return Verdict.PASS if interval.high <= allowed else Verdict.INCONCLUSIVE


def _verdict(asked: Asked, found: list[tuple[str, list[Interval]]], allowed: float) -> Verdict:
    """That of the outputs together: one that fails fails all, one that is silent shows nothing."""
    verdicts = {_verdict_of(one, allowed) for _, each in found for one in each}
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    if asked.silent or not asked.compared:
        return Verdict.VACUOUS
    return Verdict.INCONCLUSIVE if Verdict.INCONCLUSIVE in verdicts or not verdicts else Verdict.PASS
