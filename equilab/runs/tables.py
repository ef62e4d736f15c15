"""A table of words that prints as aligned columns, and as Markdown for a page."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Columns with a header; the first one is aligned left, numbers are written before they come here.

    >>> print(Table(("key", "value"), [("mig", "0.4"), ("kl", "21.7")]))
    key   value
    mig   0.4
    kl    21.7
    >>> print(Table(("key", "value"), [("mig", "0.4")]).markdown())
    | key | value |
    |---|---|
    | mig | 0.4 |
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def __str__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.columns))]
        padded = ("   ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join(line.rstrip() for line in padded)

    def markdown(self) -> str:
        """The table in Markdown, as docs and README hold it."""
        header = [self.columns, ("---",) * len(self.columns)]
        lines = [f"| {' | '.join(line)} |" for line in (*header, *self.rows)]
        return "\n".join([lines[0], lines[1].replace(" ", ""), *lines[2:]])
