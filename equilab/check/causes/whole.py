"""What the error of the whole says: which elements pass, where it lies, whether it depends on the input."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.actions.euclidean import Euclidean, Motion
from equilab.check.actions.permutations import Permutations
from equilab.check.actions.translations import Translate, Translations
from equilab.check.causes.fit import fit
from equilab.check.causes.layers import out_action
from equilab.check.causes.scene import Scene
from equilab.check.reports.findings import Cause, Verdict

_STRIDES = (2, 3, 4, 8, 16, 32)
_MOSTLY = 0.8  # of the squared error


def smaller_group(scene: Scene) -> Cause | None:
    """A module that is equivariant under a part of the group."""
    if scene.verdict is not Verdict.FAIL:
        return None
    passing = [g for g, answer in scene.level.answers if scene.level.ratio(answer) <= 1]
    words = {each.element for each in scene.interpolated if not each.trouble and each.mean <= max(0.1, 3 * each.floor)}
    passing += [g for g in _elements(scene) if scene.symmetry.label(g) in words]
    if scene.level.passes:
        turns = max((each.mean for each in scene.interpolated), default=0.0)
        name = scene.symmetry.subgroup_of(passing) or "the quarter turns and mirrors that the pixels allow"
        why = f"it is exact under {name}, and {turns:.2g} of the signal off at other elements of {scene.symmetry.name}"
        return Cause(
            "smaller group", scene.output, why, f"declare {name}, use filters of {scene.symmetry.name}, or blur"
        )
    name = scene.symmetry.subgroup_of(passing) if passing else None
    if name is None or name in ("C1", scene.symmetry.name):
        return None
    why = f"of {scene.symmetry.name}, it is equivariant under {name} only"
    mend = f"declare types of {name}, or build the layers for {scene.symmetry.name}"
    if isinstance(scene.symmetry, Euclidean):
        mend += "; look for a parity (e or o) that is declared otherwise than it is"
    return scene.cause("smaller group", why, mend)


def _elements(scene: Scene) -> tuple[Any, ...]:
    return scene.symmetry.choose(scene.level.asked.case.generator()) if scene.interpolated else ()


def total_stride(scene: Scene) -> Cause | None:
    """Shifts that pass only if they are multiples of the total stride."""
    symmetry = scene.symmetry
    if not isinstance(symmetry, Translations):
        return None
    for factor in _STRIDES:
        stride = symmetry.stride * factor
        if not _moves(scene, (stride, 0)) or not _moves(scene, (0, stride)):
            return None  # once round the image, or along what is the same everywhere: it says nothing
        if scene.passes((stride, 0)) and scene.passes((0, stride)):
            why = f"shifts by {stride} pixels pass, shifts by {symmetry.stride} do not: it samples every {stride}"
            return Cause(
                "total stride", scene.where, why, f"check Translations(stride={stride}), or blur before sampling"
            )
    return None


def _moves(scene: Scene, g: Any) -> bool:
    """Whether g does anything to each of the images that go in, and to no multiple of their size."""
    case = scene.level.asked.case
    images = [
        (leaf, action.act(g, leaf))
        for action, leaf in zip(case.in_actions, case.values, strict=True)
        if isinstance(action, Translate) and isinstance(leaf, Tensor)
    ]
    return bool(images) and not any(
        torch.equal(leaf, moved) or max(g) >= min(leaf.shape[-2:]) for leaf, moved in images
    )


def absolute_positions(scene: Scene) -> Cause | None:
    """Points that are not taken relative to each other; or one axis of space apart from the others."""
    symmetry = scene.symmetry
    if not isinstance(symmetry, Euclidean):
        return None
    shift = Motion(
        symmetry.identity.matrix, torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, device="cpu"), "translation"
    )
    if symmetry.translations and not scene.passes(shift):
        why = "a translation of all points changes the answer: positions go in as they are"
        mend = "use differences of positions, their distances, or positions less their mean"
        return scene.cause("absolute positions", why, mend)
    turning = [axis for axis in range(3) if scene.passes(_quarter(axis))]
    if len(turning) == 1:
        why = f"turns about axis {turning[0]} pass and others do not: this axis is treated unlike the others"
        return scene.cause("unequal axes", why, "use all three coordinates alike: norms, dot and cross products")
    return None


def _quarter(axis: int) -> Motion:
    """An eighth of a turn about an axis."""
    matrix = torch.eye(3, dtype=torch.float64, device="cpu")
    first, second = (place for place in range(3) if place != axis)
    matrix[first, first] = matrix[second, second] = math.sqrt(0.5)
    matrix[first, second], matrix[second, first] = -math.sqrt(0.5), math.sqrt(0.5)
    return Motion(matrix, torch.zeros(3, dtype=torch.float64, device="cpu"))


def order_of_things(scene: Scene) -> Cause | None:
    """A set or graph whose answer depends on the order in which its things are given."""
    if not isinstance(scene.symmetry, Permutations):
        return None
    module = scene.module
    if isinstance(module, nn.RNNBase):
        why = f"{type(module).__name__} reads the things one after another"
    else:
        why = "the answer depends on the order in which the things are given"
    mend = "use sums, means, maxima or attention over the things, without indices, scans or sorts by place"
    return scene.cause("order of the things", why, mend)


def off_centre(scene: Scene) -> Cause | None:
    """What would be equivariant if it were moved by whole pixels: a roll, a crop, a pad on one side."""
    pair = scene.broken
    if pair is None or pair[0].ndim != 4 or isinstance(scene.symmetry, Translations):
        return None
    carried = scene.carrier(pair[0])
    if carried is None or carried.shape != pair[1].shape or carried.shape[-1] < 5 or not carried.is_floating_point():
        return None
    reach = min(4, carried.shape[-1] // 2)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            if (down or right) and _fits(carried, pair[1], down, right):
                if _fits(carried, pair[1], 0, 0):
                    return None  # nothing but the channels is wrong
                why = f"it fits if it is moved by {down} rows and {right} columns: the middle of the image is not kept"
                mend = "roll, crop and pad alike on all sides, and keep sizes odd or even through the network"
                return scene.cause("off centre", why, mend)
    return None


def _fits(carried: Tensor, target: Tensor, down: int, right: int) -> bool:
    """Whether a shift explains it, round the edges or away from them."""
    rows, columns = carried.shape[-2:]
    shifted = carried.roll((down, right), (-2, -1))
    for edge in (0, max(abs(down), abs(right))):
        if min(rows, columns) - 2 * edge < 2:
            continue
        inside = (..., slice(edge, rows - edge), slice(edge, columns - edge))
        found = fit(shifted[inside], target[inside])
        if found is not None and found.error < 1e-6:
            return True
    return False


def constant(scene: Scene) -> Cause | None:
    """An error that is the same for other inputs: something that does not move was added."""
    answer = scene.level.worst[1] if scene.level.worst is not None else None
    if answer is None or answer.trouble is not None:
        return None
    try:
        other = scene.answer_at(scene.level.asked.case.others()[1])
    except Exception:
        return None  # it does not take other inputs
    place = max(scene.level.asked.telling, key=lambda place: answer.distances[place].mean)
    if other.trouble is not None or (first := answer.deltas[place]) is None or (second := other.deltas[place]) is None:
        return None
    if not bool((first - second).abs().max() < 1e-6 * first.abs().max()):
        return None
    flat = first.ndim == 4 and bool((first - first.mean((-2, -1), True)).abs().max() < 1e-6 * first.abs().max())
    why = "the error is the same for other inputs: something that does not move is added"
    name = "bias" if flat or first.ndim == 2 else "positional embedding"
    return scene.cause(name, why, "drop it, or tie it over the channels and places that the group exchanges")


def border(scene: Scene) -> Cause | None:
    """An error at the border alone, with an inside at round-off."""
    delta, spread = scene.residual
    if delta is None or delta.ndim != 4 or not bool(delta.isfinite().all()):
        return None
    squares = delta.square().mean((0, 1))
    for edge in range(1, min(squares.shape) // 4 + 1):
        inside = squares[edge:-edge, edge:-edge]
        if bool(inside.sum() <= (1 - _MOSTLY) * squares.sum()) and float(inside.mean().sqrt()) < 1e-6 * spread:
            why = f"the error lies in the outermost {edge} pixels: what is beyond the border is not treated alike"
            mend = "pad alike on all sides; for shifts pad circularly, or give a margin: eq.check.Translate(margin=...)"
            return scene.cause("border", why, mend)
    return None


def unknown(scene: Scene) -> Cause | None:
    """The last resort."""
    if scene.verdict is not Verdict.FAIL:
        return None
    why = "f(g x) is not g f(x), and no known reason fits"
    if scene.module is not None and out_action(scene.module, scene.symmetry, scene.g) is not None:
        why = "its own types say that it is equivariant, and it is not, though what goes in moves as it should"
        mend = (
            "build it with filters and sizes that its group allows (frequencies_cutoff of escnn, for one), or report it"
        )
    elif isinstance(scene.module, torch.jit.ScriptModule) or hasattr(scene.module, "_orig_mod"):
        mend = "check the module as it was before it was compiled, whose layers can be watched"
    else:
        mend = "check the layers up to this one by themselves, from the first on"
    return scene.cause("not equivariant", why, mend)


Hypothesis = Callable[[Scene], Cause | None]
BEFORE: tuple[Hypothesis, ...] = (total_stride, absolute_positions, smaller_group)
AFTER: tuple[Hypothesis, ...] = (off_centre, constant, border, order_of_things, unknown)
