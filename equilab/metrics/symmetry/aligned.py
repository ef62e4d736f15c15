"""Rows of text as aligned columns, and logging keys: how the reports of this folder are written."""

from collections.abc import Iterable, Sequence

from equilab.errors import SettingError


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of equal length under each other: the first column to the left, the others to the right.

    >>> print(aligned([("factor", "D"), ("x", "0.125")]))
    factor      D
    x       0.125
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def number(value: float) -> str:
    """Three decimals, or two digits and an exponent for what these would hide; round-off below 1e-12 is 0.

    >>> number(0.84801), number(3.2e-13), number(3.2e-7), number(12345.6)
    ('0.848', '0.000', '3.2e-07', '1.2e+04')
    """
    return f"{value:.3f}" if abs(value) < 1e-12 or 5e-4 <= abs(value) < 1e4 else f"{value:.1e}"


def flat_keys(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Floats by lower-case key, spaces as underscores; SettingError where two names give one key.

    >>> flat_keys([("lsbd_posX", 0.5)])
    {'lsbd_posx': 0.5}
    """
    found: dict[str, float] = {}
    for name, value in pairs:
        key = name.lower().replace(" ", "_")
        if key in found:
            raise SettingError(
                "names", expected="names that differ as lower-case keys", got=f"{key} twice", hint="rename one"
            )
        found[key] = float(value)
    return found
