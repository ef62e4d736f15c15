"""Our kernel spaces and convolutions against those of escnn, in one basis: `to_escnn(...).basis` joins the channels.

For groups of the pixel grid our space is all equivariant kernels; escnn's is a band-limited part of it, and all of it
once its limit is lifted. For other groups both are sampled rings, and the same ones where the rings are given.
escnn's kernels are float32.
"""

from importlib.util import find_spec

import pytest
import torch
from torch import Tensor

from equilab.groups import O2, SO2, C, D, Representation, filter_basis
from equilab.groups.rings import rings
from equilab.interop.escnn import EscnnType, load_escnn, to_escnn
from equilab.nn import GroupConv2d

pytestmark = [
    pytest.mark.skipif(find_spec("escnn") is None, reason="escnn is not installed: ESCNN=yes make install"),
    # escnn keeps coefficients on disk by joblib, which warns when the disk is slow
    pytest.mark.filterwarnings("ignore:Persisting input arguments took:UserWarning"),
]

FLOAT32 = 2e-6
ON_THE_GRID = [C(1), C(2), C(4), D(1), D(2), D(4), D(1, "1/4"), D(2, "1/4")]
OFF_THE_GRID = [
    (C(8).regular, C(8).regular),
    (C(8).trivial, C(8).regular),
    (C(8).irrep(3), C(8).irrep(3)),
    (C(3).regular, C(3).irrep(1)),
    (D(3).regular, D(3).irrep(1)),
    (SO2.irrep(1), SO2.irrep(2)),
    (O2.irrep(1), O2.irrep(0, -1)),
]


def kinds(group) -> list[Representation]:
    """Trivial and regular fields, the last irrep, and a quotient where there is one between."""
    between = [group.quotient(subgroup) for subgroup in group.subgroups() if 1 < subgroup.order < group.order]
    return [group.trivial, group.regular, group.irreps()[-1], *between[:1]]


REGULAR = [(group.regular, group.regular) for group in ON_THE_GRID]
PAIRS = [(rho_in, rho_out) for group in ON_THE_GRID[1:] for rho_in in kinds(group) for rho_out in kinds(group)]
LARGE = [pair for pair in PAIRS if pair[0].group in (C(4), D(1, "1/4"), D(4))]
SIZED = [(*pair, 3) for pair in PAIRS] + [(*pair, 5) for pair in LARGE]
SIZED += [(*pair, size) for size in (2, 4) for pair in REGULAR]
MANY = [pytest.mark.slow, pytest.mark.exhaustive]
SLOW = (D(2), D(2, "1/4"), D(4))  # seconds each on 5 x 5 pixels


def in_our_basis(kernel: Tensor, into: EscnnType, out: EscnnType) -> Tensor:
    """B_out^T kernel B_in, float64, of a kernel (C_out, C_in, k, k) between escnn's channels."""
    return torch.einsum("ji,jmkl,mn->inkl", out.basis, kernel.detach().double(), into.basis)


def escnn_kernels(rho_in: Representation, rho_out: Representation, kernel_size: int, **settings) -> Tensor:
    """All kernels that an R2Conv has a weight for, (weights, d_out, d_in, k, k), in our basis."""
    into, out = to_escnn(rho_in), to_escnn(rho_out)
    conv = load_escnn().nn.R2Conv(
        into.escnn_type, out.escnn_type, kernel_size, bias=False, initialize=False, **settings
    )
    found = []
    for place in range(conv.weights.numel()):
        with torch.no_grad():
            conv.weights.zero_()
            conv.weights[place] = 1
        found.append(in_our_basis(conv.expand_parameters()[0], into, out))
    return torch.stack(found)


def outside(kernels: Tensor, space: Tensor) -> float:
    """The largest part of a kernel, over its norm, that is not in the span of `space`."""
    flat, span = kernels.flatten(1), space.flatten(1)
    _, sizes, directions = torch.linalg.svd(span, full_matrices=False)
    directions = directions[sizes > 1e-4 * sizes[0]]
    return float(((flat - flat @ directions.T @ directions).norm(dim=1) / flat.norm(dim=1)).max())


