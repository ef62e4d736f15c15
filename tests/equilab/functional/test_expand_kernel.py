"""Expanding a kernel: the explicit sum over the basis, for every kind of block, several terms, and groups."""

import pytest
import torch

from equilab.functional import block_of, expand_block, expand_kernel
from equilab.groups import SO2, C, D, filter_basis

PAIRS = {
    "one parameter per entry": (C(4).regular, C(4).regular, 3),
    "entries that are zero": (C(4).trivial, C(4).quotient(C(2)), 3),
    "dense": (D(4).irrep(1), D(4).regular, 3),
    "signed": (C(2).irrep(1), C(2).irrep(1), 4),
    "rings": (SO2.irrep(1), SO2.irrep(2), 5),
    "no kernel": (C(4).trivial, C(4).irrep(1), 1),
}


def weight_of(basis, n, m, seed=0):
    return torch.randn(len(basis), n, m, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def slow_sum(weight, basis):
    """(n * d_out, m * d_in, k, k), one field, one basis element at a time."""
    _, n, m = weight.shape
    _, d_out, d_in, height, width = basis.shape
    kernel = weight.new_zeros(n * d_out, m * d_in, height, width)
    for b in range(len(basis)):
        for i in range(n):
            for j in range(m):
                kernel[i * d_out : (i + 1) * d_out, j * d_in : (j + 1) * d_in] += weight[b, i, j] * basis[b]
    return kernel


@pytest.mark.parametrize("name", PAIRS)
def test_a_block_is_the_sum_over_its_basis(name):
    basis = filter_basis(*PAIRS[name])
    weight = weight_of(basis, 3, 2)
    found = expand_block(weight, block_of(basis))
    torch.testing.assert_close(found, slow_sum(weight, basis), atol=1e-14, rtol=0)


def test_only_a_basis_with_one_parameter_per_entry_is_gathered():
    assert block_of(filter_basis(*PAIRS["one parameter per entry"])).parameter is not None
    assert not block_of(filter_basis(*PAIRS["one parameter per entry"])).only_ones  # each has norm 1
    assert block_of(filter_basis(*PAIRS["one parameter per entry"]).ceil()).only_ones
    assert block_of(filter_basis(*PAIRS["rings"])).parameter is None
    empty = block_of(filter_basis(*PAIRS["no kernel"]))
    assert (empty.parameter, empty.entries.shape, empty.shape) == (None, (0, 2), (2, 1, 1, 1))


def test_no_parameters_give_zeros():
    basis = filter_basis(*PAIRS["no kernel"])
    kernel = expand_block(weight_of(basis, 3, 2), block_of(basis))
    assert torch.equal(kernel, torch.zeros(6, 2, 1, 1, dtype=torch.float64))


def test_several_terms_lie_in_the_order_of_the_channels():
    G = C(4)
    ins, outs = [(2, G.trivial), (1, G.regular)], [(1, G.irrep(1)), (3, G.regular), (1, G.trivial)]
    bases = [[filter_basis(rho_in, rho_out, 1) for _, rho_in in ins] for _, rho_out in outs]
    weights = [
        [weight_of(bases[i][j], n, m, seed=10 * i + j) for j, (m, _) in enumerate(ins)] for i, (n, _) in enumerate(outs)
    ]
    expected = torch.cat(
        [
            torch.cat([slow_sum(w, basis) for w, basis in zip(row, row_bases, strict=True)], 1)
            for row, row_bases in zip(weights, bases, strict=True)
        ]
    )
    assert len(bases[0][0]) == 0  # trivial -> vector in one pixel
    blocks = [[block_of(basis) for basis in row] for row in bases]
    torch.testing.assert_close(expand_kernel(weights, blocks), expected, atol=1e-14, rtol=0)


def test_groups_lie_side_by_side_each_with_all_its_terms():
    G = D(1)
    ins, outs = [(2, G.regular)], [(1, G.regular), (2, G.irrep(0, -1))]
    bases = [[filter_basis(rho_in, rho_out, 3) for _, rho_in in ins] for _, rho_out in outs]
    weights = [[weight_of(bases[i][0], 3 * n, 2, seed=i)] for i, (n, _) in enumerate(outs)]
    blocks = [[block_of(basis) for basis in row] for row in bases]
    alone = [expand_kernel([[row[0].unflatten(1, (3, -1))[:, group]] for row in weights], blocks) for group in range(3)]
    found = expand_kernel(weights, blocks, groups=3)
    assert found.shape == (3 * 4, 4, 3, 3)
    assert torch.equal(found, torch.cat(alone))
    expected = torch.cat([slow_sum(weights[i][0].unflatten(1, (3, -1))[:, 1], bases[i][0]) for i in range(2)])
    torch.testing.assert_close(found[4:8], expected, atol=1e-14, rtol=0)


@pytest.mark.parametrize("name", ["one parameter per entry", "dense", "rings"])
def test_gradients_reach_every_parameter(name):
    basis = filter_basis(*PAIRS[name])
    weight = weight_of(basis, 2, 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda w: expand_block(w, block_of(basis)).sum((1, 2)), weight)
    (gradient,) = torch.autograd.grad(expand_block(weight, block_of(basis)).square().sum(), weight)
    assert bool((gradient != 0).all())


def test_the_kernel_has_the_dtype_of_its_weights():
    basis = filter_basis(*PAIRS["dense"])
    kernel = expand_block(weight_of(basis, 1, 1).float(), block_of(basis))
    assert kernel.dtype == torch.float32
