"""A table that is a matrix, as a picture beside it."""

import math
from numbers import Real

import numpy as np
from PIL import Image

from equilab.metrics import heat_map
from equilab.runs.evaluations import Columns


def is_matrix(table: Columns) -> bool:
    """Whether a table is a matrix: names in the first column, and numbers of one kind or blanks in all others.

    The first column of a matrix has no title, or, for a confusion matrix, the title "class".

    >>> is_matrix(Columns(["", "posX"], [["z0", 1.5], ["z1", None]])), is_matrix(Columns(["score"], [["mig"]]))
    (True, False)
    """
    cells = [cell for row in table.rows for cell in row[1:]]
    numbers = all(cell is None or (isinstance(cell, Real) and not isinstance(cell, bool)) for cell in cells)
    return bool(cells) and table.header[0] in ("", "class") and numbers


def matrix_picture(table: Columns, title: str) -> Image.Image:
    """The picture of a matrix, from 0 (white) to its largest absolute entry; a blank is grey.

    table: one for which `is_matrix` holds. title: above it.
    """
    cells = np.array([[math.nan if cell is None else cell for cell in row[1:]] for row in table.rows], dtype=np.float64)
    finite = np.abs(cells[np.isfinite(cells)])
    full = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    names = [str(row[0]) for row in table.rows]
    return heat_map(cells, names, [str(name) for name in table.header[1:]], title=title, full=full)
