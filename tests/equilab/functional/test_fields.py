"""Channels taken apart into fields, and put together again."""

import pytest
import torch

from equilab.functional import join_fields, split_fields

DIMS = [((5, 1),), ((2, 4),), ((3, 1), (2, 8)), ((1, 4), (2, 1), (3, 2))]


@pytest.mark.parametrize("dims", DIMS, ids=str)
@pytest.mark.parametrize("plane", [(), (3, 4)], ids=["vectors", "images"])
def test_joining_undoes_splitting(dims, plane):
    channels = sum(count * dim for count, dim in dims)
    x = torch.arange(2.0 * channels * (3 * 4 if plane else 1)).reshape(2, channels, *plane)
    parts = split_fields(x, dims)
    assert [part.shape for part in parts] == [(2, count, dim, *plane) for count, dim in dims]
    assert torch.equal(join_fields(parts), x)


def test_fields_are_channels_that_follow_each_other():
    first, second = split_fields(torch.arange(11.0)[None], ((3, 1), (2, 4)))
    assert first[0, :, 0].tolist() == [0, 1, 2]
    assert second[0].tolist() == [[3, 4, 5, 6], [7, 8, 9, 10]]


def test_splitting_copies_nothing():
    x = torch.zeros(2, 11, 3, 3)
    assert all(
        part.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
        for part in split_fields(x, ((3, 1), (2, 4)))
    )
