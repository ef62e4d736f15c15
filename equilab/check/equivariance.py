"""The check itself: is f(g x) = g f(x), for every g, to the round-off that was measured?"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from equilab.check.causes.explain import Explanation, explain
from equilab.check.causes.fragile import untied
from equilab.check.questions.average import in_expectation
from equilab.check.questions.calibrate import between
from equilab.check.questions.case import Asked
from equilab.check.questions.control import detection_limit
from equilab.check.questions.gradients import derivative, differentiated, keeps_lengths
from equilab.check.questions.interpolated import ask_interpolated
from equilab.check.questions.level import Level, Levels, ask
from equilab.check.questions.parts import element_errors, error_map, field_errors, leaf_errors, precisions
from equilab.check.questions.prepare import Mode, Prepared, prepare
from equilab.check.questions.verdict import judge
from equilab.check.reports.findings import Cause, ElementError, Quantity, Verdict
from equilab.check.reports.report import Report
from equilab.errors import EquivarianceError, SettingError

_BACKWARD = Cause(
    "gradient",
    "the backward pass",
    "the outputs are equivariant, and their gradients are not: a custom autograd function, a detach() or a gradient "
    "hook treats places or channels differently",
    "make the backward pass commute with the group as the forward pass does",
)
_UNSEEDED = Cause(
    "random numbers",
    "the function itself",
    "f(x) is not the same twice: it draws random numbers that are not those of torch, numpy or Python, or keeps a "
    "state that cannot be put back",
    "seed what it draws from in every call, or judge its mean by seeds=64",
)
_REPEATED = 1e-3  # of the signal: what non-deterministic sums of a device stay far below
_DISTURBED = 1e-4  # of the signal: less is no answer to parameters that are changed by a tenth
_FEW = 8  # elements that the original is asked about where there is a sharper copy


def equivariance(
    fn: Callable[..., Any],
    *inputs: Any,
    in_type: Any = None,
    out_type: Any = None,
    group: Any = None,
    elements: Sequence[Any] | None = None,
    mode: Mode = "as_is",
    autocast: torch.dtype | None = None,
    gradients: bool = False,
    seeds: int | None = None,
    allowed: float = 0.1,
    seed: int = 0,
) -> Report:
    """A report on whether f(g x) = g f(x) for every element g, to round-off that is measured.

    Inputs and outputs are tensors, numpy arrays, escnn GeometricTensors, or dicts, lists, tuples and dataclasses of
    them; a type stands for one leaf or for all leaves of a part. in_type, out_type: FieldType, e3nn irreps (string or
    object), escnn field type, an action of this package (Invariant, Points, Permute, Translate, Custom, ...) or a
    function (g, x) -> x; read from the module if it carries them. group: where no type names it. elements: where not
    all, or generators and random ones, are to be tried.

    Error at g: |f(g x) - g f(x)| / |signal|, both root mean square; the signal is the spread of f over different
    inputs. Verdicts: PASS: every error is within 10 times the round-off, measured as float32 against float64 and by
    second differences, or within what rounded weights and the actions themselves explain; FAIL; VACUOUS: the output
    does not depend on the input; INCONCLUSIVE: round-off hides the answer, or the built-in control, a slightly
    asymmetric copy, went unnoticed. Elements that the pixel grid does not allow are asked with smooth inputs that are
    known between the pixels; up to `allowed` is no failure.

    The module is judged as it was handed over, in its dtype and mode (`mode`, `autocast` choose another); a float64
    copy only sharpens the answer. Stochastic modules get the same random numbers at x and g x; with seeds=n the mean
    over n draws is judged instead, by an interval, at elements that need no interpolation. gradients: input gradients
    move as the inputs do, parameter gradients stay. The module and all global state are left as they were.

    Raises SettingError, FieldTypeError, GroupError for arguments that do not fit, ActionError for a type that is no
    action, and what the module itself raises at x.

    >>> import torch
    >>> import equilab as eq
    >>> G = eq.groups.p4
    >>> x = torch.randn(2, 1, 9, 9, generator=torch.Generator().manual_seed(0))
    >>> eq.check.equivariance(eq.nn.GroupConv2d(1 * G.trivial, 2 * G.regular, 3), x).verdict
    <Verdict.PASS: 'PASS'>
    >>> plain = torch.nn.Conv2d(1, 8, 3)
    >>> eq.check.equivariance(plain, x, in_type=1 * G.trivial, out_type=2 * G.regular).verdict
    <Verdict.FAIL: 'FAIL'>
    """
    if not allowed >= 0:
        raise SettingError("allowed", expected="a relative error of at least 0", got=allowed)
    if seeds is not None and (not isinstance(seeds, int) or seeds < 4):
        raise SettingError("seeds", expected="an integer of at least 4", got=repr(seeds), hint="32 is a good start")
    ready = prepare(
        fn, inputs, in_type=in_type, out_type=out_type, group=group, elements=elements, mode=mode, autocast=autocast,
        seed=seed,
    )  # fmt: skip
    asked = Asked.of(ready.original, ready.case)
    exact = [g for g in ready.elements if ready.case.is_exact(g, asked.outputs)]
    between = [g for g in ready.elements if not ready.case.is_exact(g, asked.outputs)]
    if seeds is not None:
        return in_expectation(_name(fn), ready, asked, exact, seeds, allowed)
    levels = ask(asked, ready.dtype, ready.sharp, ready.coarse, exact, few=_FEW, defect=ready.defect)
    best = levels.best
    interpolated = ask_interpolated(best.asked.case, best.asked.subject, between) if between else []
    limit = detection_limit(best, exact) if best.passes else math.nan
    verdict, notes = judge(levels, interpolated, allowed, limit)
    explanation = explain(levels, verdict, interpolated)
    if verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE) and not _repeats(asked):
        explanation = explanation._replace(cause=_UNSEEDED)
    report = _report(_name(fn), ready, levels, interpolated, verdict, explanation, limit, allowed, notes)
    return _with_gradients(report, ready, asked, exact) if gradients else report


def assert_equivariant(fn: Callable[..., Any], *inputs: Any, **options: Any) -> Report:
    """The report of `equivariance`, which takes the same arguments; EquivarianceError, with its table, unless PASS.

    >>> import torch
    >>> import equilab as eq
    >>> swapped = eq.check.Permute(1)
    >>> eq.check.assert_equivariant(torch.nn.Tanh(), torch.randn(4, 5), in_type=swapped, out_type=swapped).passed
    True
    """
    __tracebackhide__ = True
    report = equivariance(fn, *inputs, **options)
    if not report.passed:
        raise EquivarianceError("fn", expected="PASS", got=str(report.verdict), message=str(report))
    return report


def _report(
    name: str, ready: Prepared, levels: Levels, interpolated: list[ElementError], verdict: Verdict,
    explanation: Explanation, limit: float, allowed: float, notes: list[str],
) -> Report:  # fmt: skip
    """All of it, put together."""
    return Report(
        subject=name,
        group=ready.case.symmetry.name,
        verdict=verdict,
        elements=(*element_errors(levels.best), *interpolated),
        precisions=precisions(levels),
        detection_limit=limit,
        allowed=allowed,
        leaves=leaf_errors(levels.best),
        fields=field_errors(levels.best),
        layers=explanation.layers,
        first_offender=explanation.first_offender,
        cause=explanation.cause,
        error_map=error_map(levels.best),
        notes=(*ready.notes, *levels.notes, *notes, *explanation.notes),
    )


def _with_gradients(report: Report, ready: Prepared, asked: Asked, exact: list[Any]) -> Report:
    """The report with what gradients say, which may turn a PASS into a FAIL, or INCONCLUSIVE where they say nothing."""
    case = derivative(asked)
    if case is None or not exact:
        return _without_gradients(report, "there is no floating output to differentiate")
    if not keeps_lengths(asked, exact[:_FEW]):
        return _without_gradients(report, "an action does not keep lengths, so gradients move in another way")
    try:
        slope = Asked.of(differentiated(ready.original), case)
    except RuntimeError as error:
        return _without_gradients(report, str(error).splitlines()[0])
    sharp, coarse = (None if each is None else differentiated(each) for each in (ready.sharp, ready.coarse))
    levels = ask(slope, ready.dtype, sharp, coarse, exact[:_FEW], few=_FEW, defect=ready.defect)
    verdict, notes = judge(levels, [], report.allowed, 0.0)
    best = levels.best
    found = [
        Quantity(part.name, part.error, part.tolerance, Verdict.FAIL if part.is_broken else Verdict.PASS)
        for part in leaf_errors(best)
    ]
    if report.passed and verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        cause = _of_gradients(best, ready) if verdict is Verdict.FAIL else None
        report = replace(report, verdict=verdict, cause=cause)
    said = tuple(f"gradients: {note}" for note in notes)
    return replace(report, quantities=(*report.quantities, *found), notes=(*report.notes, *said))


def _without_gradients(report: Report, why: str) -> Report:
    """The report, which cannot be a PASS: what was asked for was not shown."""
    verdict = Verdict.INCONCLUSIVE if report.passed else report.verdict
    return replace(report, verdict=verdict, notes=(*report.notes, f"gradients: not checked: {why}"))


def _of_gradients(best: Level, ready: Prepared) -> Cause:
    """Parameters that the group does not leave alone, or else the backward pass."""
    broken = [part.name for part in leaf_errors(best) if part.is_broken]
    subject = ready.sharp or ready.original
    if best.worst is None or broken != ["gradient of the parameters"]:
        return _BACKWARD
    case = ready.case if ready.sharp is None else ready.case.cast(torch.float64)
    g, asked = best.worst[0], Asked.of(subject, case)
    tolerances = [_DISTURBED] * len(asked.outputs)
    return untied(Level("forward", asked, tolerances=tolerances), g) or _BACKWARD


def _repeats(asked: Asked) -> bool:
    """Whether f(x) is the same when it is asked once more."""
    again = asked.case.call(asked.subject, asked.case.values)
    return max(between(again, asked.outputs, asked), default=0.0) < _REPEATED


def _name(fn: Any) -> str:
    function = fn.func if isinstance(fn, partial) else fn
    return getattr(function, "__name__", None) or type(function).__name__
