"""Linear maps of vectors: exactly the intertwiners."""

import numpy as np
import pytest
import torch
from symmetry import draw

from equilab.errors import FieldTypeError, ShapeError
from equilab.groups import O2, SO2, C, D, p4, p4m
from equilab.nn import Linear
from tests.refused import refused

PAIRS = [
    (p4.regular, p4.regular, 4),
    (p4.irrep(1), p4.irrep(1), 2),  # of complex type
    (p4m.irrep(1), p4m.irrep(1), 1),  # of real type
    (p4m.regular, p4m.irrep(1), 2),
    (C(8).regular, C(8).irrep(3), 2),
    (D(6).regular, D(6).regular, 12),
    (SO2.irrep(2), SO2.irrep(2), 2),
    (O2.irrep(2), O2.irrep(2), 1),
]


@pytest.mark.parametrize(("rho_in", "rho_out", "dim"), PAIRS, ids=[f"{a} -> {b}" for a, b, _ in PAIRS])
def test_its_matrices_are_all_that_commute_with_the_group(rho_in, rho_out, dim):
    """The null space of A rho_in(g) - rho_out(g) A, by numpy, and what the layer reaches, are the same."""
    laws = []
    for g in rho_in.group.generators:
        before, after = rho_in.matrix(g).numpy(), rho_out.matrix(g).numpy()
        laws.append(np.kron(np.eye(rho_out.dim), before.T) - np.kron(after, np.eye(rho_in.dim)))
    law = np.concatenate(laws)
    assert law.shape[1] - np.linalg.matrix_rank(law, tol=1e-9) == dim
    layer = Linear(rho_in, rho_out, bias=False).double()
    assert sum(p.numel() for p in layer.parameters()) == dim
    matrices = []
    for seed in range(dim + 1):
        layer.reset_parameters(generator=torch.Generator().manual_seed(seed))
        matrices.append(layer(torch.eye(rho_in.dim, dtype=torch.float64)).T.detach().numpy().flatten())
    assert np.abs(law @ np.stack(matrices, 1)).max() < 1e-13
    assert np.linalg.matrix_rank(np.stack(matrices), tol=1e-9) == dim


def test_it_commutes_with_any_turn():
    in_type, out_type = 3 * SO2.irrep(1) + 2 * SO2.trivial, 2 * SO2.irrep(1) + 4 * SO2.trivial
    layer = Linear(in_type, out_type).double()
    assert layer.bias is not None
    torch.nn.init.ones_(next(layer.bias.parameters()))
    x, g = draw(in_type, 1)[:, :, 0, 0], SO2.element("1/7")
    assert torch.allclose(layer(in_type.act(g, x)), out_type.act(g, layer(x)), atol=1e-13, rtol=0)
    assert layer.bias().tolist() == [0] * 4 + [1] * 4


def test_the_first_outputs_have_the_mean_square_of_their_inputs():
    layer = Linear(100 * p4.regular, 100 * p4.regular, generator=torch.Generator().manual_seed(0))
    x = torch.randn(50, 400, generator=torch.Generator().manual_seed(1))
    assert layer(x).square().mean().item() == pytest.approx(1, rel=0.05)


def test_what_makes_no_sense_is_refused():
    with refused(FieldTypeError, "out_type", expected="C4[1*trivial]", got="C4[1*irrep(1)]", hint="irrep in common"):
        Linear(p4.trivial, p4.irrep(1))
    got = "C4.irrep(1) in C4[1*trivial + 1*irrep(1)]"
    with refused(FieldTypeError, "out_type", expected="C4[1*trivial]", got=got):
        Linear(p4.trivial, p4.trivial + p4.irrep(1))  # the second field would be zero for ever
    with refused(FieldTypeError, "in_type and out_type", expected="one group", got="C4[1*trivial] and D4[1*trivial]"):
        Linear(p4.trivial, p4m.trivial)
    with refused(ShapeError, "x", expected="(batch, 4) for C4[1*regular]", got=(1, 4, 3, 3)):
        Linear(p4.regular, p4.regular)(torch.zeros(1, 4, 3, 3))
