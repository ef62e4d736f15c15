"""Modules of e3nn as they stand: irreps as strings, objects and types, positions, edges."""

import pytest
import torch
from e3nn import nn as enn
from e3nn import o3
from e3nn.math import soft_one_hot_linspace

from equilab.check import Euclidean, Invariant, Irreps, NodeIndex, Permute, Points, Verdict, equivariance
from equilab.errors import FieldTypeError, GroupError, SettingError, ShapeError
from equilab.interop.e3nn import irreps_type
from tests.refused import refused

MIXED = "4x0e + 2x1o + 1x2e"


def batch(irreps, seed=0):
    return torch.randn(5, o3.Irreps(irreps).dim, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(autouse=True)
def _fixed_weights():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


@pytest.mark.parametrize("kind", [str, o3.Irreps, irreps_type, Irreps], ids=["string", "object", "type", "action"])
def test_irreps_are_written_in_any_way(kind):
    linear = o3.Linear(MIXED, "3x0e + 2x1o")
    report = equivariance(linear, batch(MIXED), in_type=kind(MIXED), out_type=kind("3x0e + 2x1o"))
    assert report.verdict is Verdict.PASS
    assert report.group == "O(3)"


SINGLE = {
    "linear": lambda: o3.Linear(MIXED, "3x0e + 2x1o"),
    "gate": lambda: enn.Gate("4x0e", [torch.relu], "2x0e", [torch.sigmoid], "2x1o"),
    "batch norm": lambda: enn.BatchNorm(MIXED),
    "batch norm, eval": lambda: enn.BatchNorm(MIXED).eval(),
    "norm activation": lambda: enn.NormActivation(MIXED, torch.sigmoid),
    "network": lambda: torch.nn.Sequential(o3.Linear(MIXED, MIXED), enn.NormActivation(MIXED, torch.tanh)),
}
DOUBLE = {
    "all paths with weights": lambda: o3.FullyConnectedTensorProduct(
        "2x0e + 1x1o", "1x0e + 1x1o", "2x0e + 2x1o + 1x1e"
    ),
    "all paths": lambda: o3.FullTensorProduct("2x0e + 1x1o", "1x0e + 1x1o"),
    "elementwise": lambda: o3.ElementwiseTensorProduct("2x0e + 1x1o", "2x0e + 1x1o"),
}


@pytest.mark.parametrize("make", SINGLE.values(), ids=SINGLE.keys())
def test_a_module_that_carries_its_irreps_passes(make):
    module = make()
    irreps = getattr(module, "irreps_in", MIXED)
    report = equivariance(module, batch(irreps))
    assert report.verdict is Verdict.PASS, str(report)
    assert not any("copy" in note for note in report.notes)


@pytest.mark.parametrize("make", DOUBLE.values(), ids=DOUBLE.keys())
def test_a_product_of_two_inputs_carries_both_types(make):
    product = make()
    report = equivariance(product, batch(product.irreps_in1), batch(product.irreps_in2, seed=1))
    assert report.verdict is Verdict.PASS, str(report)


def test_a_bias_on_a_vector_is_found():
    linear = o3.Linear("2x0e + 1x1o", "1x0e + 1x1o")

    def shifted(x):
        return linear(x) + torch.tensor([1.0, 0.0, 0.0, 0.1])

    types = {"in_type": "2x0e + 1x1o", "out_type": "1x0e + 1x1o"}
    assert equivariance(shifted, batch("2x0e + 1x1o"), **types).verdict is Verdict.FAIL


def test_a_parity_that_is_wrong_fails_under_inversions_alone():
    def cross(x):
        return torch.linalg.cross(x[:, :3], x[:, 3:])

    x = batch("2x1o")
    assert equivariance(cross, x, in_type="2x1o", out_type="1x1e").verdict is Verdict.PASS
    wrong = equivariance(cross, x, in_type="2x1o", out_type="1x1o")
    assert wrong.verdict is Verdict.FAIL
    assert {each.element for each in wrong.elements if each.mean > 0.1} == {"inversion", "improper rotation"}
    rotations = Euclidean(parity=False)
    assert equivariance(cross, x, in_type="2x1o", out_type="1x1o", group=rotations).verdict is Verdict.PASS


class MessagePassing(torch.nn.Module):
    """Features sent along edges, by spherical harmonics of the distances; shift: a term that only looks like one."""

    def __init__(self, shift=0.0):
        super().__init__()
        self.shift, self.harmonics = shift, o3.Irreps.spherical_harmonics(2)
        self.product = o3.FullyConnectedTensorProduct("4x0e", self.harmonics, "4x0e + 4x1o", shared_weights=False)
        self.weights = enn.FullyConnectedNet([8, 16, self.product.weight_numel], torch.nn.functional.silu)
        self.linear = o3.Linear("4x0e + 4x1o", "2x0e + 1x1o")

    def forward(self, features, positions, edges):
        source, target = edges
        away = positions[target] - positions[source] + self.shift * positions[source]
        angular = o3.spherical_harmonics(self.harmonics, away, True, "component")
        radial = soft_one_hot_linspace(away.norm(dim=1), 0.0, 4.0, 8, basis="smooth_finite", cutoff=True)
        sent = self.product(features[source], angular, self.weights(radial * 8**0.5))
        return self.linear(features.new_zeros(len(positions), sent.shape[1]).index_add(0, target, sent))


def graph():
    generator = torch.Generator().manual_seed(0)
    edges = torch.tensor([(i, j) for i in range(6) for j in range(6) if i != j]).T
    return torch.randn(6, 4, generator=generator), torch.randn(6, 3, generator=generator), edges


IN_SPACE = {"in_type": ("4x0e", Points(), Invariant()), "out_type": "2x0e + 1x1o"}


def test_a_message_passing_network_moves_with_its_points():
    report = equivariance(MessagePassing(), *graph(), **IN_SPACE)
    assert report.verdict is Verdict.PASS, str(report)
    assert report.group == "E(3)"
    assert "translation" in {each.element for each in report.elements}


def test_a_network_that_sees_where_the_origin_is_fails_under_shifts_alone():
    network = MessagePassing(shift=0.3)
    report = equivariance(network, *graph(), **IN_SPACE)
    assert report.verdict is Verdict.FAIL
    about_the_origin = Euclidean()
    assert equivariance(network, *graph(), **IN_SPACE, group=about_the_origin).verdict is Verdict.PASS


def test_a_message_passing_network_moves_with_the_order_of_its_nodes():
    types = {"in_type": (Permute(0), Permute(0), NodeIndex()), "out_type": Permute(0)}
    assert equivariance(MessagePassing(), *graph(), **types).verdict is Verdict.PASS


def test_an_untouched_edge_list_is_found():
    types = {"in_type": (Permute(0), Permute(0), Invariant()), "out_type": Permute(0)}
    features, positions, edges = graph()
    assert equivariance(MessagePassing(), features, positions, edges[:, :9], **types).verdict is Verdict.FAIL


def test_the_defect_of_the_wigner_matrices_is_in_the_tolerance_and_said():
    report = equivariance(o3.Linear(MIXED, MIXED), batch(MIXED))
    assert 1e-7 < report.tolerance < 1e-4
    assert any("keep their own laws only to" in note for note in report.notes)


def test_errors_name_the_leaf_and_what_is_wrong():
    with refused(FieldTypeError, "irreps", got="'3x5q'"):
        equivariance(torch.nn.Identity(), batch("1x1o"), in_type="3x5q", out_type="1x1o")
    with refused(ShapeError, "in_type", expected="(..., 4)", got=(5, 3)):
        equivariance(torch.nn.Identity(), batch("1x1o"), in_type="1x0e + 1x1o", out_type="1x0e + 1x1o")
    with refused(ShapeError, "out_type['a']", expected="(..., 1)", got=(5, 3)):
        equivariance(lambda x: {"a": x}, batch("1x1o"), in_type="1x1o", out_type={"a": "1x0e"})
    with refused(SettingError, "in_type", expected="one type for each of the 2 inputs", got="1x1o"):
        equivariance(torch.add, batch("1x1o"), batch("1x1o"), in_type="1x1o", out_type="1x1o")
    with refused(GroupError, "group", got="none"):
        equivariance(torch.nn.Identity(), batch("1x1o"), in_type=Points(), out_type=Points())
