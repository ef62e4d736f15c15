"""Images shifted by whole pixels: what convolutions are meant to commute with."""

import math
from fractions import Fraction
from typing import TypeAlias

import torch
from torch import Tensor

from equilab.check.actions.action import Action
from equilab.check.actions.symmetry import WORDS, Symmetry
from equilab.errors import SettingError, ShapeError

Shift: TypeAlias = tuple[int, int]
_STEPS = 3  # the largest shift that is chosen, in strides


class Translations(Symmetry):
    """Shifts (down, right) of the input in pixels, by multiples of `stride`, the total stride of the network.

    Round the edges, where what leaves on one side comes in on the other, as circular padding does.
    """

    def __init__(self, *, stride: int = 1):
        if not isinstance(stride, int) or stride < 1:
            raise SettingError("stride", expected="an integer of at least 1", got=repr(stride))
        self.stride, self.name = stride, "translations" if stride == 1 else f"translations by {stride}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Translations) and other.stride == self.stride

    def __hash__(self) -> int:
        return hash(self.stride)

    @property
    def identity(self) -> Shift:
        return (0, 0)

    def multiply(self, g: Shift, h: Shift) -> Shift:
        return (g[0] + h[0], g[1] + h[1])

    def inverse(self, g: Shift) -> Shift:
        return (-g[0], -g[1])

    def choose(self, generator: torch.Generator) -> tuple[Shift, ...]:
        steps = torch.randint(-_STEPS, _STEPS + 1, (WORDS - 2, 2), generator=generator, device="cpu").tolist()
        shifts = [(1, 0), (0, 1), *((down, right) for down, right in steps if down or right)]
        return tuple(dict.fromkeys((self.stride * down, self.stride * right) for down, right in shifts))

    def label(self, g: Shift) -> str:
        return f"shift down {g[0]}, right {g[1]}"


def pixel_scale(size: int, of: int) -> Fraction:
    """Pixels of an output of `size` for each pixel of an input of size `of`: the nearest integer, or 1 / integer.

    Convolutions without padding cut a few pixels off: 16 to 14 is 1, 16 to 7 is 1/2.
    """
    if not size or not of:
        return Fraction(1)
    return Fraction(max(1, round(size / of))) if size >= of else Fraction(1, round(of / size))


class Translate(Action):
    """Images (batch, channels, H, W) shifted round the edges, by `scale` pixels for each pixel of the input.

    scale: 1/4 for outputs a quarter as large as the inputs; None: read from the sizes when the check begins, as the
    nearest integer or 1 / integer.
    margin: how far from the border padding is felt, in pixels of the output, for networks that pad with zeros: so much,
    and what the largest shift brings in on the other side, is not compared.
    """

    def __init__(self, symmetry: Translations | None = None, *, scale: Fraction | None = None, margin: int = 0):
        self.symmetry = self.translations = symmetry or Translations()
        self.scale, self.margin = scale, margin

    def act(self, g: Shift, x: Tensor) -> Tensor:
        if x.ndim < 2:
            raise ShapeError("x", expected="images (batch, channels, H, W) to be shifted", got=tuple(x.shape))
        if x.ndim == 3:
            raise SettingError(
                "x",
                expected="images (batch, channels, H, W) to be shifted",
                got=tuple(x.shape),
                hint=(
                    "give one image as x[None], and lines (batch, channels, W) an eq.check.Custom action that rolls "
                    "the last axis"
                ),
            )
        scale = self.scale or Fraction(1)
        down, right = scale * g[0], scale * g[1]
        if down.denominator != 1 or right.denominator != 1:
            raise SettingError(
                "group",
                expected="shifts by whole pixels of the output",
                got=f"{g} of the input, which is ({down}, {right}) of the output",
                hint=(
                    f"use Translations(stride={scale.denominator}), or give Translate(scale=...) where the sizes "
                    "mislead"
                ),
            )
        return x.roll((int(down), int(right)), (-2, -1))

    def tangent(self, g: Shift, v: Tensor) -> Tensor:
        return self.act(g, v)

    def window(self, y: Tensor, *, exact: bool) -> Tensor | None:
        if not self.margin:
            return None
        edge = self.margin + math.ceil(_STEPS * self.translations.stride * (self.scale or 1))
        if 2 * edge >= min(y.shape[-2:]):
            raise SettingError(
                "margin",
                expected=(
                    f"less than half of an output {tuple(y.shape[-2:])}, shifts of up to {edge - self.margin} pixels "
                    "included"
                ),
                got=self.margin,
                hint="use larger images, or elements= with smaller shifts",
            )
        inside = torch.zeros(y.shape[-2:], dtype=torch.bool, device=y.device)
        inside[edge:-edge, edge:-edge] = True
        return inside

    def __str__(self) -> str:
        return "shifted" if self.scale in (None, 1) else f"shifted by {self.scale} of the input's shift"
