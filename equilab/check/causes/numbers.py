"""Numbers that are no numbers, say nothing, or hold in one precision only."""

import torch
from torch import Tensor

from equilab.check.causes.scene import Scene
from equilab.check.questions.case import Asked
from equilab.check.questions.level import Level
from equilab.check.questions.trace import Call, record
from equilab.check.reports.findings import Cause, Verdict

_APART = 0.1  # of the spread of a layer: two precisions that are further apart compute different things


def raised(scene: Scene) -> Cause | None:
    """f answers at x and not at g x, or in another shape."""
    answer = scene.level.worst[1] if scene.level.worst is not None else None
    if answer is None or answer.trouble is None or scene.verdict is not Verdict.FAIL:
        return None
    shape = answer.trouble.startswith("f(g x) has the shape")
    return Cause(
        "shape" if shape else "error at g x",
        scene.where,
        answer.trouble,
        "use square images, and sizes that do not depend on the input" if shape else "accept every moved input, too",
    )


def not_a_number(scene: Scene) -> Cause | None:
    """The first layer that makes NaN, or infinities, of finite numbers."""
    asked = scene.level.asked
    if scene.verdict is not Verdict.FAIL or all(_is_finite(leaf) for leaf in asked.outputs):
        return None
    if (kept := _infinities(scene)) is not None:
        return Cause("attention mask", scene.output, _UNMOVED, _MOVE) if kept else None
    call = next((call for call in _calls(asked) if all(map(_is_finite, call.inputs)) and not _all_finite(call)), None)
    what = "NaN" if any(isinstance(leaf, Tensor) and bool(leaf.isnan().any()) for leaf in asked.outputs) else "infinity"
    return Cause(
        what,
        "the output" if call is None else f"{call.name} ({type(call.module).__name__})",
        f"the output at x holds {what}, so nothing can be compared",
        "look for 0 / 0, logarithms and roots of what is not positive, masks that hide everything, overflow",
    )


_UNMOVED = "it is infinite at the same places for x and for g x: a mask hides things and does not move with them"
_MOVE = "give the mask as an input with the type of what it hides, or make it depend on what the group keeps"


def _infinities(scene: Scene) -> bool | None:
    """Whether infinities stay where they are while the rest moves; False: they move as they should; None: neither."""
    asked, answer = scene.level.asked, scene.level.worst[1] if scene.level.worst is not None else None
    places = [place for place in asked.compared if not _is_finite(asked.outputs[place])]
    if answer is None or answer.trouble is not None or not places:
        return None
    stay, move = True, True
    for place in places:
        still, moved, expected = asked.outputs[place], answer.outputs[place], asked.expected(scene.g, place)
        if (
            bool(still.isnan().any())
            or bool(moved.isnan().any())
            or asked.case.out_actions[place].observe(still) is not still
        ):
            return None
        stay &= torch.equal(moved.isinf(), still.isinf())
        move &= torch.equal(moved.isinf(), expected.isinf())
    return False if move else True if stay else None


def silent(scene: Scene) -> Cause | None:
    """The first layer whose output is the same for other inputs."""
    asked = scene.levels.original.asked
    if scene.verdict is not Verdict.VACUOUS:
        return None
    if not asked.compared:
        why = "no numbers came out that could be compared: an empty batch, or outputs that are ignored"
        return Cause(
            "nothing compared", "the output", why, "give a batch of two or more inputs, and a type to an output"
        )
    copy = scene.levels.copy
    calls, others = _calls(asked), _calls(asked, other=True)
    call = next(
        (
            first
            for first, second in zip(calls, others, strict=False)
            if first.outputs and _same(first.outputs, second.outputs) and not _same(first.inputs, second.inputs)
        ),
        None,
    )
    where = "the output" if call is None else f"{call.name} ({type(call.module).__name__})"
    if copy is not None and not copy.asked.silent:
        return _underflow(where, asked)
    if all(not bool(asked.outputs[place].any()) for place in asked.silent):
        why, mend = "it is 0 for every input", "look for a dead ReLU, weights of 0, a mask that hides everything"
        return Cause("dead output", where, why, mend)
    why = "it is the same for different inputs, so any group would seem to be a symmetry"
    mend = "check a trained or freshly initialised module: weights of 0, or a saturated function, answer nothing"
    return Cause("constant output", where, why, mend)


