"""Equivariance error of layers whose group is not the grid's, at the turns of the grid and between them.

Relative error |f(T_g x) - T_g f(x)| / |T_g f(x)| over the middle of the picture, root mean square over pictures and
weights; T_g is `groups.move`, whose own error at that turn stands beside it.
"""

from fractions import Fraction

import torch
from torch import Tensor

from equilab.groups import SO2, C, Element, FieldType, move
from equilab.nn import GroupConv2d

SIZE = 65  # pixels of a picture
MIDDLE = 12  # half the side of the square that errors are measured in: nothing outside the frame reaches it
TURNS = (Fraction(1, 4), Fraction(1, 8), Fraction(1, 16))
TYPES = {
    "C8 trivial -> regular": (1 * C(8).trivial, 4 * C(8).regular),
    "C8 regular -> regular": (2 * C(8).regular, 2 * C(8).regular),
    "SO(2) irreps 0 1 2 -> 0 1 2": (
        SO2.trivial + SO2.irrep(1) + SO2.irrep(2),
        SO2.trivial + SO2.irrep(1) + SO2.irrep(2),
    ),
}


def bumps(g: Element, channels: int, wavelength: float) -> Tensor:
    """(2, channels, SIZE, SIZE) sums of Gabor functions, float64, about `wavelength` pixels long, moved by g: exactly.

    Their envelope has a deviation of 6 pixels: they end within the frame.
    """
    generator = torch.Generator().manual_seed(0)
    draw = torch.rand(3, 2 * channels, 4, generator=generator, dtype=torch.float64)  # (what, picture, term)
    place = torch.arange(SIZE, dtype=torch.float64) - (SIZE - 1) / 2
    points = torch.stack(torch.meshgrid(place, -place, indexing="xy"), -1) @ SO2.matrix(g)  # g^-1 p, row vectors
    angle, phase = 2 * torch.pi * draw[0], 2 * torch.pi * draw[1]
    wave = torch.stack([angle.cos(), angle.sin()], -1) * 2 * torch.pi / wavelength
    centre = 4 * (draw[:2].movedim(0, -1) - 0.5)
    offset = points[None, None] - centre[:, :, None, None]  # (picture, term, y, x, 2)
    waves = torch.cos((offset * wave[:, :, None, None]).sum(-1) + phase[:, :, None, None])
    envelope = torch.exp(-offset.square().sum(-1) / (2 * 6.0**2))
    return (waves * envelope).sum(1).reshape(2, channels, SIZE, SIZE)


def relative(found: Tensor, expected: Tensor) -> float:
    half = SIZE // 2
    middle = slice(half - MIDDLE, half + MIDDLE + 1)
    difference, truth = (value[..., middle, middle] for value in (found - expected, expected))
    return float(difference.norm() / truth.norm())


def layer_error(in_type: FieldType, out_type: FieldType, kernel_size: int, g: Element, wavelength: float) -> float:
    """Mean over three draws of the weights; float64."""
    x = bumps(in_type.group.identity, in_type.dim, wavelength)
    turned = in_type.mix(g, bumps(g, in_type.dim, wavelength))
    errors = []
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        layer = GroupConv2d(
            in_type, out_type, kernel_size, padding="same", bias=False, generator=generator, exact="off"
        ).double()
        with torch.no_grad():
            errors.append(relative(layer(turned), out_type.act(g, layer(x))))
    return sum(errors) / len(errors)


def table(wavelength: float, sizes: tuple[int, ...] = (3, 5, 7)) -> str:
    """The errors as rows of a markdown table."""
    lines = [
        "| | kernel | " + " | ".join(f"{float(360 * turn):g} degrees" for turn in TURNS) + " |",
        "|---" * (len(TURNS) + 2) + "|",
    ]
    for name, (in_type, out_type) in TYPES.items():
        for size in sizes:
            turns = [turn for turn in TURNS if Element(turn) in in_type.group]
            found = [f"{layer_error(in_type, out_type, size, Element(turn), wavelength):.1e}" for turn in turns]
            lines.append(
                " | ".join([f"| {name}", f"{size} x {size}", *found, *["-"] * (len(TURNS) - len(turns))]) + " |"
            )
    still = bumps(SO2.identity, 1, wavelength)
    own = [f"{relative(move(Element(turn), still), bumps(Element(turn), 1, wavelength)):.1e}" for turn in TURNS]
    return "\n".join([*lines, " | ".join(["| `groups.move` alone", "", *own]) + " |"])


def main() -> None:
    for wavelength in (8.0, 16.0):
        print(f"waves of {wavelength:g} pixels\n\n{table(wavelength)}\n")


if __name__ == "__main__":
    main()
