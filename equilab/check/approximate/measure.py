"""How symmetric is a module that is not meant to be exact, or cannot be? Errors over angles, shifts and near them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from equilab.check.actions.action import Action
from equilab.check.actions.euclidean import Euclidean
from equilab.check.actions.gaussian import Blocks
from equilab.check.actions.plane import PlaneAction
from equilab.check.actions.shift import faded
from equilab.check.actions.translations import Translate
from equilab.check.approximate.lie import UNITS, lie_error
from equilab.check.approximate.rotations import Turning
from equilab.check.approximate.subpixel import DEFAULT, can_shift, errors_over_shifts, image_size, scales
from equilab.check.questions.calibrate import between, recast
from equilab.check.questions.case import Asked, Case
from equilab.check.questions.prepare import Mode, Prepared, prepare
from equilab.check.reports.curve import Curve, ShiftError
from equilab.check.reports.measurement import Measurement
from equilab.check.subjects.subject import Subject
from equilab.check.subjects.trees import leaves
from equilab.errors import SettingError

Images = Literal["faded", "as given", "smooth"]
_NEAR = 0.1  # of the signal: a float64 copy further away computes another function
_NO_CURVE = Curve((), (), ())


def measure(
    fn: Callable[..., Any],
    *inputs: Any,
    in_type: Any = None,
    out_type: Any = None,
    group: Any = None,
    angles: Sequence[float] | None = None,
    translations: Sequence[tuple[float, float]] | None = None,
    stride: int | None = None,
    lie: bool = True,
    images: Images = "faded",
    mode: Mode = "as_is",
    seed: int = 0,
) -> Measurement:
    """How far f(g x) is from g f(x) over turns, shifts by parts of a pixel, and in the limit of small moves.

    inputs: images (batch, channels, H, W) with field types, points, or what does not move. Types of SO(2) and O(2),
    trivial fields, and two-dimensional irreps of C_n and D_n turn by any angle; other types by those of their group.
    angles: degrees (default: every 7.5). translations: (down, right), pixels of the input (default: quarters up to 1).
    stride: pixels of the input for each of an output, by which outputs are shifted less (default: from their sizes,
    rounded). images: "faded" go over into 0, or the nearest number they hold, before the inscribed circle, so that they
    stay in their frame; "smooth" are sums of Gaussians in place of the given ones, evaluated where they are turned to.

    Images are turned by three shears in Fourier space and shifted by a phase in it, round the edges. Errors are root
    mean squares in units of the signal, as in `equivariance`, over the pixels within 0.8 of the inscribed circle, or
    0.6 for shifts (of `Translate`: all but its margin). The floor beside an error is what two ways of moving the same
    image differ by, before and after f. lie: L_X f (Gruver et al. 2022, equation 4), with the action on outputs, see
    `LieError`. Computed on a float64 copy where f has one.

    Raises FieldTypeError for types that do not turn with the plane, GroupError for angles that the types have not,
    SettingError for shifts without an image.

    >>> import torch
    >>> from equilab.groups import SO2
    >>> x = torch.rand(2, 1, 15, 15, generator=torch.Generator().manual_seed(0))
    >>> ramp = torch.linspace(0, 1, 15)  # brighter to the right
    >>> found = measure(lambda x: x * ramp, x, in_type=1 * SO2.trivial, out_type=1 * SO2.trivial, angles=(0, 90, 180))
    >>> [round(error, 2) for error in found.curve.errors][0], found.curve.errors[2] > found.curve.errors[1] > 0.1
    (0.0, True)
    """
    if images not in ("faded", "as given", "smooth"):
        raise SettingError("images", expected="'faded', 'as given' or 'smooth'", got=repr(images))
    ready = prepare(
        fn, inputs, in_type=in_type, out_type=out_type, group=group, elements=_whole_turns(in_type, inputs), mode=mode,
        autocast=None, seed=seed,
    )  # fmt: skip
    if isinstance(ready.case.symmetry, Euclidean):
        raise SettingError(
            "group",
            expected="motions of the plane, such as eq.groups.SO2 or eq.check.Translations()",
            got=ready.case.symmetry.name,
            hint="eq.check.equivariance takes every group",
        )
    subject, case, notes = _sharpest(ready)
    own = case.values
    shifts_only = any(isinstance(action, Translate) for action in (*case.in_actions, *case.out_actions))
    if shifts_only and angles is not None:
        raise SettingError("angles", expected="types that turn, such as 3 * eq.groups.SO2.trivial", got="Translate()")
    if images == "faded":
        case = replace(case, values=tuple(_faded(*pair) for pair in zip(case.in_actions, own, strict=True)))
    turning = None if shifts_only else Turning.of(case)
    if images == "smooth" and (turning is None or not turning.can_draw):
        raise SettingError(
            "images",
            expected=(
                "'faded' or 'as given', because there are no smooth images of fields that turn by some angles only, "
                "such as regular ones, nor of Translate()"
            ),
            got=repr(images),
        )
    curve, mirrored = _NO_CURVE, _NO_CURVE
    if turning is not None:
        case, smooth = turning.case, images == "smooth"
        curve = turning.curve(subject, turning.elements(angles, mirror=False), smooth=smooth)
        mirrored = turning.curve(subject, turning.elements(angles, mirror=True), smooth=smooth)
        asked = turning.ask(subject, smooth=smooth)
    else:
        asked = Asked.of(subject, case, is_exact=False)
    if asked.has_nan:
        notes.append("the output holds NaN: these numbers say nothing")
    elif not any(asked.signals[place] for place in asked.compared):
        notes.append("the output does not depend on the input: these numbers say nothing")
    shifts, lies = _shifts(asked, translations, stride), {}
    if lie:
        size = image_size(case.values, case.in_actions)
        per_pixel = [scales(leaf, size, stride) for leaf in asked.outputs]
        turns = turning is not None and turning.allowed is None
        names = [name for name in UNITS if turns or name.startswith("translation")]
        found = {name: lie_error(name, asked, per_pixel) for name in names}
        lies = {name: error for name, error in found.items() if error is not None}
    return Measurement(_name(fn), case.symmetry.name, curve, mirrored, shifts, lies, images, tuple(notes))


def _whole_turns(in_type: Any, inputs: tuple[Any, ...]) -> list[tuple[int, int]] | None:
    """Of `Translate`: shifts by which images of every stride come back, because no others are validated."""
    if not any(isinstance(entry, Translate) for _, entry in leaves(in_type)):
        return None
    around = math.lcm(*(size for _, leaf in leaves(inputs) if isinstance(leaf, Tensor) for size in leaf.shape[-2:]))
    return [(around, 0), (0, around)]


def _sharpest(ready: Prepared) -> tuple[Subject, Case, list[str]]:
    """A float64 copy where there is one that computes the same, else the module as it was handed over."""
    notes = list(ready.notes)
    if ready.sharp is None:
        return ready.original, ready.case, notes
    asked = Asked.of(ready.original, ready.case)
    other = recast(asked, ready.sharp, torch.float64)
    if max(between(other.outputs, asked.outputs, asked), default=0.0) > _NEAR:
        return ready.original, ready.case, [*notes, "the float64 copy computes something else: measured without it"]
    return ready.sharp, other.case, notes


def _faded(action: Action, leaf: Any) -> Any:
    is_image = isinstance(leaf, Tensor) and leaf.ndim == 4 and leaf.is_floating_point()
    return faded(leaf) if is_image and isinstance(action, PlaneAction | Blocks) else leaf


def _shifts(
    asked: Asked, translations: Sequence[tuple[float, float]] | None, stride: int | None
) -> tuple[ShiftError, ...]:
    size = image_size(asked.case.values, asked.case.in_actions)
    pairs = [
        *zip(asked.case.in_actions, asked.case.values, strict=True),
        *zip(asked.case.out_actions, asked.outputs, strict=True),
    ]
    fixed = [str(action) for action, leaf in pairs if not can_shift(action, leaf)]
    if size is not None and not fixed:
        return errors_over_shifts(asked, DEFAULT if translations is None else translations, size, stride)
    if translations:
        raise SettingError(
            "translations",
            expected="images (batch, channels, H, W) among the inputs, and no other leaf that a shift moves",
            got=", ".join(fixed) or "no image",
            hint="leave translations out",
        )
    return ()


def _name(fn: Callable[..., Any]) -> str:
    function = fn.func if isinstance(fn, partial) else fn
    return getattr(function, "__name__", None) or type(function).__name__
