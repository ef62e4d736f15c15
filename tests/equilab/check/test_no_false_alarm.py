"""Nothing that is equivariant to round-off fails: thousands of generated cases, all kinds of layers and functions."""

from collections import Counter

import pytest
from exact_alive import is_alive
from exact_cases import KINDS, exact_case

import equilab as eq
from equilab.check import Verdict

QUICK, ALL = 100, 10_000  # cases: of every test run, and of all shards of the exhaustive tests together
PART = 250  # cases of one exhaustive test, so that shards are of like size


def asked(seeds):
    """The reports of these seeds that are failures, and those that cannot tell although there is something to tell."""
    failures, undecided = [], []
    for seed in seeds:
        case = exact_case(seed)
        report = eq.check.equivariance(case.fn, *case.inputs, **case.options)
        if report.verdict is Verdict.FAIL:
            failures.append(f"{case.name}\n{report}")
        elif not report.passed and not case.name.endswith("DEAD"):
            undecided.append(f"{case.name}\n{report}")
    return failures, undecided


@pytest.mark.parametrize("part", [0, 1])
def test_100_exact_cases_pass(part):
    failures, undecided = asked(range(part, QUICK, 2))
    assert not failures, "\n\n".join(failures)
    assert not undecided, "\n\n".join(undecided)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("start", range(QUICK, ALL, PART))
def test_10_000_exact_cases_raise_no_false_alarm(start):
    """Few may be undecided: a norm nonlinearity near 0, outputs saturated at the inputs drawn."""
    failures, undecided = asked(range(start, min(start + PART, ALL)))
    assert not failures, "\n\n".join([f"{len(failures)} false alarms", *failures])
    assert len(undecided) <= 1, "\n\n".join([f"{len(undecided)} undecided", *undecided])


def test_cases_come_from_their_seed():
    for seed in range(len(KINDS)):
        first, again = exact_case(seed), exact_case(seed)
        assert first.name == again.name
        assert all(bool((a == b).all()) for a, b in zip(first.inputs, again.inputs, strict=True))


def test_cases_are_of_all_kinds_in_both_precisions_and_modes_and_nearly_all_alive():
    cases = [exact_case(seed) for seed in range(96)]
    kinds = Counter(case.name.split()[1] for case in cases)
    assert set(kinds) == {kind.__name__ for kind in KINDS}
    for word in ("float32", "float64", "eval", "train", "times 1e4", "mean 30", "around 1", "D4"):
        assert any(word in case.name for case in cases), word
    assert sum(case.name.endswith("DEAD") for case in cases) <= 2
    assert all(is_alive(case.fn, case.inputs) for case in cases if not case.name.endswith("DEAD"))
