"""Strides, pools and paddings that treat one side of an image otherwise than the other."""

from torch import nn

from equilab.check.causes.scene import Scene
from equilab.check.findings import Cause
from equilab.check.translations import Translations

_Windowed = nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d | nn.LPPool2d


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def parity(scene: Scene) -> Cause | None:
    """A strided convolution or pool whose windows leave a rest on one side."""
    module, x = scene.module, scene.x
    if not isinstance(module, _Windowed) or x is None or x.ndim != 4 or isinstance(scene.symmetry, Translations):
        return None
    stride, kernel = _pair(module.stride or module.kernel_size), _pair(module.kernel_size)  # pyright: ignore
    padding = _pair(getattr(module, "padding", 0) if not isinstance(getattr(module, "padding", 0), str) else 0)
    dilation = _pair(getattr(module, "dilation", 1))
    for axis, side in enumerate(("height", "width")):
        size = x.shape[2 + axis]
        rest = (size + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) % stride[axis]
        if rest:
            is_pool = not isinstance(module, nn.Conv2d)
            return Cause(
                "odd pool" if is_pool else "stride parity",
                scene.where,
                f"{side} {size} + 2 x {padding[axis]} - {dilation[axis]} x ({kernel[axis]} - 1) - 1 leaves {rest} over "
                f"when divided by stride {stride[axis]}: the windows do not lie symmetrically",
                f"use {side} {size - rest} or {size - rest + stride[axis]} here, or another padding",
            )
    return None


def output_padding(scene: Scene) -> Cause | None:
    """A transposed convolution that pads one side."""
    module = scene.module
    if isinstance(module, nn.ConvTranspose2d) and any(module.output_padding):
        return Cause(
            "output_padding",
            scene.where,
            f"output_padding {module.output_padding} adds a row and a column on one side only",
            "use kernel_size 4, stride 2, padding 1, output_padding 0 to double a size, or upsample and convolve",
        )
    return None


HYPOTHESES = (parity, output_padding)
