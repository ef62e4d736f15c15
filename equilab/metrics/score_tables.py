"""Tables of numbers for papers and notebooks: Markdown, LaTeX, HTML, and pandas' data frames."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from equilab.tables import escape_latex, escape_markdown, find_pandas

if TYPE_CHECKING:
    import pandas


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown: the first column aligned left, the others right.

    >>> print(markdown(["score", "value"], [["mig", "0.40"]]))
    | score | value |
    |---|---:|
    | mig | 0.40 |
    """
    shown = [f"| {' | '.join(map(escape_markdown, line))} |" for line in (header, *rows)]
    return "\n".join([shown[0], f"|---|{'---:|' * (len(header) - 1)}", *shown[1:]])


def latex(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A tabular with the rules of the package booktabs; special characters escaped.

    >>> print(latex(["score", "value"], [["dci_es", "0.40"]]))
    \\begin{tabular}{lr}
    \\toprule
    score & value \\\\
    \\midrule
    dci\\_es & 0.40 \\\\
    \\bottomrule
    \\end{tabular}
    """
    lines = [" & ".join(map(escape_latex, line)) + r" \\" for line in (header, *rows)]
    columns = "l" + "r" * (len(header) - 1)
    start = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", lines[0], r"\midrule"]
    return "\n".join([*start, *lines[1:], r"\bottomrule", r"\end{tabular}"])


def html(header: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str = "") -> str:
    """A table in HTML, which notebooks show; all words escaped.

    >>> html(["score"], [["a < b"]])
    '<table><thead><tr><th>score</th></tr></thead><tbody><tr><th>a &lt; b</th></tr></tbody></table>'
    """
    head = "".join(f"<th>{escape(word)}</th>" for word in header)
    body = "".join(
        f"<tr><th>{escape(line[0])}</th>{''.join(f'<td>{escape(word)}</td>' for word in line[1:])}</tr>"
        for line in rows
    )
    title = f'<caption style="caption-side: bottom">{escape(caption)}</caption>' if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def data_frame(columns: dict[str, list[Any]], *, index: str) -> "pandas.DataFrame":
    """A pandas data frame of columns of one length, indexed by one of them; SettingError where there is no pandas."""
    return find_pandas().DataFrame(columns).set_index(index)
