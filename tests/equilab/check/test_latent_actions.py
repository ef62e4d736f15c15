"""Actions on latents: blocks, points, Gaussians by mean and covariance or log variance, and nested outputs."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from equilab.check import Blocks, Covariance, Euclidean, Ignored, Invariant, LogVariance, Points, Verdict, equivariance
from equilab.check.actions.plane import Fields
from equilab.errors import SettingError, ShapeError
from equilab.groups import SO2, C, D, FieldType
from tests.refused import refused

C8, D4 = C(8), D(4)
PLANE = Points()


def points(count=6, dim=2):
    return torch.randn(count, dim, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("group", [C8, C(100), D(6), SO2], ids=str)
def test_irreps_of_a_latent_turn_with_their_frequency(group):
    """x + iy to the power k is the irrep of frequency k."""
    latent = FieldType.of(group, (group.irreps(1)[-1], group.irreps(2)[-1]))

    def encoder(x):
        square = torch.stack([x[:, 0] ** 2 - x[:, 1] ** 2, 2 * x[:, 0] * x[:, 1]], 1)
        return torch.cat([x, square], 1)

    report = equivariance(encoder, points(), in_type=PLANE, out_type=latent)
    assert report.verdict is Verdict.PASS, str(report)
    assert (
        equivariance(lambda x: encoder(x).roll(1, 1), points(), in_type=PLANE, out_type=latent).verdict is Verdict.FAIL
    )


def test_blocks_have_an_action_each():
    def encoder(x):
        return torch.cat([3 * x, x.norm(dim=1, keepdim=True), x.square().sum(1, keepdim=True)], 1)

    right = Blocks((2, PLANE), (2, Invariant()))
    wrong = Blocks((2, Invariant()), (2, PLANE))
    assert equivariance(encoder, points(), in_type=PLANE, out_type=right, group=C8).verdict is Verdict.PASS
    assert equivariance(encoder, points(), in_type=PLANE, out_type=wrong, group=C8).verdict is Verdict.FAIL
    five = Blocks((2, PLANE), (3, Invariant()))
    with refused(ShapeError, "out_type", expected="(batch, 5, ...) for 2 points + 3 invariant", got=(6, 4)):
        equivariance(encoder, points(), in_type=PLANE, out_type=five, group=C8)


def test_blocks_of_field_types_turn_as_the_sum_of_the_types():
    def encoder(x):
        return torch.cat([x, x.norm(dim=1, keepdim=True)], 1)

    summed = FieldType.of(C8, (C8.irreps(1)[-1], C8.trivial))
    report = equivariance(encoder, points(), in_type=PLANE, out_type=summed)
    assert report.verdict is Verdict.PASS
    assert report.group == "C8"


class Posterior(nn.Module):
    """mean = x, covariance = x x^T + |x|^2 / 3, and log variances: one for each irrep, or one for each coordinate."""

    def __init__(self, variances="none"):
        super().__init__()
        self.variances = variances

    def forward(self, x):
        if self.variances == "irrep":
            return x, x.square().sum(1, keepdim=True).log().expand(-1, 2)
        if self.variances == "coordinate":
            return x, x.square().log()
        size = x.square().sum(1)[:, None, None] / 3
        return x, x[:, :, None] * x[:, None] + size * torch.eye(2, dtype=x.dtype)


@pytest.mark.parametrize("group", [C(4), C8, C(5), D4, SO2], ids=str)
def test_a_covariance_turns_on_both_sides(group):
    types = {"in_type": PLANE, "group": group}
    assert equivariance(Posterior(), points(), out_type=(PLANE, Covariance(PLANE)), **types).verdict is Verdict.PASS
    assert equivariance(Posterior(), points(), out_type=(PLANE, Invariant()), **types).verdict is Verdict.FAIL


@pytest.mark.parametrize("group", [C8, C(5), D(6), SO2], ids=str)
def test_a_log_variance_for_each_irrep_passes_and_for_each_coordinate_fails(group):
    types = {"in_type": PLANE, "out_type": (PLANE, LogVariance(PLANE)), "group": group}
    assert equivariance(Posterior("irrep"), points(), **types).verdict is Verdict.PASS
    assert equivariance(Posterior("coordinate"), points(), **types).verdict is Verdict.FAIL


def test_a_log_variance_for_each_coordinate_is_sound_where_coordinates_only_change_places():
    types = {"in_type": PLANE, "out_type": (PLANE, LogVariance(PLANE)), "group": C(4)}
    assert equivariance(Posterior("coordinate"), points(), **types).verdict is Verdict.PASS


def test_a_gaussian_in_blocks_has_a_covariance_in_blocks():
    latent = FieldType.of(C8, (C8.irreps(1)[-1], C8.trivial))

    def posterior(x):
        mean = torch.cat([x, x.norm(dim=1, keepdim=True)], 1)
        spread = x.square().sum(1, keepdim=True).log()
        return {"mean": mean, "log_var": torch.cat([spread, spread, spread / 2], 1)}

    types = {"mean": latent, "log_var": LogVariance(Fields(latent))}
    assert equivariance(posterior, points(), in_type=PLANE, out_type=types).verdict is Verdict.PASS
    assert equivariance(posterior, points(), in_type=PLANE, out_type=types | {"mean": None}).verdict is Verdict.FAIL


def test_a_covariance_has_to_be_square():
    with refused(ShapeError, "out_type", expected="covariances (..., d, d)", got=(6, 2, 3)):
        equivariance(
            lambda x: x[:, :, None].expand(-1, -1, 3), points(), in_type=PLANE, out_type=Covariance(PLANE), group=C8
        )


class Latent(NamedTuple):
    where: Tensor
    what: Any


@dataclass
class Output:
    latent: Latent
    loss: Tensor
    extra: Tensor | None = None


def nested(x):
    length = x.norm(dim=1)
    return Output(Latent(2 * x, [length, {"squared": length**2}]), length.mean())


def test_every_leaf_of_nested_outputs_has_its_action():
    types = Output(Latent(PLANE, [Invariant(), {"squared": None}]), Invariant())
    report = equivariance(nested, points(), in_type=PLANE, out_type=types, group=C8)
    assert report.verdict is Verdict.PASS
    assert {each.name for each in report.leaves} == {
        ".latent.where", ".latent.what[0]", ".latent.what[1]['squared']", ".loss",
    }  # fmt: skip


def test_one_type_stands_for_all_leaves_below_it():
    types = Output(Latent(PLANE, None), None)
    assert equivariance(nested, points(), in_type=PLANE, out_type=types, group=C8).verdict is Verdict.PASS
    assert equivariance(nested, points(), in_type=PLANE, out_type=Ignored(), group=C8).verdict is Verdict.VACUOUS


def test_the_leaf_that_breaks_is_named():
    types = Output(Latent(Invariant(), None), None)
    report = equivariance(nested, points(), in_type=PLANE, out_type=types, group=C8)
    assert report.verdict is Verdict.FAIL
    assert {each.name for each in report.leaves if each.is_broken} == {".latent.where"}


def test_a_leaf_that_is_ignored_is_not_compared():
    types = Output(Latent(Ignored(), None), None)
    report = equivariance(nested, points(), in_type=PLANE, out_type=types, group=C8)
    assert report.verdict is Verdict.PASS
    assert ".latent.where" not in {each.name for each in report.leaves}


def test_inputs_are_nested_too():
    def fn(pair, *, scale=2.0):
        return pair["points"][0] * pair["weights"] * scale

    x = {"points": (points(), None), "weights": torch.rand(6, 1, generator=torch.Generator().manual_seed(1))}
    types = {"points": (PLANE, None), "weights": Invariant()}
    assert equivariance(fn, x, in_type=types, out_type=PLANE, group=D4).verdict is Verdict.PASS
    one = {"points": PLANE, "weights": None}
    assert equivariance(fn, x, in_type=one, out_type=PLANE, group=D4).verdict is Verdict.PASS


def test_types_that_do_not_fit_the_tree_say_where():
    types = Output(Latent(PLANE, [None, None, None]), None)
    with refused(SettingError, "out_type.latent.what", expected="one type for each part", got="3 types for 2 parts"):
        equivariance(nested, points(), in_type=PLANE, out_type=types, group=C8)
    with refused(SettingError, "out_type", expected="['a', 'b']", got=["a", "c"]):
        equivariance(lambda x: {"a": x, "b": x}, points(), in_type=PLANE, out_type={"a": PLANE, "c": PLANE}, group=C8)


def test_vectors_do_not_shift_and_points_do():
    x = points(dim=3)
    motions = Euclidean(translations=True)
    directions = Points(translate=False)

    def differences(x):
        return x - x.mean(0)

    assert equivariance(differences, x, in_type=PLANE, out_type=directions, group=motions).verdict is Verdict.PASS
    assert equivariance(differences, x, in_type=PLANE, out_type=PLANE, group=motions).verdict is Verdict.FAIL
