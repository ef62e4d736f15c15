"""The codes of images moved by every element of a group: what the group and probe reports are made from."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import ActionError, SettingError, ShapeError, check_count
from equilab.groups import FieldType, Irrep, PlaneGroup
from equilab.metrics.arguments import checked_sequence
from equilab.metrics.encoding import Encode
from equilab.metrics.evaluation_mode import evaluation_mode
from equilab.metrics.symmetry.span import checked_codes
from equilab.metrics.validation import encoded

Act: TypeAlias = FieldType | Callable[[Any, Any], Any]
"""How an element moves a batch: a field type of the images, or act(g, images) -> images."""

_TOLERANCE = 1e-3  # of the largest code: how far the code of the identity may be from that of the image itself


def codes_of_orbit(
    encode: Encode,
    images: Any,
    group: PlaneGroup | Sequence[Any],
    *,
    act: Act | None = None,
    batch_size: int = 256,
) -> Float[ndarray, "order n d"]:
    """The codes (|G|, n, d) of g x for every element g, in the order of the group, and every image x.

    encode: a batch of images to codes (batch, d), a tensor or an array, called without gradients. images: (n, ...), a
    tensor or an array; equilab's own actions need a tensor. group: a finite group, or any sequence of elements that
    `act` takes. act: None moves the plane of images (n, channels, H, W) and leaves the channels as they are.

    Raises ShapeError for codes of another shape, DataError for codes that are not finite, SettingError for elements
    that equilab has no action of, what `act` raises otherwise.

    >>> from equilab.groups import p4
    >>> images = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    >>> codes_of_orbit(lambda x: x.flatten(1), images, p4).shape
    (4, 3, 16)
    """
    group = group if isinstance(group, PlaneGroup) else checked_sequence(group, "group", "a group or its elements")
    if act is not None and not (callable(act) or isinstance(act, FieldType)):
        raise SettingError("act", expected="act(g, images), or None", got=repr(act))
    chosen = plane_action(images, group) if act is None else act
    move = chosen.act if isinstance(chosen, FieldType) else chosen
    orbit = [encode_moved(encode, images, lambda part, g=g: move(g, part), batch_size=batch_size) for g in group]
    if not orbit:
        raise SettingError("group", expected="at least one element", got="none")
    return np.stack(orbit)


def encode_moved(
    encode: Encode, images: Any, move: Callable[[Any], Any], *, batch_size: int = 256
) -> Float[ndarray, "n d"]:
    """The codes of moved images, batch by batch; ShapeError and DataError as above."""
    check_count("batch_size", batch_size)
    if not callable(encode) or isinstance(encode, type):
        raise SettingError("encode", expected="a function images -> codes, or a module", got=repr(encode))
    if len(getattr(images, "shape", ())) < 1 or not len(images):
        raise ShapeError("images", expected="a tensor or an array (n, ...), n at least 1", got=type(images).__name__)
    batches = []
    for start in range(0, len(images), batch_size):
        part = images[start : start + batch_size]
        with torch.no_grad(), evaluation_mode(encode):
            codes = encoded(encode(move(part))).codes
        if codes.ndim != 2 or len(codes) != len(part):
            raise ShapeError("encode", expected=f"codes ({len(part)}, d) of {len(part)} images", got=codes.shape)
        checked_codes(codes, "encode", 2, "codes (n, d)")
        batches.append(codes.astype(np.promote_types(codes.dtype, np.float32), copy=False))
    return np.concatenate(batches)


def plane_action(images: Any, group: PlaneGroup | Sequence[Any]) -> Callable[[Any, Any], Any]:
    """act(g, images) of a group of the plane: the pixels move, the channels stay."""
    if not isinstance(group, PlaneGroup):
        raise SettingError("act", expected="act(g, images) for elements that are not of equilab.groups", got=None)
    if not isinstance(images, torch.Tensor) or images.ndim != 4:
        raise ShapeError(
            "images",
            expected=f"a tensor (n, channels, H, W) to be moved by {group}",
            got=f"{type(images).__name__} {getattr(images, 'shape', '')}",
            hint="torch.from_numpy makes a tensor, or give act(g, images)",
        )
    return (images.shape[1] * Irrep(group)).act


def check_identity(codes: Float[ndarray, "n d"], moved: Float[ndarray, "n d"], name: str) -> None:
    """ActionError unless the identity leaves every code as it is, up to 1e-3 of the largest."""
    error = float(np.abs(codes - moved).max())
    if error > _TOLERANCE * np.abs(codes).max():
        raise ActionError(
            "moved",
            expected=f"the codes themselves for the identity, {name}",
            got=f"a difference of {error:.2g}",
            hint="put moved[g] in the order of the group's elements, and encode without dropout or sampling",
        )
