"""Batch normalisation of fields, against torch's, and the bug of one statistic per channel."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from symmetry import ROUND_OFF, draw, error
from torch import nn

from equilab.errors import SettingError, ShapeError
from equilab.groups import SO2, C, p4, p4m
from equilab.nn import FieldBatchNorm
from tests.refused import refused


def randomised(norm):
    """The norm with weights and biases that are not 1 and 0."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in norm.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return norm.double()


def test_scalar_fields_have_torchs_batch_norm():
    ours, theirs = randomised(FieldBatchNorm(5 * p4.trivial)), randomised(nn.BatchNorm2d(5))
    for seed in range(3):
        x = draw(ours.in_type, seed=seed) * 2 + 1
        assert torch.allclose(ours(x), theirs(x), atol=1e-13, rtol=0)
    assert torch.allclose(ours.eval()(x), theirs.eval()(x), atol=1e-13, rtol=0)


def test_permuted_fields_have_torchs_batch_norm_over_their_channels_too():
    ours, theirs = randomised(FieldBatchNorm(5 * p4m.regular)), randomised(nn.BatchNorm3d(5))
    for seed in range(3):
        x = draw(ours.in_type, 4, seed=seed) * 2 + 1
        seen = x.unflatten(1, (5, 8))  # (batch, fields, elements, H, W)
        assert torch.allclose(ours(x), theirs(seen).flatten(1, 2), atol=1e-13, rtol=0)
    norm = ours.norms[0]
    assert torch.allclose(norm.running_mean, theirs.running_mean)
    assert torch.allclose(norm.running_var, theirs.running_var)
    assert torch.allclose(ours.eval()(x), theirs.eval()(seen).flatten(1, 2), atol=1e-13, rtol=0)


def test_other_fields_are_divided_by_the_root_of_their_mean_square_only():
    field_type = 3 * SO2.irrep(1)
    norm, x = FieldBatchNorm(field_type, eps=1e-30).double(), draw(3 * SO2.irrep(1)) * 2 + 1
    fields = x.unflatten(1, (3, 2))
    square = fields.square().mean((0, 2, 3, 4))
    expected = fields / square.sqrt()[None, :, None, None, None]
    assert torch.allclose(norm(x), expected.flatten(1, 2), atol=1e-13, rtol=0)
    assert torch.allclose(norm.norms[0].running_var, 0.9 + 0.1 * square)
    norm.eval()
    assert torch.allclose(norm(x).unflatten(1, (3, 2)), fields / (0.9 + 0.1 * square).sqrt()[None, :, None, None, None])
    assert len(list(norm.parameters())) == 1  # a weight, no bias


@pytest.mark.parametrize("training", [True, False])
def test_it_commutes_with_the_group(training):
    field_type = 2 * p4m.regular + 2 * p4m.irrep(1) + 1 * p4m.quotient(C(4)) + 1 * p4m.irrep(0, -1) + 1 * p4m.trivial
    norm = randomised(FieldBatchNorm(field_type))
    norm(draw(field_type) + 1)
    norm.train(training)
    assert error(norm, draw(field_type, seed=1) * 3 + 1, field_type, field_type) < ROUND_OFF


@pytest.mark.parametrize("field_type", [3 * p4.regular, 3 * p4.irrep(1)], ids=str)
def test_one_statistic_per_channel_breaks_the_symmetry(field_type):
    """The bug of others: torch's BatchNorm2d on the channels of fields, in evaluation mode."""
    norm = nn.BatchNorm2d(field_type.dim).double()
    norm(
        draw(field_type) * torch.linspace(0.5, 3, field_type.dim)[:, None, None]
        + torch.arange(field_type.dim)[:, None, None]
    )
    assert error(norm.eval(), draw(field_type, seed=1), field_type, field_type) > 0.1


def test_vectors_are_normalised_as_images_of_one_pixel():
    first, second = (FieldBatchNorm(3 * p4.regular + 1 * p4.irrep(1)).double() for _ in range(2))
    x = draw(first.in_type, 1, batch=16)
    assert torch.allclose(first(x[:, :, 0, 0]), second(x)[:, :, 0, 0], atol=1e-14, rtol=0)


def test_wrong_channels_are_refused():
    expected = "(batch, 12, H, W) or (batch, 12) for C4[3*regular]"
    with refused(ShapeError, "x", expected=expected, got=(2, 3, 5, 5)):
        FieldBatchNorm(3 * p4.regular)(torch.zeros(2, 3, 5, 5))


def test_an_empty_batch_leaves_the_statistics_alone():
    for fields in (2 * p4.regular, 2 * p4.irrep(1)):
        layer = FieldBatchNorm(fields)
        if not fields.is_permutation:
            assert layer(torch.zeros(0, fields.dim, 3, 3)).shape == (0, fields.dim, 3, 3)
        assert all(value.isfinite().all() for value in layer.state_dict().values())


@pytest.mark.parametrize("eps", [0, 0.0, -1.0, None, "1e-5", True, float("nan"), float("inf")])
def test_an_eps_that_makes_no_sense_is_refused(eps):
    with refused(SettingError, "eps", expected="a finite number above 0", got=repr(eps)):
        FieldBatchNorm(p4.regular, eps=eps)


@pytest.mark.parametrize("kind", [np.float32, np.float64, Fraction])
def test_eps_and_momentum_are_real_numbers_of_any_kind(kind):
    fields = 1 * p4.regular + 1 * p4.irrep(1)
    x, expected = draw(fields), FieldBatchNorm(fields, eps=0.25, momentum=0.5).double()
    found = FieldBatchNorm(fields, eps=kind(0.25), momentum=kind(0.5)).double()
    assert torch.equal(found(x), expected(x))
    assert torch.equal(found.eval()(x), expected.eval()(x))


@pytest.mark.parametrize("momentum", [2.0, -0.1, None, "0.1", True, float("nan")])
def test_a_momentum_that_makes_no_sense_is_refused(momentum):
    with refused(SettingError, "momentum", expected="a number from 0 to 1", got=repr(momentum)):
        FieldBatchNorm(p4.regular, momentum=momentum)
