"""Images moved by an element of O(2): exactly where the pixel grid allows it, else by three shears in Fourier space."""

import math
from fractions import Fraction

import torch
from torch import Tensor

from equilab.errors import FieldTypeError, GroupError, ShapeError
from equilab.groups.element import Element


def move(g: Element, x: Tensor) -> Tensor:
    """(T_g f)(p) = f(g^-1 p) of images x (..., H, W), about their centre; the same shape comes out.

    The mirror left to right comes first, then the turn counter-clockwise. Quarter turns are exact. What is left of the
    turn, at most an eighth, is done by three shears (Unser, Thevenaz & Yaroslavsky 1995), each a phase in Fourier
    space, on a canvas padded with zeros to twice the size: accurate to about 1e-4 for images that are smooth and small
    within their frame; sharp edges ring. Half precision is turned in float32. Raises ShapeError where H != W and the
    turn is no half turn, FieldTypeError where integers would have to be interpolated, GroupError for swapped arguments.
    """
    check_arguments(g, x, "move(g, x)")
    if g.mirror:
        x = x.flip(-1)
    quarters = round(4 * g.turn)
    rest = g.turn - Fraction(quarters, 4)
    if x.shape[-1] != x.shape[-2] and (quarters % 2 or rest):
        raise ShapeError(
            "x",
            expected=f"H == W to be turned by {g.turn} of a turn",
            got=tuple(x.shape),
            hint="pad or crop to a square",
        )
    if rest and not (x.is_floating_point() or x.is_complex()):
        raise FieldTypeError(
            "x", expected=f"floating point to be turned by {g.turn} of a turn", got=x.dtype, hint="use x.float()"
        )
    if quarters % 4:
        x = x.rot90(quarters % 4, (-2, -1))
    if not rest or not x.numel():
        return x
    angle = 2 * math.pi * float(rest)
    return torch.complex(_rotate(x.real, angle), _rotate(x.imag, angle)) if x.is_complex() else _rotate(x, angle)


def check_arguments(g: object, x: object, call: str) -> None:
    """Raises GroupError unless g is an element and x a tensor; `call` says in which order they are written."""
    if isinstance(g, Element) and isinstance(x, Tensor):
        return
    make = "torch.as_tensor makes a tensor" if isinstance(g, Element) else "group.element makes an element"
    raise GroupError(
        call, expected="an element and a tensor", got=f"{type(g).__name__} and {type(x).__name__}", hint=make
    )


def _rotate(x: Tensor, angle: float) -> Tensor:
    """x (..., n, n) turned counter-clockwise by at most an eighth of a turn."""
    size = x.shape[-1]
    margin = math.ceil(size / 2)
    padded = torch.nn.functional.pad(x.float() if x.dtype.itemsize < 4 else x, (margin,) * 4)
    across, down = math.tan(angle / 2), -math.sin(angle)
    turned = _shear(_shear(_shear(padded, across), down, rows=False), across)
    return turned[..., margin : margin + size, margin : margin + size].to(x.dtype)


def _shear(x: Tensor, slope: float, *, rows: bool = True) -> Tensor:
    """Every row (or column) of x (..., n, n) shifted by slope * its distance below (right of) the centre, in pixels."""
    if not rows:
        return _shear(x.transpose(-2, -1), slope).transpose(-2, -1)
    size = x.shape[-1]
    offsets = torch.arange(size, dtype=x.dtype, device=x.device) - (size - 1) / 2
    frequencies = torch.fft.rfftfreq(size, dtype=x.dtype, device=x.device)
    phase = -2 * math.pi * slope * offsets[:, None] * frequencies  # a shift by s is exp(-2 pi i f s)
    return torch.fft.irfft(torch.fft.rfft(x) * torch.polar(torch.ones_like(phase), phase), n=size)
