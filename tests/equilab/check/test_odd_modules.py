"""Modules and functions that are awkward to call, copy or cast: sound ones pass, broken ones fail, of every kind."""

import pytest
import torch
from odd_modules import CALLABLES, MODULES, Forces, Nested, Tokens, images
from torch import nn

from equilab.check import Ignored, Invariant, Permute, Points, Report, Verdict, equivariance
from equilab.groups import C

C4 = C(4)
OF_NESTED = {
    "scores": (Invariant(), [Invariant(), Invariant()]),
    "result": (Invariant(), Ignored(), Invariant()),
    "more": {"a": (Invariant(), Ignored()), "b": Ignored()},
}
UNCOPYABLE = ("OwnGenerator", "RefusesCopies", "a compiled function")

each_module = pytest.mark.parametrize("made", MODULES.values(), ids=MODULES.keys())
each_callable = pytest.mark.parametrize("made", CALLABLES.values(), ids=CALLABLES.keys())


def checked(fn, *, out_type=None, **options) -> Report:
    return equivariance(fn, images(), in_type=C4.trivial, out_type=out_type or Invariant(), **options)


@each_module
def test_a_sound_module_passes_and_a_broken_one_fails(made):
    out_type = OF_NESTED if made is Nested else None
    assert checked(made(True), out_type=out_type).verdict is Verdict.PASS
    assert checked(made(False), out_type=out_type).verdict is Verdict.FAIL


@each_callable
def test_a_sound_callable_passes_and_a_broken_one_fails(made):
    assert checked(made(True)).verdict is Verdict.PASS
    assert checked(made(False)).verdict is Verdict.FAIL


@pytest.mark.parametrize("made", [*MODULES.values(), *CALLABLES.values()], ids=[*MODULES.keys(), *CALLABLES.keys()])
def test_what_can_be_copied_is_judged_in_float64_and_what_cannot_says_so(made, request):
    name = request.node.callspec.id
    report = checked(made(True), out_type=OF_NESTED if made is Nested else None)
    notes = " ".join(report.notes)
    assert ("no copy could be made" in notes) == (name in UNCOPYABLE)
    assert ("float64 copy" in notes) == (name in ("OwnGenerator", "RefusesCopies", "Float32Only", "CastsInside"))


def test_what_was_lost_is_in_the_table():
    table = str(checked(MODULES["RefusesCopies"](True)))
    assert "RuntimeError: this module holds a lock" in table
    assert "errors below round-off cannot be seen" in table


def test_forces_by_autograd_move_with_the_particles():
    x = torch.randn(2, 4, 2, generator=torch.Generator().manual_seed(0))
    types = {"in_type": Points(), "out_type": Points(), "group": C(5)}
    assert equivariance(Forces(True), x, **types).verdict is Verdict.PASS
    assert equivariance(Forces(False), x, **types).verdict is Verdict.FAIL
    with torch.no_grad():
        assert equivariance(Forces(True), x, in_type=Permute(1), out_type=Permute(1)).verdict is Verdict.PASS


def test_integers_are_moved_and_looked_up():
    x = torch.randint(10, (3, 1, 6, 6), generator=torch.Generator().manual_seed(0))
    types = {"in_type": C4.trivial, "out_type": Invariant()}
    assert equivariance(Tokens(True), x, **types).verdict is Verdict.PASS
    assert equivariance(Tokens(False), x, **types).verdict is Verdict.FAIL


def test_a_module_used_twice_is_copied_once():
    model = MODULES["Tied"](True)
    head = model.first

    def both(x):
        return model(x) + head(x)

    assert checked(both).verdict is Verdict.PASS
    assert not checked(both).notes


def test_a_constant_beside_the_answer_is_named_until_it_is_ignored():
    types = {**OF_NESTED, "more": {"a": (Invariant(), Invariant()), "b": Ignored()}}
    report = checked(Nested(True), out_type=types)
    assert report.verdict is Verdict.VACUOUS
    assert any("['more']['a'][1]" in note for note in report.notes)


def test_an_image_classifier_that_returns_classes_is_judged_by_them():
    class Classes(nn.Module):
        def __init__(self, sound):
            super().__init__()
            self.scale = nn.Parameter(torch.tensor([1.0, 1.0 if sound else -1.0]))

        def forward(self, x):
            halves = torch.stack([x[..., :3].sum((1, 2, 3)), x[..., 3:].sum((1, 2, 3))], 1)
            total = (halves * self.scale).sum(1)
            return torch.stack([total, -total], 1).argmax(1)

    x = torch.randn(64, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    types = {"in_type": C4.trivial, "out_type": Invariant()}
    assert equivariance(Classes(True), x, **types).verdict is Verdict.PASS
    assert equivariance(Classes(False), x, **types).verdict is Verdict.FAIL
