"""GroupConv2d against the definition, as loops over elements and positions (Cohen & Welling 2016, eq. 11 and 12)."""

from itertools import product

import pytest
import torch
from torch import Tensor

from equilab.groups import C, D, Element, Group
from equilab.groups.element import compose, inverse
from equilab.nn import GroupConv2d

SIZE, KERNEL = 7, 3
GEOMETRIES = [{}, {"padding": 1}, {"stride": 2}, {"stride": 2, "padding": 1}]


def moved(group: Group, g: Element, row: int, column: int) -> tuple[int, int]:
    """The kernel position to which g moves a position, rows counted downwards from the upper left corner."""
    centre = (KERNEL - 1) / 2
    x, y = (group.matrix(g) @ torch.tensor([column - centre, centre - row], dtype=torch.float64)).tolist()
    return round(centre - y), round(x + centre)


def pixel(image: Tensor, row: int, column: int) -> float:
    """The value of an image (H, W) that is zero outside of its frame."""
    inside = 0 <= row < image.shape[0] and 0 <= column < image.shape[1]
    return float(image[row, column]) if inside else 0.0


def slow_lifting(group: Group, x: Tensor, psi: Tensor, stride: int, padding: int) -> Tensor:
    """[f * psi](g) = sum_y f(y) psi(g^-1 y) (eq. 11), (|G|, H', W'); x: (H, W), psi: (k, k)."""
    size = (SIZE + 2 * padding - KERNEL) // stride + 1
    y = torch.zeros(len(group.elements), size, size, dtype=torch.float64)
    for i, g in enumerate(group.elements):
        for row, column in product(range(KERNEL), range(KERNEL)):
            weight = float(psi[moved(group, inverse(g), row, column)])
            for u, v in product(range(size), range(size)):
                y[i, u, v] += weight * pixel(x, u * stride + row - padding, v * stride + column - padding)
    return y


def slow_group_conv(group: Group, x: Tensor, psi: Tensor, stride: int, padding: int) -> Tensor:
    """[f * psi](g) = sum_h f(h) psi(g^-1 h) (eq. 12), (|G|, H', W'); x: (|G|, H, W), psi: (|G|, k, k)."""
    size = (SIZE + 2 * padding - KERNEL) // stride + 1
    y = torch.zeros(len(group.elements), size, size, dtype=torch.float64)
    for (i, g), (j, h) in product(enumerate(group.elements), enumerate(group.elements)):
        place = group.index(compose(inverse(g), h))
        for row, column in product(range(KERNEL), range(KERNEL)):
            weight = float(psi[(place, *moved(group, inverse(g), row, column))])
            for u, v in product(range(size), range(size)):
                y[i, u, v] += weight * pixel(x[j], u * stride + row - padding, v * stride + column - padding)
    return y


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
@pytest.mark.parametrize("group", [C(4), D(4)], ids=str)
def test_lifting_is_the_sum_over_the_plane_with_a_moved_filter(group, geometry):
    generator = torch.Generator().manual_seed(0)
    conv = GroupConv2d(2 * group.trivial, 2 * group.regular, KERNEL, bias=False, generator=generator, **geometry)
    conv = conv.double()
    x = torch.randn(1, 2, SIZE, SIZE, dtype=torch.float64, generator=generator)
    kernel = conv.kernel().detach().reshape(2, -1, 2, KERNEL, KERNEL)
    psi = kernel[:, 0]  # the filter at the identity: all that is free
    numbers = geometry.get("stride", 1), geometry.get("padding", 0)
    expected = [sum(slow_lifting(group, x[0, n], psi[m, n], *numbers) for n in range(2)) for m in range(2)]
    torch.testing.assert_close(conv(x)[0], torch.cat(expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
@pytest.mark.parametrize("group", [C(4), D(4)], ids=str)
def test_group_convolution_is_the_sum_over_the_group_with_a_moved_filter(group, geometry):
    generator = torch.Generator().manual_seed(0)
    conv = GroupConv2d(1 * group.regular, 1 * group.regular, KERNEL, bias=False, generator=generator, **geometry)
    conv = conv.double()
    x = torch.randn(1, group.order, SIZE, SIZE, dtype=torch.float64, generator=generator)
    psi = conv.kernel().detach()[0]  # (|G|, k, k): the filter at the identity
    expected = slow_group_conv(group, x[0], psi, geometry.get("stride", 1), geometry.get("padding", 0))
    torch.testing.assert_close(conv(x)[0], expected, rtol=0, atol=1e-12)
