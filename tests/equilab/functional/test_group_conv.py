"""Convolutions with an expanded kernel, against their definitions, and the transpose against the adjoint."""

import pytest
import torch
from torch.nn import functional

from equilab.errors import EquivarianceError
from equilab.functional import group_conv2d, group_conv_transpose2d, transpose_kernel
from tests.refused import refused


def noise(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def transposed_by_definition(x, kernel, stride, padding):
    """y(q) = sum_p kernel(q - stride p) x(p), pixel by pixel."""
    batch, _, height, width = x.shape
    k = kernel.shape[-1]
    full = x.new_zeros(batch, len(kernel), (height - 1) * stride + k, (width - 1) * stride + k)
    for row in range(height):
        for column in range(width):
            patch = torch.einsum("oikl,bi->bokl", kernel, x[:, :, row, column])
            full[:, :, row * stride : row * stride + k, column * stride : column * stride + k] += patch
    return full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]


def test_a_convolution_is_the_one_of_torch_where_the_sizes_fit():
    x, kernel, bias = noise(2, 4, 9, 9), noise(6, 2, 3, 3, seed=1), noise(6, seed=2)
    got = group_conv2d(x, kernel, bias, stride=2, padding=2, dilation=2, groups=2)
    assert torch.equal(got, functional.conv2d(x, kernel, bias, 2, 2, 2, 2))
    with refused(EquivarianceError, "x", expected="height 9 or 11", got=10):
        group_conv2d(noise(2, 4, 10, 9), kernel, bias, stride=2, padding=2, dilation=2, groups=2)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_a_transposed_convolution_is_its_definition(stride, padding):
    x, kernel = noise(2, 3, 4, 5), noise(2, 3, 4, 4, seed=1)
    got = group_conv_transpose2d(x, kernel, stride=stride, padding=padding)
    assert torch.allclose(got, transposed_by_definition(x, kernel, stride, padding), atol=1e-13, rtol=0)


def test_the_layout_of_a_transposed_kernel_keeps_groups_apart():
    kernel = noise(6, 2, 3, 3)  # three outputs of two inputs, twice
    expected = torch.cat([kernel[:3].transpose(0, 1), kernel[3:].transpose(0, 1)])
    assert torch.equal(transpose_kernel(kernel, 2), expected)
    x = noise(1, 4, 5, 5, seed=1)
    halves = [group_conv_transpose2d(x[:, 2 * i : 2 * i + 2], kernel[3 * i : 3 * i + 3], stride=2) for i in (0, 1)]
    got = group_conv_transpose2d(x, kernel, stride=2, groups=2)
    assert torch.allclose(got, torch.cat(halves, 1), atol=1e-13, rtol=0)


def test_it_is_the_adjoint_of_the_convolution_with_the_transposed_kernel():
    x, y, kernel = noise(1, 3, 9, 9), noise(1, 2, 4, 4, seed=1), noise(2, 3, 3, 3, seed=2)
    forth = (group_conv2d(x, kernel, stride=2) * y).sum()
    back = (group_conv_transpose2d(y, kernel.transpose(0, 1), stride=2) * x).sum()
    assert torch.allclose(forth, back, rtol=1e-12)


def test_padding_of_one_side_is_refused_unless_it_is_asked_for():
    x, kernel = noise(1, 3, 4, 4), noise(2, 3, 3, 3)
    with refused(EquivarianceError, "output_padding", expected="0", got=1):
        group_conv_transpose2d(x, kernel, stride=2, padding=1, output_padding=1)
    shape = group_conv_transpose2d(x, kernel, stride=2, padding=1, output_padding=1, exact="off").shape
    assert shape == (1, 2, 8, 8)
