"""Fewer images, vectors and points where a few say as much as all."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from equilab.check.actions.action import Action, Ignored, Invariant
from equilab.check.actions.euclidean import Irreps
from equilab.check.actions.gaussian import Blocks, Covariance, LogVariance
from equilab.check.actions.plane import PlaneAction, Points
from equilab.check.actions.translations import Translate
from equilab.check.questions.case import Case
from equilab.check.questions.compare import real, root_mean_square
from equilab.check.subjects.subject import Subject

_IMAGES = 16  # are as telling as more, if they are large
_MANY = 12  # groups of more elements are asked with fewer images
_NUMBERS = 1 << 13  # in the inputs that are enough
_ALIKE = 1e-2  # of the size of an output: no other number of images changed it


def few_rows(action: Action, x: Tensor) -> Tensor:
    """The first entries of a large x, at least two, where the action moves each along the first axis by itself."""
    if x.ndim < 2 or x.numel() <= _NUMBERS or not _is_by_row(action, x):
        return x
    return x[: max(2, _NUMBERS * len(x) // x.numel())]


def _is_by_row(action: Action, x: Tensor) -> bool:
    if isinstance(action, LogVariance):
        return _is_by_row(action.covariance.vectors, x)
    if isinstance(action, Covariance):
        return x.ndim > 2 and _is_by_row(action.vectors, x)
    if isinstance(action, Blocks):
        return all(_is_by_row(part, x) or isinstance(part, Invariant) for _, part in action.blocks)
    return isinstance(action, PlaneAction | Points | Irreps) or (isinstance(action, Translate) and x.ndim > 2)


def fewer_images(case: Case, subject: Subject, outputs: list[Any], count: int) -> tuple[Case, list[str]]:
    """The question with 16 images where they are large, fewer for a group of `count` > 12 elements, and the note of it.

    outputs: those of the subject. The question stays what it is where the inputs are no images with one batch axis, or
    where f does not treat them one by one: its first outputs are others then, as with batch statistics.
    """
    size, numbers = _batch(case)
    few = max(2, size * _MANY // (count + 1)) if count >= _MANY else size
    keep = min(few, max(_IMAGES, size * _NUMBERS // max(numbers, 1)))
    if keep >= size:
        return case, []

    def cut(leaf: Any) -> Any:
        return leaf[:keep] if isinstance(leaf, Tensor) and leaf.ndim and len(leaf) == size else leaf

    trimmed = replace(case, values=tuple(map(cut, case.values)))
    try:
        found = trimmed.call(subject, trimmed.values)
    except Exception:
        return case, []  # f wants as many as it was given
    triples = zip(case.out_actions, found, outputs, strict=True)
    if not all(isinstance(action, Ignored) or _is_head(head, whole, size) for action, head, whole in triples):
        return case, []
    return trimmed, [f"{keep} of the {size} images were used, because f treats them one by one"]


def _batch(case: Case) -> tuple[int, int]:
    """How many images there are, and their numbers; 0 of them where the first axis of what moves may be no batch."""
    sizes, numbers = set(), 0
    for action, leaf in zip(case.in_actions, case.values, strict=True):
        if isinstance(leaf, Tensor) and not isinstance(action, Invariant):
            is_image = isinstance(action, PlaneAction) or (isinstance(action, Translate) and leaf.ndim == 4)
            sizes.add(len(leaf) if is_image else 0)
            numbers += leaf.numel()
    return (sizes.pop(), numbers) if len(sizes) == 1 else (0, 0)


def _is_head(head: Any, whole: Any, size: int) -> bool:
    """Whether an output is the beginning of that for all images."""
    if not isinstance(head, Tensor) or not isinstance(whole, Tensor):
        return not isinstance(whole, Tensor)
    if not whole.ndim or len(whole) != size or not head.ndim:
        return False
    first, second = real(head), real(whole[: len(head)])
    if first.shape != second.shape:
        return False
    near = _ALIKE * root_mean_square(second[second.isfinite()])
    return torch.allclose(first.double(), second.double(), rtol=_ALIKE, atol=near, equal_nan=True)
