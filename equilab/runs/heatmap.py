"""A matrix as a picture: a square per entry, from white (0 or the least) to blue (the largest), its value inside."""

import math
from numbers import Real

from PIL import Image, ImageDraw, ImageFont

from equilab.runs.evaluations import Columns

_CELL = (52, 24)  # pixels
_LETTER = 7  # pixels, at most, of a label's letter
_PAPER, _INK, _FULL = (255, 255, 255), (30, 30, 30), (0, 90, 160)


def is_matrix(table: Columns) -> bool:
    """Whether a table is a matrix: labels in the first column, and numbers or blanks of one kind in all others.

    The first column of a matrix has no name, or, for a confusion matrix, the name "class".

    >>> is_matrix(Columns(["", "posX"], [["z0", 1.5], ["z1", None]])), is_matrix(Columns(["score"], [["mig"]]))
    (True, False)
    """
    cells = [cell for row in table.rows for cell in row[1:]]
    numbers = all(cell is None or (isinstance(cell, Real) and not isinstance(cell, bool)) for cell in cells)
    return bool(cells) and table.header[0] in ("", "class") and numbers


def heatmap(table: Columns) -> Image.Image:
    """The picture of a matrix; an entry that is blank or not finite is left white.

    table: one for which `is_matrix` holds.

    >>> heatmap(Columns(["", "posX"], [["z0", 1.5], ["z1", None]])).size
    (78, 72)
    """
    left = 12 + _LETTER * max(len(str(row[0])) for row in table.rows)
    widths = [max(_CELL[0], 8 + _LETTER * len(str(name))) for name in table.header[1:]]
    edges = [left + sum(widths[:column]) for column in range(len(widths) + 1)]
    picture = Image.new("RGB", (edges[-1], _CELL[1] * (len(table.rows) + 1)), _PAPER)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(11)
    finite = [cell for row in table.rows for cell in row[1:] if cell is not None and math.isfinite(cell)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    for column, name in enumerate(table.header[1:]):
        middle = (edges[column] + edges[column + 1]) / 2
        draw.text((middle, _CELL[1] / 2), str(name), fill=_INK, font=font, anchor="mm")
    for line, (label, *cells) in enumerate(table.rows, 1):
        top = line * _CELL[1]
        draw.text((6, top + _CELL[1] / 2), str(label), fill=_INK, font=font, anchor="lm")
        for column, cell in enumerate(cells):
            if cell is None or not math.isfinite(cell):
                continue
            part = (cell - low) / (high - low) if high > low else 0.0
            box = (edges[column], top, edges[column + 1] - 2, top + _CELL[1] - 2)
            draw.rectangle(box, fill=_shade(part))
            middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
            draw.text(middle, f"{cell:.3g}", fill=_PAPER if part > 0.6 else _INK, font=font, anchor="mm")
    return picture


def _shade(part: float) -> tuple[int, int, int]:
    """The colour of a part of the largest value, 0 to 1."""
    red, green, blue = (round(paper + part * (full - paper)) for paper, full in zip(_PAPER, _FULL, strict=True))
    return red, green, blue
