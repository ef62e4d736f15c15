"""Moments of fields."""

import pytest
import torch
from torch.nn import functional

from equilab.functional import field_mean_square, normalise_fields

FIELDS = torch.randn(3, 5, 4, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 3 + 2
AXES = (2, 3, 4)


def test_centred_fields_have_mean_zero_and_variance_one():
    normed = normalise_fields(FIELDS, AXES, centred=True, eps=0.0)
    assert normed.mean(AXES).abs().max() < 1e-13
    assert (normed.square().mean(AXES) - 1).abs().max() < 1e-13


def test_others_keep_their_direction_and_have_mean_square_one():
    normed = normalise_fields(FIELDS, AXES, centred=False, eps=0.0)
    assert (normed.square().mean(AXES) - 1).abs().max() < 1e-13
    scale = normed / FIELDS
    assert (scale - scale[:, :, :1, :1, :1]).abs().max() < 1e-13


def test_it_is_torchs_layer_norm_of_the_axes():
    expected = functional.layer_norm(FIELDS, FIELDS.shape[2:], eps=1e-3)
    assert torch.allclose(normalise_fields(FIELDS, AXES, centred=True, eps=1e-3), expected, atol=1e-13, rtol=0)


def test_eps_is_added_to_the_square():
    field = torch.full((1, 1, 2), 3.0)
    assert torch.allclose(normalise_fields(field, (2,), centred=False, eps=7.0), field / 4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("centred", [True, False])
def test_half_precision_has_the_range_of_float32(dtype, centred):
    """Squares of 600 are beyond float16."""
    fields = 600 * torch.randn(2, 1, 4, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    exact = normalise_fields(fields, (2, 3, 4, 5), centred=centred)
    rough = normalise_fields(fields.to(dtype), (2, 3, 4, 5), centred=centred)
    assert rough.dtype == dtype
    assert torch.allclose(rough.float(), exact, atol=4 * torch.finfo(dtype).eps)
    square = field_mean_square(fields.to(dtype).flatten(2))
    assert square.dtype == torch.float32
    assert square.isfinite().all()
