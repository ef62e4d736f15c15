"""Every mutant is caught and told why, and every sound twin passes."""

import pytest
from mutants import MUTANTS
from mutants_case import Mutant

import equilab as eq
from equilab.check import causes

mutants = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))


@pytest.fixture(autouse=True)
def hypotheses_that_raise_are_heard(monkeypatch):
    """A hypothesis that raises is passed over for users, and is an error here."""
    monkeypatch.setattr(causes, "_tried", lambda hypothesis, scene: hypothesis(scene))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")  # which it is about
@mutants
def test_a_mutant_is_caught_and_its_cause_is_named(mutant: Mutant):
    fn, inputs, options = mutant.make(sound=False)
    report = eq.check.equivariance(fn, *inputs, **options)
    assert str(report.verdict) in mutant.verdicts, str(report)
    assert (report.cause and report.cause.name) == mutant.cause, str(report)


@mutants
def test_the_sound_twin_of_a_mutant_passes(mutant: Mutant):
    fn, inputs, options = mutant.make(sound=True)
    report = eq.check.equivariance(fn, *inputs, **options)
    assert report.passed, str(report)
    assert report.cause is None
    assert report.first_offender is None


def test_there_are_forty_five_mutants_and_thirty_causes_or_more_are_told():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 45
    assert sum(mutant.cause is not None for mutant in MUTANTS) >= 30
    assert all("PASS" not in mutant.verdicts and mutant.verdicts for mutant in MUTANTS)


@pytest.mark.parametrize("name", ["stride parity", "bias per channel of a regular field", "causal attention"])
def test_a_cause_says_where_why_and_what_to_do(name):
    fn, inputs, options = next(mutant for mutant in MUTANTS if mutant.name == name).make(sound=False)
    report = eq.check.equivariance(fn, *inputs, **options)
    assert report.cause is not None
    shown = str(report)
    for words in (report.cause.name, report.cause.where, report.cause.why, report.cause.mend):
        assert words
        assert words in shown
