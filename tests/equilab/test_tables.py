"""Tables: every form holds every cell; characters that a form reads as commands are escaped; pandas is optional."""

import sys
from html.parser import HTMLParser

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from equilab.errors import SettingError
from equilab.tables import Table, escape_latex
from tests.refused import refused

TABLE = Table(("score", "value", "n", "note"), [("mig_posX", 0.123456, 3, "100 % <b>"), ("kl", None, 10, "a|b\nc")])


class Cells(HTMLParser):
    """The texts of the cells of an HTML table, row by row."""

    def __init__(self, text: str):
        super().__init__()
        self.rows: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1] and data.strip():
            self.rows[-1][-1] += data


def test_text_has_aligned_columns():
    lines = str(TABLE).splitlines()
    assert lines[0].split() == ["score", "value", "n", "note"]
    assert {line.index(word) for line, word in zip(lines, ("note", "100", "a|b"), strict=True)} == {
        len("mig_posX   0.1235   10   ")
    }


def test_markdown_escapes_what_separates_columns():
    assert TABLE.to_markdown().splitlines()[1:] == [
        "|---|---|---|---|",
        "| mig_posX | 0.1235 | 3 | 100 % <b> |",
        r"| kl |  | 10 | a\|b c |",
    ]


def test_latex_escapes_commands_and_aligns_numbers_right():
    lines = TABLE.to_latex().splitlines()
    assert lines[0] == r"\begin{tabular}{lrrl}"
    assert lines[4] == r"mig\_posX & 0.1235 & 3 & 100 \% \textless{}b\textgreater{} \\"
    assert [line for line in lines if "rule" in line] == [r"\toprule", r"\midrule", r"\bottomrule"]


@given(st.text(alphabet='ab\\&%$#_{}~^<>|" ', max_size=20))
def test_escaped_latex_holds_no_command_of_the_text(text):
    """Without the macros that stand for characters, no character is left that LaTeX reads as a command."""
    escaped = escape_latex(text)
    restored = escaped
    for macro, letter in {
        r"\textbackslash{}": "\0",
        r"\textasciitilde{}": "~",
        r"\textasciicircum{}": "^",
        r"\textless{}": "<",
        r"\textgreater{}": ">",
        r"\textbar{}": "|",
        r"\textquotedbl{}": '"',
    }.items():
        restored = restored.replace(macro, letter)
    for letter in "&%$#_{}":
        restored = restored.replace(f"\\{letter}", letter)
    assert "\\" not in restored
    assert restored.replace("\0", "\\") == text


def test_html_holds_the_cells_as_text():
    assert Cells(TABLE._repr_html_()).rows == [
        ["score", "value", "n", "note"],
        ["mig_posX", "0.1235", "3", "100 % <b>"],
        ["kl", "", "10", "a|b c"],
    ]


def test_a_data_frame_keeps_numbers_in_full():
    frame = TABLE.to_dataframe()
    assert list(frame.columns) == list(TABLE.columns)
    assert frame["value"][0] == 0.123456
    assert np.isnan(frame["value"][1])
    assert frame["n"].dtype.kind == "i"


def test_without_pandas_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with refused(SettingError, "to_dataframe", expected="pandas", hint='pip install "equilab[pandas]"'):
        TABLE.to_dataframe()


def test_a_table_without_rows_has_its_header():
    empty = Table(("a", "b"), [])
    assert str(empty) == "a   b"
    assert empty.to_latex().splitlines()[0] == r"\begin{tabular}{ll}"
    assert list(empty.to_dataframe().columns) == ["a", "b"]