@pytest.mark.parametrize(("rho_in", "rho_out", "kernel_size"), SIZED, ids=str)
def test_the_kernels_of_escnn_are_in_our_space(rho_in, rho_out, kernel_size):
    ours = filter_basis(rho_in, rho_out, kernel_size)
    try:
        theirs = escnn_kernels(rho_in, rho_out, kernel_size)
    except ValueError as error:
        assert "basis for the steerable filter is empty" in str(error)  # noqa: PT017  # it may be smaller than ours
        return
    assert outside(theirs, ours) < FLOAT32
    assert torch.linalg.matrix_rank(theirs.flatten(1), rtol=1e-4) <= len(ours)


@pytest.mark.parametrize(
    ("rho_in", "rho_out", "kernel_size"),
    [(*pair, 3) for pair in REGULAR]
    + [pytest.param(*pair, 5, marks=MANY if pair[0].group in SLOW else ()) for pair in REGULAR],
    ids=str,
)
def test_our_kernels_are_in_the_space_of_escnn_without_its_band_limit(rho_in, rho_out, kernel_size):
    theirs = escnn_kernels(rho_in, rho_out, kernel_size, frequencies_cutoff=3.0 * kernel_size)
    # at so high frequencies some of escnn's kernels are round-off that was normalised, so only this direction holds
    assert outside(filter_basis(rho_in, rho_out, kernel_size), theirs) < 1e-4


@pytest.mark.parametrize("kernel_size", [3, 5])
@pytest.mark.parametrize(("rho_in", "rho_out"), OFF_THE_GRID, ids=str)
def test_rings_span_the_same_kernels_as_those_of_escnn(rho_in, rho_out, kernel_size):
    shared = rings(kernel_size)
    settings = {
        "rings": [ring.radius for ring in shared],
        "sigma": [ring.width for ring in shared],
        "frequencies_cutoff": lambda radius: min(shared, key=lambda r: abs(r.radius - radius)).max_frequency,
    }
    ours = filter_basis(rho_in, rho_out, kernel_size)
    theirs = escnn_kernels(rho_in, rho_out, kernel_size, **settings)
    assert len(ours) == len(theirs)
    assert outside(ours, theirs) < FLOAT32
    assert outside(theirs, ours) < FLOAT32


@pytest.mark.parametrize(
    ("group", "kernel_size"),
    [
        *((group, 3) for group in (C(2), C(4), D(1), D(2), D(4))),
        (C(4), 5),
        pytest.param(D(4), 5, marks=MANY),
    ],
    ids=str,
)
def test_a_convolution_with_the_filter_of_escnn_has_its_output(group, kernel_size):
    torch.manual_seed(0)
    in_type = 1 * group.trivial + 2 * group.regular + 1 * group.irreps()[-1]
    out_type = 2 * group.regular + 2 * group.trivial
    into, out = to_escnn(in_type), to_escnn(out_type)
    theirs = load_escnn().nn.R2Conv(into.escnn_type, out.escnn_type, kernel_size, padding=1, bias=False)
    ours = GroupConv2d(in_type, out_type, kernel_size, padding=1, bias=False).double()
    fit(ours, in_our_basis(theirs.expand_parameters()[0], into, out))
    x = torch.randn(2, in_type.dim, 8, 8, dtype=torch.float64)
    expected = out.unwrap(theirs(into.wrap(x.float())))
    torch.testing.assert_close(ours(x).float(), expected, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def fit(conv: GroupConv2d, kernel: Tensor) -> None:
    """Sets the weights by least squares so that the expanded kernel is `kernel`."""
    weights = list(conv.kernel.parameters())
    columns = []
    for weight in weights:
        weight.zero_()
    for weight in weights:
        for place in range(weight.numel()):
            weight.view(-1)[place] = 1.0
            columns.append(conv.kernel().flatten())
            weight.view(-1)[place] = 0.0
    solution = torch.linalg.lstsq(torch.stack(columns, 1), kernel.flatten()[:, None]).solution.flatten()
    for weight, part in zip(weights, solution.split([weight.numel() for weight in weights]), strict=True):
        weight.copy_(part.view_as(weight))
