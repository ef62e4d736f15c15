"""Actions are validated before any module is: which law breaks, how exactly, and what is said where it cannot be."""

import math

import pytest
import torch
from e3nn import o3

from equilab.check import (
    Custom,
    Euclidean,
    Function,
    Invariant,
    Irreps,
    Permutations,
    Permute,
    Verdict,
    equivariance,
)
from equilab.errors import ActionError, GroupError, ShapeError
from equilab.groups import O2, SO2, C
from tests.refused import refused

CYCLE = {"elements": (1, 2, 3), "multiply": lambda g, h: (g + h) % 4, "inverse": lambda g: -g % 4, "identity": 0}


def turn(g, x):
    """Quarter turns of points in the plane."""
    for _ in range(g % 4):
        x = torch.stack([-x[..., 1], x[..., 0]], -1)
    return x


def points(count=6, dim=2):
    return torch.randn(count, dim, generator=torch.Generator().manual_seed(0))


def same(x):
    return 2 * x


def check(action, fn=same, x=None, **options):
    return equivariance(fn, points() if x is None else x, in_type=action, out_type=action, **options)


def test_an_action_that_keeps_its_laws_is_used():
    report = check(Custom(turn, **CYCLE))
    assert report.verdict is Verdict.PASS
    assert not report.notes
    assert check(Custom(turn, **CYCLE), lambda x: x + torch.tensor([1.0, 0.0])).verdict is Verdict.FAIL


WRONG = {
    "no product": (lambda g, x: turn(g, x) * (1 + 0.1 * (g == 2)), CYCLE, "act(g, act(h, x)) = act(g h, x)"),
    "no inverse": (turn, CYCLE | {"inverse": lambda g: g}, "act(g^-1, act(g, x)) = x at g = 1"),
    "no identity": (turn, CYCLE | {"identity": 2}, "act(identity, x) = x"),
    "order reversed": (
        lambda g, x: x[:, torch.tensor(g).argsort()] if isinstance(g, tuple) else x,
        {
            "elements": ((1, 0, 2), (1, 2, 0), (0, 2, 1)),
            "multiply": lambda g, h: tuple(h[place] for place in g),
            "inverse": lambda g: tuple(sorted(range(3), key=g.__getitem__)),
            "identity": (0, 1, 2),
        },
        "act(g, act(h, x)) = act(g h, x)",
    ),
}


@pytest.mark.parametrize(("function", "group", "law"), WRONG.values(), ids=WRONG.keys())
def test_a_law_that_breaks_is_named(function, group, law):
    x = points(dim=3) if isinstance(group["identity"], tuple) else points()
    with refused(ActionError, "in_type", expected=law, hint="fix the action"):
        check(Custom(function, **group), x=x)


def test_the_leaf_whose_action_is_none_is_named():
    right, wrong = Custom(turn, **CYCLE), Custom(lambda g, x: turn(g, x) + g, **CYCLE)
    types = {"a": right, "b": [Invariant(), Function(wrong.function)]}
    with refused(ActionError, "out_type['b'][1]", expected="an action of custom"):
        equivariance(lambda x: {"a": x, "b": [x.norm(dim=1), x]}, points(), in_type=right, out_type=types)


def test_a_shape_that_changes_is_no_action():
    def cut(g, x):
        return x[:, :1]

    with refused(ActionError, "in_type", expected="cut to keep the shape (6, 2)", got=(6, 1)):
        check(Custom(cut, **CYCLE))
    with refused(ActionError, "in_type", expected="to give a tensor", got="NoneType"):
        check(Custom(lambda g, x: None, **CYCLE))


def test_what_an_action_raises_comes_with_its_name():
    def broken(g, x):
        return x.no_such_method()

    with pytest.raises(AttributeError, match="no_such_method") as caught:
        check(Custom(broken, **CYCLE))
    assert "raised by the action broken of in_type, at 0" in caught.value.__notes__[0]


def rotation(angle, dtype=torch.float64, error=0.0):
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.tensor([[cos + error, -sin], [sin, cos]], dtype=dtype)


def rotations(act, **parts):
    angles = [0.3, 1.1, 2.9, 4.0]
    return Custom(act, elements=angles, multiply=lambda g, h: g + h, inverse=lambda g: -g, identity=0.0, **parts)


