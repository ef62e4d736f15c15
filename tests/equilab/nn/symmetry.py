"""How far a layer is from commuting with its group: the measure of these tests."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from equilab.groups import Element, FieldType

ROUND_OFF = 1e-13


def draw(field_type: FieldType, size: int = 9, *, batch: int = 2, seed: int = 0) -> Tensor:
    """Normal noise (batch, channels, size, size), float64."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, field_type.dim, size, size, dtype=torch.float64, generator=generator)


@torch.no_grad()
def error(
    function: Callable[[Tensor], Tensor],
    x: Tensor,
    in_type: FieldType,
    out_type: FieldType,
    elements: Iterable[Element] | None = None,
) -> float:
    """The largest |f(g x) - g f(x)| / |f(x)| (2-norms) over the elements, of a finite group all."""
    y = function(x)
    worst = 0.0
    for g in in_type.group.elements if elements is None else elements:
        worst = max(worst, float((function(in_type.act(g, x)) - out_type.act(g, y)).norm() / y.norm()))
    return worst


def smooth_images(field_type: FieldType, size: int, *, seed: int = 0) -> Tensor:
    """One image (1, channels, size, size) of a few broad bumps, zero near its edge, float64."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    rows, columns = place[:, None], place[None]
    image = torch.zeros(1, field_type.dim, size, size, dtype=torch.float64)
    for _ in range(4):
        row, column = (torch.rand(2, generator=generator, dtype=torch.float64) - 0.5) * size / 3
        bump = torch.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * 3.0**2))
        weights = torch.randn(field_type.dim, generator=generator, dtype=torch.float64)
        image += weights[:, None, None] * bump
    return image
