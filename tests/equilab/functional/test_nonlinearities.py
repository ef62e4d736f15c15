"""Gates and norms of fields, against formulas written out."""

import pytest
import torch

from equilab.functional import field_norms, gate_fields, norm_relu

DIMS = ((2, 1), (2, 3))
X = torch.randn(4, 8, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
SLICES = (slice(0, 1), slice(1, 2), slice(2, 5), slice(5, 8))


def test_the_norm_is_that_of_every_field():
    expected = torch.stack([X[:, part].norm(dim=1) for part in SLICES], 1)
    assert torch.allclose(field_norms(X, DIMS, eps=0.0), expected, atol=1e-14, rtol=0)


def test_a_gate_multiplies_all_channels_of_its_field():
    gates = torch.randn(4, 4, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    gated = gate_fields(X, gates, DIMS)
    for index, part in enumerate(SLICES):
        assert torch.allclose(gated[:, part], X[:, part] * gates[:, index : index + 1].sigmoid(), atol=1e-15, rtol=0)


def test_norm_relu_shortens_a_field_and_keeps_its_direction():
    bias = torch.tensor([0.5, -0.2, -1.0, 0.1], dtype=torch.float64)
    got = norm_relu(X, bias, DIMS)
    for index, part in enumerate(SLICES):
        norm = X[:, part].norm(dim=1, keepdim=True)
        assert torch.allclose(got[:, part], (norm + bias[index]).relu() * X[:, part] / norm, atol=1e-8, rtol=0)  # eps
    assert torch.allclose(norm_relu(X, torch.zeros_like(bias), DIMS), X, atol=1e-15, rtol=0)


def test_gradients_are_finite_at_zero():
    for function in (lambda x: field_norms(x, DIMS), lambda x: norm_relu(x, torch.zeros(4, dtype=torch.float64), DIMS)):
        zero = torch.zeros_like(X).requires_grad_()
        function(zero).sum().backward()
        assert zero.grad is not None
        assert zero.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_gradients_are_finite_where_a_field_is_zero(dtype):
    x = torch.zeros(1, 4, 2, 2, dtype=dtype, requires_grad=True)
    bias = torch.full((2,), -0.1, dtype=dtype)  # as it is at first
    for output in (field_norms(x, ((2, 2),)), norm_relu(x, bias, ((2, 2),))):
        (gradient,) = torch.autograd.grad(output.sum(), x)
        assert output.dtype == gradient.dtype == dtype
        assert gradient.isfinite().all()
