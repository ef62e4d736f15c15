"""Pooling over the channels of each field."""

import numpy as np
import pytest
import torch

from equilab.functional import group_pool

X = torch.randn(2, 11, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
DIMS = ((3, 1), (2, 4))


@pytest.mark.parametrize("reduction", ["max", "mean"])
def test_it_is_numpys_reduction_of_every_field(reduction):
    fields = np.split(X.numpy(), [1, 2, 3, 7], axis=1)
    expected = np.stack([getattr(field, reduction)(1) for field in fields], 1)
    assert np.allclose(group_pool(X, DIMS, reduction=reduction).numpy(), expected, atol=1e-15, rtol=0)


def test_the_order_of_the_channels_of_a_field_does_not_matter():
    order = torch.tensor([0, 1, 2, 5, 3, 6, 4, 10, 9, 8, 7])
    assert torch.equal(group_pool(X[:, order], DIMS), group_pool(X, DIMS))
    across = torch.tensor([3, 1, 2, 0, 4, 5, 6, 7, 8, 9, 10])  # two fields mixed: that does
    assert not torch.equal(group_pool(X[:, across], DIMS), group_pool(X, DIMS))