def precision(scene: Scene) -> Cause | None:
    """The module and its float64 copy do not compute the same."""
    levels = scene.levels
    copy, original = levels.copy, levels.original
    if scene.verdict is Verdict.INCONCLUSIVE:
        if copy is None or original.tolerance < _APART:
            return _coarse(scene)
    elif copy is None or original.passes or not copy.passes:
        return None
    call, numbers = _first_apart(original, copy)
    where = "the output" if call is None else f"{call.name} ({type(call.module).__name__})"
    dtype = _dtype(original.asked)
    if numbers is not None and bool(numbers.abs().max() < torch.finfo(dtype).tiny * 2**10) and dtype.itemsize < 4:
        return _underflow(where, original.asked)
    if scene.verdict is Verdict.INCONCLUSIVE and call is None:
        return _coarse(scene)
    name = str(dtype).removeprefix("torch.")
    why = (
        f"in {name} it computes something else than in float64, where it is {'' if copy.passes else 'not '}equivariant"
    )
    return Cause("one precision", where, why, f"look for what depends on the dtype: casts, autocast, {name} kernels")


def _coarse(scene: Scene) -> Cause | None:
    original = scene.levels.original
    if scene.verdict is not Verdict.INCONCLUSIVE:
        return None
    if original.round_off > 1e-2:
        why = f"round-off is {original.round_off:.2g} of the signal"
        return Cause("round-off", "the output", why, "check a float32 or float64 copy, or scale the numbers up")
    why = "even an asymmetric module would have passed: the outputs hardly depend on what the group moves"
    return Cause(
        "nothing moves", "the output", why, "use inputs and elements that change something, and outputs before a pool"
    )


def _underflow(where: str, asked: Asked) -> Cause:
    name = str(_dtype(asked)).removeprefix("torch.")
    why = f"in {name} its numbers are below what can be told from 0; in float64 they are not"
    return Cause("underflow", where, why, "scale weights or inputs up, use bfloat16 or float32, or scale the loss")


def _first_apart(original: Level, copy: Level) -> tuple[Call | None, Tensor | None]:
    """The first layer whose output differs between two precisions, and the output in the coarser one."""
    for rough, fine in zip(_calls(original.asked), _calls(copy.asked), strict=False):
        for here, there in zip(rough.outputs, fine.outputs, strict=False):
            if here.shape != there.shape or not there.is_floating_point():
                continue
            away = (here.double() - there.double()).square().mean().sqrt()
            if not bool(away <= _APART * there.double().std()):
                return rough, there
    for place in original.asked.compared:
        return None, copy.asked.outputs[place].double()
    return None, None


def _calls(asked: Asked, *, other: bool = False) -> list[Call]:
    try:
        return record(asked.subject, asked.case, asked.case.others()[1] if other else asked.case.values)
    except Exception:
        return []  # it does not take other inputs


def _dtype(asked: Asked) -> torch.dtype:
    if asked.subject.autocast is not None:
        return asked.subject.autocast
    found = [leaf.dtype for leaf in asked.outputs if isinstance(leaf, Tensor) and leaf.is_floating_point()]
    return found[0] if found else torch.float32


def _all_finite(call: Call) -> bool:
    return all(map(_is_finite, call.outputs))


def _is_finite(leaf: object) -> bool:
    return not isinstance(leaf, Tensor) or bool(leaf.isfinite().all())


def _same(first: list[Tensor], second: list[Tensor]) -> bool:
    return len(first) == len(second) and all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(first, second))  # noqa: B905


HYPOTHESES = (raised, not_a_number, silent, precision)
