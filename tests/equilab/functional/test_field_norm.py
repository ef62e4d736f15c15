"""Moments of fields."""

import torch
from torch.nn import functional

from equilab.functional import normalise_fields

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
