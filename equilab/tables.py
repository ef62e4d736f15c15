"""Tables of words and numbers: as aligned text, Markdown, LaTeX, HTML and a pandas data frame."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from statistics import mean, stdev
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

from equilab.errors import SettingError

if TYPE_CHECKING:
    from pandas import DataFrame

Cell: TypeAlias = str | int | float | None
"""A word, a number, or None for an empty cell."""

_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_LATEX |= {letter: f"\\{letter}" for letter in "&%$#_{}"}
_LATEX |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}"}
_LATEX |= {"°": r"\textdegree{}", "±": r"\ensuremath{\pm}"}


@dataclass(frozen=True)
class Table:
    """Columns with a header; numbers are written with four significant digits.

    columns: a name for each column. rows: a word, a number or None for each column.
    A notebook shows the table as HTML.

    >>> table = Table(("key", "value"), [("mig", 0.40001), ("kl", 21.7)])
    >>> print(table)
    key   value
    mig   0.4
    kl    21.7
    >>> print(table.to_markdown())
    | key | value |
    |---|---|
    | mig | 0.4 |
    | kl | 21.7 |
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]

    def _words(self) -> list[list[str]]:
        """Header and rows as words without line breaks."""
        return [[" ".join(format_cell(cell).split()) for cell in line] for line in (self.columns, *self.rows)]

    def __str__(self) -> str:
        lines = self._words()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = ("   ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join(line.rstrip() for line in padded)

    def to_markdown(self) -> str:
        """The table in Markdown; a vertical bar in a cell is escaped."""
        header, *rows = [f"| {' | '.join(map(escape_markdown, line))} |" for line in self._words()]
        return "\n".join([header, f"|{'---|' * len(self.columns)}", *rows])

    def to_latex(self) -> str:
        r"""The table as a LaTeX tabular with the rules of the package booktabs; columns of numbers are aligned right.

        Characters that LaTeX reads as commands are escaped.

        >>> print(Table(("score", "value"), [("mig_posX", 0.25), ("error, %", 3)]).to_latex())
        \begin{tabular}{lr}
        \toprule
        score & value \\
        \midrule
        mig\_posX & 0.25 \\
        error, \% & 3 \\
        \bottomrule
        \end{tabular}
        """
        lines = [" & ".join(map(escape_latex, line)) + r" \\" for line in self._words()]
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.columns)
        aligned = "".join("r" if _is_numeric(column) else "l" for column in columns)
        begin = f"\\begin{{tabular}}{{{aligned}}}"
        return "\n".join([begin, r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule", r"\end{tabular}"])

    def to_dataframe(self) -> "DataFrame":
        """The table as a pandas data frame, numbers in full precision; SettingError without pandas."""
        pandas = find_pandas()
        return pandas.DataFrame([list(row) for row in self.rows], columns=pandas.Index(self.columns))

    def _repr_html_(self) -> str:
        """The table as HTML, for notebooks."""
        header, *rows = self._words()
        lines = ["".join(f"<td>{html.escape(word)}</td>" for word in row) for row in rows]
        head = "".join(f"<th>{html.escape(word)}</th>" for word in header)
        body = "\n".join(f"<tr>{line}</tr>" for line in lines)
        return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def find_pandas() -> ModuleType:
    """The module pandas; SettingError, with the way to install it, where there is none."""
    try:
        return import_module("pandas")
    except ModuleNotFoundError as error:
        hint = 'pip install "equilab[pandas]"; to_markdown and to_latex need no package'
        raise SettingError("to_dataframe", expected="pandas", got="no such package", hint=hint) from error


def escape_markdown(text: str) -> str:
    """Text in which a vertical bar ends no cell."""
    return text.replace("|", "\\|")


def _is_numeric(column: Sequence[Cell]) -> bool:
    """Whether a column holds numbers and empty cells alone, and some number."""
    kinds = {type(cell) for cell in column} - {type(None)}
    return bool(kinds) and str not in kinds


def format_cell(cell: Cell) -> str:
    """A word as it is, a whole number in full, any other number as `format_value`, None as nothing."""
    if cell is None:
        return ""
    return format_value(cell) if isinstance(cell, float) else str(cell)


def format_value(value: float) -> str:
    """Four significant digits; five before the point, with an exponent from 100,000 on and below 0.0001.

    >>> [format_value(value) for value in (0.63749, 17.99, 4096.0, 54321.6, 1234567.0, float("nan"))]
    ['0.6375', '17.99', '4096', '54322', '1.235e+06', 'nan']
    """
    return f"{value:.0f}" if 9999.5 <= abs(value) < 99999.5 else f"{value:.4g}"


def format_spread(values: Sequence[float]) -> str:
    """The only value, or mean +- standard deviation (ddof 1); nothing for no values.

    >>> format_spread([1.0, 2.0, 3.0]), format_spread([0.25]), format_spread([])
    ('2 +- 1', '0.25', '')
    """
    if len(values) < 2:
        return format_value(values[0]) if values else ""
    return f"{format_value(mean(values))} +- {format_value(stdev(values))}"


def escape_latex(text: str) -> str:
    r"""Text in which no character is a command of LaTeX.

    >>> print(escape_latex(r"100 % of a_b, x^2 & {c} \d"))
    100 \% of a\_b, x\textasciicircum{}2 \& \{c\} \textbackslash{}d
    """
    return "".join(_LATEX.get(letter, letter) for letter in text)