def test_a_matrix_of_float32_is_accepted_and_its_round_off_is_in_the_tolerance():
    exact = check(rotations(lambda g, x: x @ rotation(g).to(x).T))
    coarse = check(rotations(lambda g, x: x @ rotation(g, torch.float32).T))
    inside = check(rotations(lambda g, x: (x.float() @ rotation(g, torch.float32).T).to(x)))
    assert exact.verdict is coarse.verdict is inside.verdict is Verdict.PASS
    assert coarse.tolerance > 3e-7
    assert inside.tolerance > 3e-7
    assert any("takes float32 only" in note for note in coarse.notes)
    assert any("keep their own laws only to" in note for note in inside.notes)
    assert not exact.notes


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_matrix_that_is_off_by_a_ten_thousandth_is_refused(dtype):
    with refused(ActionError, "in_type", expected="with act("):
        check(rotations(lambda g, x: x @ rotation(g, dtype, 1e-4).to(x).T))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_wigner_matrices_by_angles_are_accepted_in_any_default_dtype(dtype):
    irreps = o3.Irreps("2x0e + 2x1o + 1x2e + 1x3o")
    default = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        x = points(5, irreps.dim).to(dtype)
        report = equivariance(same, x, in_type=irreps, out_type=irreps)
    finally:
        torch.set_default_dtype(default)
    assert report.verdict is Verdict.PASS, str(report)
    assert report.tolerance < 1e-3


def test_wigner_matrices_that_are_off_are_refused():
    class Off:
        dim = 3

        def D_from_matrix(self, matrix):
            return o3.Irreps("1x1o").D_from_matrix(matrix) * (1 + 1e-4)

    with refused(ActionError, "in_type", expected="an action of O(3)"):
        equivariance(same, points(5, 3), in_type=Irreps(Off()), out_type=Irreps(Off()), group=Euclidean())


@pytest.mark.parametrize(
    "parts", [{}, {"multiply": lambda g, h: (g + h) % 4}, {"identity": 0}], ids=["none", "product", "identity"]
)
def test_an_action_without_products_is_used_with_a_note(parts):
    report = check(Custom(turn, elements=(1, 2), **parts))
    assert report.verdict is Verdict.PASS
    assert [note for note in report.notes if "turn of in_type was not validated" in note]
    by_function = check(turn, elements=(1, 2, 3))
    assert by_function.verdict is Verdict.PASS
    assert any("give eq.check.Custom its multiply" in note for note in by_function.notes)


def test_a_float32_matrix_without_products_is_no_false_alarm():
    def coarse(g, x):
        return (x.float() @ rotation(g, torch.float32).T).to(x)

    report = check(Custom(coarse, elements=(0.3, 1.1)))
    assert report.verdict is Verdict.PASS, str(report)


def test_actions_in_place_change_no_input():
    def flipped(g, x):
        x *= -1 if g else 1
        return x

    x = points()
    flips = Custom(flipped, elements=(1,), multiply=lambda g, h: (g + h) % 2, inverse=lambda g: g, identity=0)
    assert check(flips, x=x).verdict is Verdict.PASS
    assert check(flips, torch.abs, x=x).verdict is Verdict.FAIL
    assert torch.equal(x, points())


def test_elements_have_to_be_some():
    with refused(GroupError, "elements", expected="at least one element", got="none"):
        Custom(turn, elements=())
    with refused(GroupError, "elements", expected="not the identity", got="none"):
        check(Custom(turn, elements=(0,), identity=0))


@pytest.mark.parametrize("group", [SO2, O2, C(100), C(65)], ids=str)
def test_large_groups_are_asked_by_generators_and_words(group):
    vector = group.irreps(1)[-1]
    report = check(vector)
    assert report.verdict is Verdict.PASS
    assert 3 <= len(report.elements) <= 12
    assert check(vector, torch.relu).verdict is Verdict.FAIL
    again = check(vector, seed=1)
    assert {each.element for each in again.elements} != {each.element for each in report.elements}


def test_up_to_64_elements_are_asked_one_and_all():
    assert len(check(C(64).irreps(1)[-1]).elements) == 63


def test_elements_can_be_chosen():
    group = C(8)
    report = check(group.irreps(1)[-1], elements=[group.element("1/8"), group.element("1/4")])
    assert [each.element for each in report.elements] == [str(group.element("1/8")), str(group.element("1/4"))]
    assert report.group == "C8"
    assert not report.notes  # the group is that of the type, by which it was validated


def test_permutations_of_another_number_of_things_are_refused():
    with refused(ShapeError, "in_type", expected="5 things", got=(6, 2)):
        equivariance(same, points(), in_type=Permute(0), out_type=Permute(0), group=Permutations(5))
