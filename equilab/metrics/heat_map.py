"""Matrices as pictures, drawn with Pillow: a cell for each number, the darker the larger, on a fixed range."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import SettingError, ShapeError
from equilab.metrics.arguments import check_number
from equilab.metrics.validation import as_array, as_floats, checked_names

if TYPE_CHECKING:
    from PIL.Image import Image

_CELL, _MARGIN, _TITLE = 44, 12, 26  # pixels
_MOST_CELLS = 40  # rows or columns with names and numbers; more are drawn as a plain picture
_LOW, _HIGH, _BELOW = (255, 255, 255), (0, 114, 178), (213, 94, 0)  # Okabe & Ito: blue above 0, vermilion below
_NOTHING = (187, 187, 187)


def heat_map(
    matrix: Float[ndarray, "rows columns"],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str = "",
    white: float = 0.0,
    full: float = 1.0,
) -> "Image":
    """A picture of a matrix: blue, or vermilion below 0, the darker the larger; a number in each cell.

    rows, columns: names of both. white: absolute values up to this one are white, such as those of noise. full: values
    from this one on have the full colour. What is not a number is grey.
    Raises ShapeError for a matrix without cells or names that do not fit, SettingError for ends that are no range.

    >>> heat_map(np.eye(2), ("z0", "z1"), ("shape", "x"), title="mig").mode
    'RGB'
    """
    from PIL import Image, ImageDraw, ImageFont

    matrix = as_floats(as_array(matrix, "matrix"), "matrix").astype(np.float64)
    rows, columns = checked_names(rows, "rows"), checked_names(columns, "columns")
    for name, value in (("white", white), ("full", full)):
        check_number(name, value, "a number of at least 0", lambda value: value >= 0)
    if not isinstance(title, str):
        raise SettingError("title", expected="a text", got=repr(title))
    if not matrix.size or matrix.shape != (len(rows), len(columns)):
        raise ShapeError(
            "matrix", expected=f"({len(rows)}, {len(columns)}) numbers, as the names say", got=matrix.shape
        )
    font = ImageFont.load_default(12)
    named = max(matrix.shape) <= _MOST_CELLS
    cell = _CELL if named else max(1, 600 // max(matrix.shape))
    left = _MARGIN + (int(max(map(font.getlength, rows))) + 8 if named else 0)
    low = max(map(font.getlength, columns)) if named else 0.0  # names of columns stand upright where they are wide
    upright = low > cell
    below = int(low if upright else 18) + 8 if named else 0
    width = max(left + cell * len(columns), int(font.getlength(title)) + _MARGIN) + _MARGIN
    picture = Image.new("RGB", (width, _TITLE + _MARGIN + cell * len(rows) + below + _MARGIN), _LOW)
    draw = ImageDraw.Draw(picture)
    draw.text((_MARGIN, _MARGIN), title, fill=(30, 30, 30), font=font)
    top = _TITLE + _MARGIN
    depths = np.clip((np.abs(matrix) - white) / max(full - white, 1e-300), 0, 1)  # of each cell's colour
    for row, column in np.ndindex(matrix.shape):
        value = matrix[row, column]
        x, y = left + cell * column, top + cell * row
        draw.rectangle([x, y, x + cell - 1, y + cell - 1], fill=_colour(value, depths[row, column]))
        if named and not np.isnan(value):
            ink = (255, 255, 255) if depths[row, column] > 0.6 else (30, 30, 30)
            draw.text((x + cell / 2, y + cell / 2), short(value), fill=ink, font=font, anchor="mm")
    if named:
        for row, name in enumerate(rows):
            draw.text((left - 6, top + cell * (row + 0.5)), name, fill=(30, 30, 30), font=font, anchor="rm")
        for column, name in enumerate(columns):
            _write_below(picture, (left + cell * (column + 0.5), top + cell * len(rows) + 6), name, font, upright)
    return picture


def _colour(value: float, depth: float) -> tuple[int, ...]:
    """The colour of a cell: white, mixed with as much of the full colour as its depth."""
    if np.isnan(value):
        return _NOTHING
    shade = np.asarray(_LOW) + (np.asarray(_HIGH if value >= 0 else _BELOW) - _LOW) * depth
    return tuple(shade.astype(int).tolist())


def side_by_side(pictures: Sequence["Image"], *, width: int = 1400) -> "Image":
    """Pictures in rows, as many beside each other as `width` pixels hold; SettingError for none."""
    from PIL import Image

    if not pictures:
        raise SettingError("pictures", expected="at least one", got="none: no score here has a matrix")
    places: list[tuple[int, int]] = []
    x = y = bottom = 0
    for picture in pictures:
        if x and x + picture.width > width:
            x, y = 0, bottom
        places.append((x, y))
        x, bottom = x + picture.width, max(bottom, y + picture.height)
    right = max(place[0] + picture.width for place, picture in zip(places, pictures, strict=True))
    whole = Image.new("RGB", (right, bottom), _LOW)
    for place, picture in zip(places, pictures, strict=True):
        whole.paste(picture, place)
    return whole


def short(value: float) -> str:
    """A whole number as it is, else two or three digits, to fit into a cell; nothing for what is no number.

    >>> [short(value) for value in (0.0, 0.123, 12.34, 2502.0, 737280.0)]
    ['0', '0.12', '12.3', '2502', '7e+05']
    """
    if np.isnan(value):
        return ""
    if abs(value) >= 1e5:
        return f"{value:.0e}"
    return f"{value:.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.{2 if abs(value) < 10 else 1}f}"


def _write_below(picture: "Image", place: tuple[float, int], name: str, font, upright: bool) -> None:
    """A name under its column, turned where it is wider than the column."""
    from PIL import Image, ImageDraw

    if not upright:
        ImageDraw.Draw(picture).text(place, name, fill=(30, 30, 30), font=font, anchor="ma")
        return
    words = Image.new("RGB", (int(font.getlength(name)) + 2, 16), _LOW)
    ImageDraw.Draw(words).text((0, 0), name, fill=(30, 30, 30), font=font)
    picture.paste(words.rotate(90, expand=True), (int(place[0]) - 8, int(place[1])))
