"""What cannot be checked is refused in words that say what to do, before anything is asked."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

from equilab.check import EquivarianceMonitor, Euclidean, Ignored, Invariant, Permute, Translate, Verdict, equivariance
from equilab.errors import GroupError, SettingError
from equilab.groups import O2, SO2, C, D
from equilab.nn import GroupConv2d
from tests.refused import refused

C4 = C(4)
TYPES: dict[str, Any] = {"in_type": C4.trivial, "out_type": C4.trivial}


@pytest.fixture
def images():
    return torch.rand(2, 1, 9, 9, generator=torch.Generator().manual_seed(0))


LAZY = "has none before its first call"


class Graph:
    """As PyG's Data: tensors under names."""

    def __init__(self, x):
        self.x = x


@pytest.mark.parametrize(
    ("fn", "argument", "got", "hint"),
    [
        ("resnet", "fn", "str 'resnet'", ""),
        (nn.Conv2d, "fn", "the class Conv2d", "make one of it first"),
        (nn.Sequential(nn.LazyConv2d(1, 3)), "fn", f"Sequential whose 0.weight {LAZY}", "call it once"),
        (nn.LazyBatchNorm2d(), "fn", f"LazyBatchNorm2d whose weight {LAZY}", "call it once"),
        (lambda x: x.to_sparse(), "output", "a sparse one", "calls to_dense()"),
        (lambda x: [x, x.to_sparse()], "output[1]", "a sparse one", "calls to_dense()"),
        (
            lambda x: torch.nested.as_nested_tensor([*x], layout=torch.jagged),
            "output",
            "a nested one",
            "calls to_padded_tensor(0.0)",
        ),
        (
            lambda x: {"x": x, "d": torch.distributions.Normal(x, 1.0)},
            "output['d']",
            "Normal, which cannot be compared",
            "eq.check.Ignored()",
        ),
    ],
    ids=["a word", "a class", "lazy", "lazy norm", "sparse", "sparse beside dense", "nested", "a distribution"],
)
def test_a_function_or_output_that_cannot_be_checked_is_refused(images, fn, argument, got, hint):
    with refused(SettingError, argument, got=got, hint=hint):
        equivariance(fn, images, **TYPES)


def test_an_output_that_is_ignored_may_be_anything(images):
    types = {"in_type": C4.trivial, "out_type": [C4.trivial, Ignored()]}
    report = equivariance(lambda x: [x, torch.distributions.Normal(x, 1.0)], images, **types)
    assert report.verdict is Verdict.PASS


def test_a_lazy_module_passes_after_its_first_call(images):
    conv = nn.LazyConv2d(2, 3, padding=1, padding_mode="circular")
    with refused(SettingError, "fn", got=f"LazyConv2d whose weight {LAZY}", hint="call it once first"):
        EquivarianceMonitor(conv, in_type=Translate(), out_type=Translate())(0, images)
    conv(images)
    assert equivariance(conv, images, in_type=Translate(), out_type=Translate()).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("value", "argument", "got", "hint"),
    [
        (Graph(torch.ones(5, 4)), "inputs[0]", "Graph, which permuted along 0 cannot move", "fn(Graph(x=x))"),
        (
            {"graph": Graph(torch.ones(5, 4))},
            "inputs[0]['graph']",
            "Graph, which permuted along 0 cannot move",
            "fn(Graph(x=x))",
        ),
        ([[1.0, 2.0], [3.0, 4.0]], "inputs", "only float", "torch.as_tensor"),
        (torch.ones(5, 4).to_sparse(), "inputs[0]", "a sparse one", "calls to_dense()"),
    ],
    ids=["an object", "an object in a container", "lists", "sparse"],
)
def test_inputs_that_no_action_moves_are_refused_by_their_names(value, argument, got, hint):
    with refused(SettingError, argument, got=got, hint=hint):
        equivariance(lambda x: x, value, in_type=Permute(0), out_type=Permute(0))


def test_an_object_that_does_not_move_is_passed_on():
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    types = {"in_type": (Permute(0), Invariant()), "out_type": Permute(0)}
    assert equivariance(lambda x, graph: x * graph.x, x, Graph(2.0), **types).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("kind", "group", "argument", "expected", "got"),
    [
        (SO2.trivial, O2, "in_type", "a type of the group", "SO(2)[1*trivial], but mirror is no element of SO(2)"),
        (C4.trivial, D(4), "in_type", "a type of the group", "C4[1*trivial], but mirror is no element of C4"),
        (C4.trivial, Euclidean(), "elements", "elements of C4, the group of C4", None),
    ],
    ids=["SO(2) in O(2)", "C4 in D4", "C4 in O(3)"],
)
def test_a_type_of_another_group_is_refused(images, kind, group, argument, expected, got):
    with refused(GroupError, argument, expected=expected, got=got):
        equivariance(nn.Tanh(), images, in_type=kind, out_type=kind, group=group)


def test_elements_that_are_none_are_refused(images):
    with refused(GroupError, "elements", expected="elements of C4", got=1, hint="group.element('1/4')"):
        equivariance(nn.Tanh(), images, **TYPES, elements=[1, 2])


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(nn.DataParallel, id="parallel"),
        pytest.param(partial(torch.compile, backend="eager"), id="compiled", marks=pytest.mark.slow),
    ],
)
def test_types_are_read_from_the_module_inside_another(images, wrap):
    torch.manual_seed(0)
    module = GroupConv2d(C4.trivial, C4.regular, 3, padding=1)
    assert equivariance(wrap(module), images).verdict is Verdict.PASS
    assert equivariance(wrap(nn.Sequential(module)), images).verdict is Verdict.PASS
