"""Transposed group convolution: exact at every size, unless one side is padded more than the other."""

import pytest
import torch
from symmetry import ROUND_OFF, draw, error

from equilab.errors import EquivarianceError, SettingError
from equilab.groups import C, p4, p4m
from equilab.nn import GroupConvTranspose2d
from tests.refused import refused

T = 4 * p4.regular
QUARTER = [p4.element("1/4")]


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize(
    ("kernel_size", "stride", "padding"), [(4, 2, 1), (3, 2, 1), (3, 1, 1), (2, 2, 0), (5, 3, 1)], ids=str
)
def test_a_transposed_convolution_is_exact_at_every_size(size, kernel_size, stride, padding):
    in_type, out_type = 2 * p4m.regular, 1 * p4m.regular + 1 * p4m.irrep(1)
    conv = GroupConvTranspose2d(in_type, out_type, kernel_size, stride=stride, padding=padding).double()
    x = draw(in_type, size)
    assert conv(x).shape[-1] == (size - 1) * stride - 2 * padding + kernel_size
    assert error(conv, x, conv.in_type, conv.out_type) < ROUND_OFF


@pytest.mark.parametrize("size", [7, 8])
def test_parity_of_output_padding(size):
    """k3 s2 p1 output_padding 1 doubles a size, and breaks the symmetry at every one."""
    settings = {"stride": 2, "padding": 1, "output_padding": 1}
    with refused(EquivarianceError, "output_padding", expected="0", got=1, hint="kernel_size 4, stride 2, padding 1"):
        GroupConvTranspose2d(T, T, 3, **settings)
    with pytest.warns(UserWarning, match="output_padding: expected 0, got 1"):
        GroupConvTranspose2d(T, T, 3, exact="warn", **settings)
    conv = GroupConvTranspose2d(T, T, 3, exact="off", generator=torch.Generator().manual_seed(0), **settings).double()
    x = draw(T, size)
    assert conv(x).shape[-1] == 2 * size
    assert error(conv, x, T, T, QUARTER) > 1  # measured 1.4
    free = GroupConvTranspose2d(C(1).trivial, C(1).trivial, 3, **settings)
    assert free(torch.zeros(1, 1, 4, 4)).shape == (1, 1, 8, 8)


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 3)])
def test_output_padding_that_torch_would_refuse_when_called_is_refused_when_built(stride, dilation):
    limit = max(stride, dilation)
    settings = {"stride": stride, "dilation": dilation, "exact": "off"}
    with refused(SettingError, "output_padding", expected=f"dilation, {limit}", got=limit):
        GroupConvTranspose2d(T, T, 3, output_padding=limit, **settings)
    conv = GroupConvTranspose2d(T, T, 3, output_padding=limit - 1, **settings)
    assert conv(torch.zeros(1, 16, 5, 5)).shape[-1] == 4 * stride + 2 * dilation + limit
