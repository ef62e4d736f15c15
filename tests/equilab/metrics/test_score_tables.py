"""Scores as tables for papers and notebooks: the printed numbers, in each format, and nothing unescaped."""

import importlib
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from equilab.errors import SettingError
from equilab.metrics import Score, Scores, ScoreSettings, score_codes
from tests.refused import refused

FACTORS = np.stack(np.unravel_index(np.arange(12_000) % 60, (3, 4, 5)), 1)
CODES = FACTORS + 0.4 * np.random.default_rng(0).standard_normal(FACTORS.shape)
ODD = "a|b_c & 5% <x> \\ {#$}~^"


@pytest.fixture(scope="module")
def scores() -> Scores:
    return score_codes(CODES, FACTORS, metrics=["mig", "gaussian_total_correlation"], settings=ScoreSettings(repeats=3))


def words_of(scores: Scores) -> list[list[str]]:
    """The printed table, cell by cell."""
    return [line.split() for line in str(scores).splitlines()[1:-1]]


def test_markdown_and_latex_and_html_hold_the_printed_numbers(scores):
    numbers = [line[1:6] for line in words_of(scores)]
    lines = scores.to_markdown().splitlines()
    assert lines[0] == "| score | value | 95 % low | high | floor random | ceiling |  |"
    assert [line.split(" | ")[1:6] for line in lines[2:]] == numbers
    rows = scores.to_latex().splitlines()[4:-2]
    assert [row.split(" & ")[1:6] for row in rows] == numbers
    assert rows[1].startswith(r"gaussian\_total\_correlation & ")
    table = ElementTree.fromstring(scores._repr_html_())
    assert [[cell.text for cell in row[1:6]] for row in table.findall("tbody/tr")] == numbers
    assert "locatello2019, mean codes, seed 0; equilab" in table.findtext("caption")


def test_a_column_of_remarks_is_there_only_if_there_are_any(scores):
    assert "nats, less is better" in scores.to_markdown()
    assert Scores({"mig": Score("mig", 0.4)}).to_markdown() == "| score | value |\n|---|---:|\n| mig | 0.400 |"


def test_odd_names_are_escaped():
    odd = Scores({ODD: Score(ODD, 0.4)})
    assert odd.to_markdown().splitlines()[2].count(" | ") == 1
    latex = r"a\textbar{}b\_c \& 5\% \textless{}x\textgreater{} \textbackslash{} "
    assert latex + r"\{\#\$\}\textasciitilde{}\textasciicircum{} & 0.400" in odd.to_latex()
    assert ElementTree.fromstring(odd._repr_html_()).findtext("tbody/tr/th") == ODD


def test_a_data_frame_has_a_row_for_each_score_and_every_number_unrounded(scores):
    frame = scores.to_dataframe()
    assert list(frame.index) == list(scores)
    for name, score in scores.items():
        row = frame.loc[name]
        assert row["value"] == score.value
        assert (row["low"], row["high"]) == scores.intervals[name]
        assert row["ceiling"] == scores.references["ceiling"][name]
        assert (row["unit"], row["better"]) == (score.unit, score.better)
    assert frame.loc["mig", "factor1"] == scores["mig"].per_factor["factor1"]
    assert np.isnan(frame.loc["gaussian_total_correlation", "factor1"])


def test_a_factor_with_the_name_of_a_column_has_a_column_of_its_own():
    frame = Scores({"mig": Score("mig", 0.4, {"value": 0.7})}).to_dataframe()
    assert frame.loc["mig", "value"] == 0.4
    assert frame.loc["mig", "factor value"] == 0.7


def test_without_pandas_the_error_says_what_to_install(monkeypatch):
    def absent(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("equilab.tables.import_module", absent)
    with refused(SettingError, "to_dataframe", expected="pandas", hint='pip install "equilab[pandas]"'):
        Scores({"mig": Score("mig", 0.4)}).to_dataframe()
    assert importlib.import_module("numpy") is np
