"""Outputs that are equivariant, but not as the declared type says."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from equilab.check.actions.types import as_action, types_of
from equilab.check.causes.fit import Fit, channel_axis, fit
from equilab.check.causes.layers import fitted_error
from equilab.check.causes.scene import Scene
from equilab.check.questions.case import Asked
from equilab.check.reports.findings import Cause

_FITS = 1e-5  # of the spread: no broken layer is explained so well by a mixing of channels
_SAME = 1e-4
_CLEARLY = 1e-3  # of the signal: more than weights that are not quite shared do


def own_types(scene: Scene) -> Cause | None:
    """A module that passes under the types which it says itself, and was given others."""
    asked, function = scene.level.asked, scene.level.asked.subject.function
    case = asked.case
    if not isinstance(function, nn.Module) or len(case.in_actions) != 1 or len(case.out_actions) != 1:
        return None
    words, changed = [], case
    for name, side, leaf in (("in_type", "in_actions", case.values[0]), ("out_type", "out_actions", asked.outputs[0])):
        try:
            own = as_action(types_of(function, name), name)
            given = getattr(case, side)[0]
            if isinstance(leaf, Tensor) and not torch.allclose(own.act(scene.g, leaf), given.act(scene.g, leaf)):
                changed = replace(changed, **{side: (own,)})
                words.append(f"{name} {own}, and not {given}")
        except Exception:
            continue  # it says none, or one of another group or shape
    if not words:
        return None
    again = Asked.of(asked.subject, changed)
    if any(scene.level.ratio(again.at(g)) > 1 for g, _ in scene.level.answers):
        return None
    why = f"the module itself says {' and '.join(words)}, under which it passes"
    return Cause("wrong type", "the types given to the check", why, "leave the types out, or give those of the module")


def another_type(scene: Scene) -> Cause | None:
    """An output on which every element acts by some orthogonal matrix: that of another type, or in another order."""
    if scene.step is not None or scene.broken is None:
        return None
    found = _fit(scene, scene.g)
    if found is None or not found.error < _FITS or not _is_product(scene, found):
        return None
    declared = _declared(scene, found)
    if not found.is_full:
        return _of_some(scene, declared)
    if declared is not None and _is_close(declared, found.mixing):
        return None  # it is the declared type, up to an error
    if found.is_identity:
        why = "the output does not move: it is invariant"
        return Cause(
            "wrong type", scene.output, why, "declare an invariant out_type, or look for a pool over the group"
        )
    if declared is not None and abs(float(declared.trace() - found.mixing.trace())) < _SAME:
        why = "the output transforms as declared, but its channels are in another order or basis"
        if _is_close(found.mixing, declared.T):
            why += ": that of the inverse elements"
        mend = "sort channels by field, then by element: channel = field * |G| + element; see docs/conventions.md"
        return Cause("channel order", scene.output, why, mend)
    if declared is not None and _is_close(declared, torch.eye(len(declared), dtype=torch.float64, device="cpu")):
        why = "the channels of the output are mixed by the group, but declared invariant"
        mend = "declare how they transform, or end with eq.nn.GroupPool or eq.nn.FieldNorms"
        return Cause("wrong type", scene.output, why, mend)
    why = "the output is equivariant, but under another representation than declared (another trace)"
    return Cause("wrong type", scene.output, why, "declare the out_type, with its parity, that the last layer has")


def _of_some(scene: Scene, declared: Tensor | None) -> Cause | None:
    """The same for channels that depend on each other, so that many matrices explain them."""
    worst = scene.level.worst
    if declared is None or worst is None or not scene.level.size(worst[1]) > _CLEARLY:
        return None
    why = (
        "the output is equivariant, but with its channels in another order or basis, or of another type, than declared"
    )
    mend = (
        "sort channels by field, then by element: channel = field * |G| + element; or declare what the last layer has"
    )
    return Cause("channel order", scene.output, why, mend)


def scaled_channels(scene: Scene) -> Cause | None:
    """An output whose channels are those of an equivariant one, each times a number of its own."""
    found = None if scene.step is not None and scene.module is not None else _broken_fit(scene)
    if found is None or not found.left < _FITS or not found.is_full or found.apart < _SAME:
        return None
    sizes = found.mixing.abs()
    single = (sizes > _SAME).sum(0).eq(1).all() and (sizes > _SAME).sum(1).eq(1).all()
    if not bool(single):
        return None
    why = f"channels that the group exchanges are multiplied by different numbers, up to {float(sizes.max()):.3g} apart"
    return scene.cause("channels apart", why, "use one number for each field")


def labels(scene: Scene) -> Cause | None:
    """Integers that name something which the group moves: the best orientation, for one."""
    if scene.broken is None or scene.broken[0].is_floating_point() or scene.broken[0].is_complex():
        return None
    carried = scene.carrier(scene.broken[0])
    if carried is None or carried.shape != scene.broken[1].shape:
        return None
    pairs = torch.stack([carried.flatten(), scene.broken[1].flatten()]).unique(dim=1)
    if len(pairs[0].unique()) != pairs.shape[1]:
        return None
    moved = ", ".join(f"{a} to {b}" for a, b in pairs.T.tolist()[:6])
    why = f"the numbers of the output name things that the group moves: {moved}"
    return Cause("wrong type", scene.output, why, "declare a function (g, x) -> x that renames them, or pool them away")


def _fit(scene: Scene, g: object) -> Fit | None:
    assert scene.broken is not None
    return fit(scene.carrier(scene.broken[0]), scene.broken[1])


def _broken_fit(scene: Scene) -> Fit | None:
    return None if scene.broken is None else _fit(scene, scene.g)


def _is_product(scene: Scene, found: Fit) -> bool:
    """Whether the same matrix explains other inputs, too."""
    try:
        values = scene.level.asked.case.others()[1]
        case = scene.level.asked.case
        here = case.call(scene.level.asked.subject, values)
        moved = [
            a.act(scene.g, v) if isinstance(v, Tensor) else v for a, v in zip(case.in_actions, values, strict=True)
        ]
        there = case.call(scene.level.asked.subject, tuple(moved))
    except Exception:
        return False  # it does not take other inputs
    place = next(p for p in scene.level.asked.telling if scene.level.asked.outputs[p] is scene.broken[0])  # pyright: ignore
    return fitted_error([([here[place]], [there[place]])], scene.carrier) < _FITS


def _declared(scene: Scene, found: Fit) -> Tensor | None:
    """The matrix by which the declared type mixes channels at g."""
    assert scene.broken is not None
    asked = scene.level.asked
    place = next(p for p in asked.telling if asked.outputs[p] is scene.broken[0])
    x = scene.broken[0]
    generator = torch.Generator().manual_seed(0)
    size = x.shape[channel_axis(x)]
    rows = max(1, -(-4 * size * x.shape[0] // x.numel()) * x.shape[0] * size // x.shape[0])
    shape = (x.shape[0] + rows, *x.shape[1:])
    noise = torch.randn(shape, generator=generator, dtype=torch.float64, device="cpu").to(x.device)
    try:
        seen = fit(scene.carrier(noise), asked.case.out_actions[place].act(scene.g, noise))
    except Exception:
        return None  # an action of other shapes alone
    return None if seen is None or not seen.error < _FITS or seen.mixing.shape != found.mixing.shape else seen.mixing


def _is_close(a: Tensor, b: Tensor) -> bool:
    return bool((a - b).abs().max() < _SAME)


OWN = (own_types,)
HYPOTHESES = (another_type, labels, scaled_channels)
