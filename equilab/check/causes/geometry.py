"""Strides, pools, paddings and samplings that treat one side or one axis of an image unlike the other."""

from typing import Any

from torch import nn

from equilab.check.actions.translations import Translations
from equilab.check.causes.scene import Scene
from equilab.check.reports.findings import Cause

_EVEN = "use kernel_size 4, stride 2, padding 1, output_padding 0 to double a size, or upsample and convolve"


def _pair(value: Any) -> tuple[int, int] | None:
    """(height, width) of a setting; None for words and for lines."""
    if isinstance(value, int):
        return value, value
    return tuple(value) if isinstance(value, tuple | list) and len(value) == 2 else None  # pyright: ignore[reportReturnType]


def _setting(module: nn.Module, name: str, default: int) -> tuple[int, int]:
    return _pair(getattr(module, name, None)) or (default, default)


def _is_image(scene: Scene) -> bool:
    return scene.module is not None and scene.x is not None and scene.x.ndim == 4


def unequal_axes(scene: Scene) -> Cause | None:
    """A window that is wider than high, or a function along one axis of the image."""
    module = scene.module
    if module is None or not _is_image(scene) or isinstance(scene.symmetry, Translations):
        return None
    for name in ("kernel_size", "stride", "padding", "dilation", "output_size", "scale_factor"):
        pair = _pair(getattr(module, name, None))
        if pair is not None and pair[0] != pair[1]:
            why = f"{name} {pair} is not the same for height and width, which a quarter turn exchanges"
            return scene.cause("unequal axes", why, f"use one {name} for both axes")
    axis = getattr(module, "dim", None)
    if isinstance(module, nn.Softmax | nn.Softmin | nn.LogSoftmax | nn.GLU) and axis in (-2, -1, 2, 3):
        why = f"it works along axis {axis} alone, which a quarter turn exchanges with the other"
        return scene.cause("unequal axes", why, "work over the channels or over both axes of the image")
    return None


def parity(scene: Scene) -> Cause | None:
    """A strided convolution or pool whose windows leave a rest on one side."""
    module, x = scene.module, scene.x
    if module is None or x is None or x.ndim != 4 or isinstance(scene.symmetry, Translations):
        return None
    if getattr(module, "kernel_size", None) is None or _is_transposed(module):
        return None
    kernel = _setting(module, "kernel_size", 1)
    is_pool = not any(True for _ in module.parameters())
    stride = _pair(getattr(module, "stride", None)) or (kernel if is_pool else (1, 1))
    padding, dilation = _setting(module, "padding", 0), _setting(module, "dilation", 1)
    for axis, side in enumerate(("height", "width")):
        size = x.shape[2 + axis]
        rest = (size + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) % stride[axis]
        if rest:
            return scene.cause(
                "odd pool" if is_pool else "stride parity",
                f"{side} {size} + 2 x {padding[axis]} - {dilation[axis]} x ({kernel[axis]} - 1) - 1 leaves {rest} over "
                f"when divided by stride {stride[axis]}: the windows do not lie symmetrically",
                f"use {side} {size - rest} or {size - rest + stride[axis]} here, or another padding; eq.nn.GroupConv2d "
                "and eq.nn.MaxPool2d refuse such sizes",
            )
    return None


def _is_transposed(module: nn.Module) -> bool:
    return getattr(module, "transposed", False) or "Transpose" in type(module).__name__


def output_padding(scene: Scene) -> Cause | None:
    """A transposed convolution that pads one side."""
    found = _pair(getattr(scene.module, "output_padding", None))
    if found is None or not any(found) or scene.module is None or not _is_transposed(scene.module):
        return None
    return scene.cause("output_padding", f"output_padding {found} adds a row and a column on one side only", _EVEN)


def one_sided(scene: Scene) -> Cause | None:
    """A padding layer, or padding="same" of an even window, that adds more on one side."""
    module = scene.module
    if module is None or not _is_image(scene):
        return None
    sides = getattr(module, "padding", None)
    if isinstance(sides, tuple | list) and len(sides) == 4 and len(set(sides)) > 1:
        why = f"padding (left, right, top, bottom) = {tuple(sides)} is not the same on all sides"
        return scene.cause("one-sided padding", why, f"pad {max(sides)} on every side")
    kernel, dilation = _setting(module, "kernel_size", 1), _setting(module, "dilation", 1)
    odd = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True) if d * (k - 1) % 2]
    if sides == "same" and odd:
        why = f'padding="same" adds {odd[0]} pixels for kernel {kernel}, one more at the right and the bottom'
        return scene.cause("one-sided padding", why, "use an odd kernel_size, or no padding")
    return None


def resampling(scene: Scene) -> Cause | None:
    """Nearest neighbours to a size that is no multiple: the samples lie off the centre."""
    module, x = scene.module, scene.x
    if not isinstance(module, nn.Upsample) or not module.mode.startswith("nearest") or x is None or scene.step is None:
        return None
    size, wanted = x.shape[-1], scene.step.still.outputs[0].shape[-1]
    if module.mode == "nearest-exact" or wanted % size == 0:
        return None
    return scene.cause(
        "off-centre resampling",
        f"nearest neighbours from {size} to {wanted} pixels, no multiple, are taken further to the left and the top",
        f'use mode="bilinear" or mode="nearest-exact", or a whole factor: {size * max(1, round(wanted / size))} pixels',
    )


def padding(scene: Scene) -> Cause | None:
    """Zeros, or copies of the image, at the border, where a shift brings in what left on the other side."""
    module = scene.module
    if module is None or not _is_image(scene) or not isinstance(scene.symmetry, Translations):
        return None
    width, mode = getattr(module, "padding", 0), getattr(module, "padding_mode", "zeros")
    if width == "valid" or not (width == "same" or any(_pair(width) or (0,))) or mode == "circular":
        return None
    shown = "zeros" if mode == "zeros" else f"padding_mode={mode!r}"
    return scene.cause(
        "zero padding" if mode == "zeros" else f"{mode} padding",
        f"padding {width} with {shown} marks the border, so that a shifted image is another one there",
        'use padding_mode="circular", or compare the inside alone: eq.check.Translate(margin=...)',
    )


HYPOTHESES = (padding, unequal_axes, parity, output_padding, one_sided, resampling)
