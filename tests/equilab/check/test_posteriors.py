"""Latent blocks, covariances and log variances take what any type is written as, and act as their parts do."""

import pytest
import torch
from torch import nn

from equilab.check import Blocks, Covariance, Invariant, LogVariance, Points, Verdict, equivariance
from equilab.errors import FieldTypeError, GroupError, ShapeError
from equilab.groups import O2, SO2, C
from equilab.nn import GroupConv2d
from tests.refused import refused

C4 = C(4)
TURN = C4.generators[0]


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_a_covariance_of_a_field_type_moves_as_that_of_the_matrix():
    rho, c = C4.regular.matrix(TURN), drawn(3, 4, 4)
    assert torch.allclose(Covariance(C4.regular).act(TURN, c), rho @ c @ rho.T)


def test_a_covariance_of_irreps_is_that_of_the_points_they_are():
    for made in (Covariance("1x1o"), Covariance(Points(translate=False))):
        report = equivariance(lambda p: p[..., None] * p[:, None], drawn(5, 3), in_type="1x1o", out_type=made)
        assert report.verdict is Verdict.PASS


def test_a_log_variance_of_a_field_type_passes_if_all_coordinates_of_an_irrep_share_it():
    types = {"in_type": C4.irrep(1), "out_type": (C4.irrep(1), LogVariance(C4.irrep(1)))}
    shared = equivariance(lambda v: (v, v.norm(dim=1, keepdim=True).expand(-1, 2)), drawn(6, 2), **types)
    assert shared.verdict is Verdict.PASS
    assert equivariance(lambda v: (v, v), drawn(6, 2), **types).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("kind", "place"),
    [(Covariance, "covariance"), (LogVariance, "log variance"), (lambda vectors: Blocks((2, vectors)), "block 0")],
)
def test_a_type_that_is_none_is_refused_where_it_is_written(kind, place):
    with refused(FieldTypeError, place, expected="a field type", got=4):
        kind(4)


def test_a_log_variance_of_images_says_which_type_to_give():
    kind = LogVariance(C4.regular)
    with refused(ShapeError, str(kind), expected="(batch, 4)", got="images (2, 4, 9, 9)", hint="type of the mean"):
        kind.observe(drawn(2, 4, 9, 9))


def test_blocks_of_two_groups_are_refused():
    with refused(GroupError, "blocks", expected="one group", got=["C4", "C8"]):
        Blocks((2, C4.irrep(1)), (4, C(8).regular))


def test_a_block_is_no_log_variance():
    with refused(FieldTypeError, "blocks", expected="no log variance"):
        Blocks((2, C4.irrep(1)), (2, LogVariance(C4.irrep(1))))


@pytest.mark.parametrize("group", [C(8), SO2, O2], ids=str)
def test_blocks_of_fields_are_interpolated_as_the_fields_themselves(group):
    fields = group.trivial + group.irrep(1)
    x = torch.rand(2, 1, 21, 21, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(0)
    conv = GroupConv2d(1 * group.trivial, fields, 5, padding=2)
    sizes = [(field.dim, field) for field in fields.fields]
    whole = equivariance(conv, x)
    parted = equivariance(conv, x, in_type=Blocks((1, group.trivial)), out_type=Blocks(*sizes))
    pairs = [pair for pair in zip(parted.elements, whole.elements, strict=True) if not pair[1].exact]
    assert len(pairs) > 3
    for one, other in pairs:
        assert (one.exact, one.mean, one.floor) == (False, pytest.approx(other.mean), pytest.approx(other.floor))
    assert parted.verdict is whole.verdict


def test_a_block_that_does_not_move_stays():
    latent = Blocks((2, C4.irrep(1)), (3, Invariant()))
    x = drawn(4, 5)
    assert torch.equal(latent.act(TURN, x)[:, 2:], x[:, 2:])
    assert torch.allclose(latent.tangent(TURN, x)[:, :2], x[:, :2] @ C4.irrep(1).matrix(TURN).T)
    assert equivariance(nn.Identity(), x, in_type=latent, out_type=latent).verdict is Verdict.PASS
