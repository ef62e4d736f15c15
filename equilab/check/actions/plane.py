"""Fields on the plane, vectors that a plane group mixes, and points of the plane."""

import math
from typing import Any

import torch
from torch import Tensor

from equilab.check.actions.action import Action
from equilab.check.actions.symmetry import PlaneSymmetry, Symmetry
from equilab.errors import FieldTypeError, ShapeError
from equilab.groups import Element, FieldType, PlaneGroup, Representation, move

_BUMPS = 5  # Gaussians per channel of a smooth image


class PlaneAction(Action):
    """T_g f(p) = rho(g) f(g^-1 p) on images (batch, channels, H, W), rho(g) v on vectors (batch, channels).

    Quarter turns and the mirrors of the grid are exact. Any other element is interpolated by three shears, after the
    mean of the border was taken off, which turns exactly; inputs are then sums of Gaussians, evaluated where they lie.
    """

    def __init__(self, field_type: Any, symmetry: Symmetry):
        self.field_type, self.symmetry = field_type, symmetry

    def plane(self, g: Any) -> Element:
        """How g moves the plane."""
        return g

    def mix(self, g: Any, x: Tensor) -> Tensor:
        """rho(g) on the channels of x."""
        return self.field_type.mix(g, x)

    @property
    def dim(self) -> int:
        return self.field_type.dim

    def act(self, g: Any, x: Tensor) -> Tensor:
        if x.ndim not in (2, 4) or x.shape[1] != self.dim:
            raise ShapeError(
                "x", expected=f"(batch, {self.dim}, H, W) or (batch, {self.dim}) for {self}", got=tuple(x.shape)
            )
        if x.ndim == 2:
            return self.mix(g, x)
        if self.is_exact(g, x):
            return self.mix(g, move(self.plane(g), x))
        border = border_mean(x)
        return self.mix(g, border + move(self.plane(g), x - border))

    def tangent(self, g: Any, v: Tensor) -> Tensor:
        return self.act(g, v)

    def is_exact(self, g: Any, x: Tensor) -> bool:
        return x.ndim != 4 or x.shape[-2:] == (1, 1) or (4 * self.plane(g).turn).denominator == 1

    def smooth_pair(self, g: Any, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        if x.ndim != 4 or self.is_exact(g, x):
            return x, self.act(g, x)
        low, high = float(x.min()), float(x.max())
        ground = min(max(0.0, low), high)  # the border is 0 where the inputs may be
        bumps = Bumps(x.shape[0] * x.shape[1], signed=low < 0 < high, generator=generator)
        scale = high - ground if low >= 0 or high <= 0 else min(-low, high)
        shape = x.shape

        def images(element: Element | None) -> Tensor:
            drawn = bumps.draw(shape[-1], element).to(device=x.device, dtype=torch.float64)
            return (ground + (scale or 1.0) * drawn).reshape(shape).to(x.dtype)

        return images(None), self.mix(g, images(self.plane(g)))

    def floor(self, g: Any, y: Tensor) -> Tensor | None:
        if self.is_exact(g, y):
            return None
        whole = self.plane(g)
        half, rest = Element(whole.turn / 2), Element(whole.turn / 2, whole.mirror)
        ground = y - border_mean(y)
        return move(half, move(rest, ground)) - move(whole, ground)

    def fixed_point(self, y: Tensor) -> Tensor | None:
        """The channels of the pixel in the middle, (batch, channels), of images of odd sizes."""
        height, width = y.shape[-2:]
        return y[..., height // 2, width // 2] if y.ndim == 4 and height % 2 and width % 2 else None

    def window(self, y: Tensor, *, exact: bool) -> Tensor | None:
        if exact or y.ndim != 4 or y.shape[-1] < 3:
            return None
        offsets = torch.arange(y.shape[-1], dtype=torch.float64, device="cpu") - (y.shape[-1] - 1) / 2
        return ((offsets[:, None] ** 2 + offsets**2) <= (0.4 * y.shape[-1]) ** 2).to(y.device)

    def __str__(self) -> str:
        return str(self.field_type)


class Bumps:
    """Smooth images that are known between the pixels: sums of Gaussians, small at the border, in [-1, 1]."""

    def __init__(self, count: int, *, signed: bool, generator: torch.Generator):
        def uniform(*shape: int) -> Tensor:
            return torch.rand(shape, generator=generator, dtype=torch.float64, device="cpu")

        radius, angle = 0.22 * uniform(count, _BUMPS).sqrt(), 2 * math.pi * uniform(count, _BUMPS)
        self.centres = torch.stack([radius * angle.cos(), radius * angle.sin()], -1)  # (count, bumps, 2), x and y
        self.widths = 0.08 + 0.04 * uniform(count, _BUMPS)  # of the image's width
        self.heights = (uniform(count, _BUMPS) * 2 - 1 if signed else uniform(count, _BUMPS)) / 2

    def draw(self, size: int, g: Element | None) -> Tensor:
        """(count, size, size), float64, moved by g."""
        centres = self.centres
        if g is not None:
            centres = centres @ PlaneGroup(1).matrix(g).T
        offsets = (torch.arange(size, dtype=torch.float64, device="cpu") - (size - 1) / 2) / size
        across = ((offsets - centres[..., :1]) / self.widths[..., None]) ** 2  # (count, bumps, size), x
        down = ((-offsets - centres[..., 1:]) / self.widths[..., None]) ** 2  # y runs up
        each = torch.exp(-(down[..., :, None] + across[..., None, :]) / 2)
        return torch.einsum("nb,nbij->nij", self.heights, each)


class Fields(PlaneAction):
    """A FieldType of equilab, or one representation."""

    def __init__(self, representation: Representation):
        field_type = representation if isinstance(representation, FieldType) else 1 * representation
        super().__init__(field_type, PlaneSymmetry(field_type.group))


class Points(Action):
    """Coordinates (..., n) that the group turns: (x, y) by a plane group, (x, y, z) by a rotation, with its shift."""

    def __init__(self, *, translate: bool = True):
        self.translate = translate

    def act(self, g: Any, x: Tensor) -> Tensor:
        matrix, shift = _motion(g)
        if x.shape[-1:] != matrix.shape[:1]:
            raise ShapeError("x", expected=f"points (..., {matrix.shape[0]})", got=tuple(x.shape))
        turned = x @ matrix.to(x).T
        return turned if shift is None or not self.translate else turned + shift.to(x)

    def __str__(self) -> str:
        return "points" if self.translate else "vectors"


def border_mean(x: Tensor) -> Tensor:
    """The mean over the outermost pixels, (batch, channels, 1, 1)."""
    frame = torch.ones(x.shape[-2:], dtype=torch.bool, device=x.device)
    frame[1:-1, 1:-1] = False
    return x[..., frame].mean(-1)[..., None, None]


def _motion(g: Any) -> tuple[Tensor, Tensor | None]:
    """The matrix and the shift by which g moves points."""
    if isinstance(g, Element):
        return PlaneGroup(1).matrix(g), None
    if hasattr(g, "matrix") and isinstance(g.matrix, Tensor):
        return g.matrix, getattr(g, "shift", None)
    if isinstance(g, Tensor) and g.ndim == 2:
        return g, None
    raise FieldTypeError("points", expected="a group of motions of the plane or of space", got=f"the element {g!r}")
