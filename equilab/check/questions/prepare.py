"""From what a user writes to a question that can be asked: actions, a group, elements, copies of the module."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from equilab.check.actions.action import Action
from equilab.check.actions.boundary import opened, plain, wants_geometric
from equilab.check.actions.custom import CustomSymmetry
from equilab.check.actions.euclidean import Euclidean, Irreps
from equilab.check.actions.permutations import Permutations, things
from equilab.check.actions.plane import Points
from equilab.check.actions.symmetry import PlaneSymmetry, Symmetry
from equilab.check.actions.translations import Translate, Translations, pixel_scale
from equilab.check.actions.types import as_action, as_symmetry, is_type, types_of
from equilab.check.actions.unwrapped import inner
from equilab.check.questions.calibrate import unit
from equilab.check.questions.case import Case
from equilab.check.questions.fewer import few_rows, fewer_images
from equilab.check.questions.originals import Mode, as_handed_over, in_precision
from equilab.check.questions.refuse import (
    refuse_callable,
    refuse_elements,
    refuse_inputs,
    refuse_outputs,
    refuse_uninitialised,
)
from equilab.check.questions.validate import Validity, validate
from equilab.check.subjects.subject import Subject, floating
from equilab.check.subjects.trees import filled, leaves, spread
from equilab.errors import GroupError, SettingError

_ROUGH_ACTION = 1e-10  # a relative defect of float32, or of angles near a pole


@dataclass(frozen=True)
class Prepared:
    """A question, and who is asked: the module as it was handed over and copies of it in other precisions."""

    case: Case
    elements: tuple[Any, ...]
    original: Subject
    dtype: torch.dtype
    sharp: Subject | None  # in float64, where the original is not
    coarse: Subject | None  # in float32, where the original is in float64
    defect: float  # of the actions
    notes: tuple[str, ...]


def prepare(
    fn: Callable[..., Any],
    inputs: tuple[Any, ...],
    *,
    in_type: Any,
    out_type: Any,
    group: Any,
    elements: Sequence[Any] | None,
    mode: Mode,
    autocast: torch.dtype | None,
    seed: int,
) -> Prepared:
    """Everything that `equivariance` needs, validated; what it says about what it lost is in `notes`."""
    refuse_callable(fn)
    if not inputs:
        raise SettingError("inputs", expected="at least one, such as torch.randn(4, 3, 33, 33)", got="none")
    if mode not in ("as_is", "train", "eval"):
        raise SettingError("mode", expected="'as_is', 'train' or 'eval'", got=repr(mode))
    original, notes = as_handed_over(fn, mode, autocast, seed)
    case, outputs = question(
        fn, original, inputs, in_type=in_type, out_type=out_type, group=group, elements=elements, seed=seed
    )
    chosen = tuple(elements) if elements is not None else case.symmetry.choose(case.generator())
    if case.symmetry.is_trivial:
        notes.append(f"{case.symmetry.name} has no element but the identity, under which every function is equivariant")
    refuse_elements(case.in_actions, chosen, "in_type")
    refuse_elements(case.out_actions, chosen, "out_type")
    defect, said = validated(case, outputs, chosen, seed)
    notes += said
    if defect > _ROUGH_ACTION:
        notes.append(f"the actions keep their own laws only to {defect:.1g}, which is in the tolerance")
    case, said = fewer_images(case, original, outputs, len(chosen))
    notes += said
    dtype = _dtype(original, case.values, outputs, autocast)
    sharp, coarse = None, None
    if dtype != torch.float64:
        sharp = in_precision(fn, torch.float64, mode, case, chosen[0], notes, seed)
    else:
        coarse = in_precision(fn, torch.float32, mode, case, chosen[0], [], seed)
    return Prepared(case, chosen, original, dtype, sharp, coarse, defect, tuple(notes))


def question(
    fn: Callable[..., Any],
    subject: Subject,
    inputs: tuple[Any, ...],
    *,
    in_type: Any,
    out_type: Any,
    group: Any,
    elements: Sequence[Any] | None,
    seed: int,
) -> tuple[Case, list[Any]]:
    """What is asked of `subject`, which computes fn, and its outputs for these inputs, one call; nothing is validated.

    The types are those of fn where they are None.
    """
    refuse_uninitialised(subject.modules)
    in_type = types_of(fn, "in_type") if in_type is None else in_type
    out_type = types_of(fn, "out_type") if out_type is None else out_type
    in_actions = _actions(in_type, inputs if not _is_single(in_type, inputs) else inputs[0], "in_type")
    tree = tuple(inputs)
    flat = [leaf for _, leaf in leaves(tree)]
    geometric = wants_geometric(inner(fn))
    pairs = [opened(leaf, action, wants_geometric=geometric) for leaf, action in zip(flat, in_actions, strict=True)]
    values = tuple(value for value, _ in pairs)
    refuse_inputs(in_actions, values, [path for path, _ in leaves(tree)])
    answer = subject(filled(tree, [close(value) for value, close in pairs]))
    out_actions = _actions(out_type, answer, "out_type")
    symmetry = _symmetry(as_symmetry(group, elements), in_actions, out_actions, values)
    outputs = [plain(leaf) for _, leaf in leaves(answer)]
    names = tuple(path for path, _ in leaves(answer))
    refuse_outputs(out_actions, outputs, names)
    out_actions = _scaled(in_actions, values, out_actions, outputs)
    closes = tuple(close for _, close in pairs)
    return Case(tree, values, closes, in_actions, out_actions, symmetry, names, seed), outputs


def _is_single(types: Any, inputs: tuple[Any, ...]) -> bool:
    """Whether the types are those of the one input there is, not a tuple with one for each input."""
    if len(inputs) > 1 and (is_type(types) or not isinstance(types, tuple | list)):
        raise SettingError(
            "in_type",
            expected=f"a tuple with one type for each of the {len(inputs)} inputs",
            got=str(types),
            hint="eq.check.Invariant() is for one that does not move",
        )
    return len(inputs) == 1 and not (isinstance(types, tuple | list) and not is_type(types) and len(types) == 1)


def _actions(types: Any, tree: Any, name: str) -> tuple[Action, ...]:
    entries = spread(types, tree, is_type, name)
    return tuple(as_action(entry, name) for entry in entries)


def _symmetry(
    given: Symmetry | None, in_actions: tuple[Action, ...], out_actions: tuple[Action, ...], values: tuple[Any, ...]
) -> Symmetry:
    """The one group of all actions; GroupError where there are several, or none."""
    actions = (*in_actions, *out_actions)
    named = [(str(action), action.symmetry) for action in actions if action.symmetry is not None]
    if isinstance(given, CustomSymmetry) and named:
        given = None  # only elements were given, those of the group of the types
    counts = {count for action, leaf in zip(in_actions, values, strict=True) if (count := things(action, leaf))}
    if given is None and counts and not named:
        if len(counts) > 1:
            raise GroupError(
                "in_type", expected="one number of things to permute", got=sorted(counts), hint="name the group"
            )
        return Permutations(counts.pop())
    found = given or next((symmetry for _, symmetry in named), None)
    if found is None and any(isinstance(action, Irreps) for action in actions):
        return Euclidean(translations=any(isinstance(action, Points) for action in actions))
    if found is None:
        raise GroupError(
            "group",
            expected="a group, because no type names one",
            got="none",
            hint=(
                "pass group=eq.groups.C(4), eq.check.Euclidean(), eq.check.Translations() or eq.check.Permutations(n)"
            ),
        )
    if isinstance(found, Translations):
        return found
    if given is not None or all(symmetry == found for _, symmetry in named):
        return found
    planes = [symmetry for _, symmetry in named if isinstance(symmetry, PlaneSymmetry)]
    common = [one for one in planes if all(other.group.has_subgroup(one.group) for other in planes)]
    if common and len(planes) == len(named):
        return common[0]  # of a layer that goes from a group to a subgroup
    name, symmetry = next((name, symmetry) for name, symmetry in named if symmetry != found)
    raise GroupError("in_type, out_type", expected="one group", got=f"{found.name} and {symmetry.name} of {name}")


def _scaled(
    in_actions: tuple[Action, ...], values: tuple[Any, ...], out_actions: tuple[Action, ...], outputs: list[Any]
) -> tuple[Action, ...]:
    """The output actions, where those of shifted images know how much smaller than the inputs the outputs are."""
    sizes = [
        leaf.shape[-1]
        for action, leaf in zip(in_actions, values, strict=True)
        if isinstance(action, Translate) and isinstance(leaf, Tensor) and leaf.ndim
    ]
    if not sizes:
        return out_actions
    found = []
    for action, leaf in zip(out_actions, outputs, strict=True):
        if isinstance(action, Translate) and action.scale is None and isinstance(leaf, Tensor) and leaf.ndim:
            action = Translate(action.translations, scale=pixel_scale(leaf.shape[-1], sizes[0]), margin=action.margin)
        found.append(action)
    return tuple(found)


def validated(case: Case, outputs: list[Any], elements: tuple[Any, ...], seed: int) -> Validity:
    """The largest defect of an action, and what has to be said; ActionError for one that is none."""
    inputs = case.inputs if len(case.inputs) > 1 else case.inputs[0]
    named = [
        *(
            (action, leaf, f"in_type{path}")
            for action, leaf, (path, _) in zip(case.in_actions, case.values, leaves(inputs), strict=True)
        ),
        *(
            (action, leaf, f"out_type{path}")
            for action, leaf, path in zip(case.out_actions, outputs, case.out_names, strict=True)
        ),
    ]
    worst, notes, seen = 0.0, {}, set()
    for action, leaf, name in named:
        shown = action.observe(few_rows(action, leaf)) if isinstance(leaf, Tensor) else leaf
        key = (id(action), tuple(shown.shape) if isinstance(shown, Tensor) else None)
        if key not in seen:
            seen.add(key)
            found = validate(action, shown, case.symmetry, elements, name, seed)
            worst = max(worst, found.defect)
            notes |= dict.fromkeys(found.notes)
    return Validity(worst, tuple(notes))


def _dtype(original: Subject, values: tuple[Any, ...], outputs: list[Any], autocast: torch.dtype | None) -> torch.dtype:
    """The precision in which the module computes: the coarsest among its inputs, numbers and outputs."""
    if autocast is not None:
        return autocast
    state = (tensor for module in original.modules for tensor in (*module.parameters(), *module.buffers()))
    kinds = {leaf.real.dtype if leaf.is_complex() else leaf.dtype for leaf in floating((*values, *outputs, *state))}
    return max(kinds, key=unit) if kinds else torch.float32
