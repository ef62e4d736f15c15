"""The table of docs/check_mutants.md says what the code says."""

from pathlib import Path

import pytest
from mutants import MUTANTS

pytest.importorskip("escnn")
from tests.benchmarks.bench_mutants import APART, COLUMNS, KNOWN, known_case, our_words

PAGE = Path(__file__).parents[3] / "docs" / "check_mutants.md"


def committed() -> dict[str, list[str]]:
    """The cells of the page's table by the name of the mutant."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert tuple(cells[0]) == COLUMNS
    return {name: rest for name, *rest in cells[2:]}


def test_the_table_has_a_row_for_each_mutant():
    assert list(committed()) == [*(mutant.name for mutant in (*MUTANTS, *APART)), KNOWN]


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
def test_the_table_has_the_verdicts_errors_and_causes_of_the_check():
    page = committed()
    trials = {mutant.name: mutant.make(False) for mutant in (*MUTANTS, *APART)} | {KNOWN: known_case(False)}
    for name, trial in trials.items():
        verdict, error, cause = our_words(trial)
        assert (verdict, cause) == (page[name][0], page[name][2]), name
        assert float(error) == pytest.approx(float(page[name][1]), rel=0.3, abs=1e-6), name


def test_each_check_passes_somewhere_where_something_is_wrong():
    found = [(row[0], row[3], row[4]) for row in committed().values()]
    assert not any(ours == "PASS" for ours, _, _ in found)
    assert any(e3nn.startswith("passes") for _, e3nn, _ in found)
    assert any(escnn.startswith("passes") for _, _, escnn in found)
