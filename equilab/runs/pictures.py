"""Pictures: sheets of images in rows, films of traversals, labelled tiles; all as Pillow images."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image, ImageDraw, ImageFont

_GAP = 2  # pixels between images
_LABEL_WIDTH = 120  # pixels left of a row, more for longer labels
_MARGIN = 6  # pixels around a label
_LABEL_HEIGHT = 16  # pixels above a tile or a column
_PAPER, _INK = (255, 255, 255), (30, 30, 30)
FRAME_MILLISECONDS = 120
"""How long a frame of a film is shown."""


def film(frames: Float[ndarray, "paths num c h w"], labels: Sequence[str]) -> list[Image.Image]:
    """Frames of one labelled tile per path, every path followed there and back at the same time.

    frames: images in [0, 1] along each path. labels: one for each path.
    """
    there_and_back = [*range(frames.shape[1]), *range(frames.shape[1] - 2, 0, -1)]
    return [tiles(frames[:, place], labels, columns=5) for place in there_and_back]


def sheet(
    images: Float[ndarray, "rows columns c h w"], labels: Sequence[str], header: Sequence[str] = ()
) -> Image.Image:
    """Rows of images, a label left of each row, a word above each column.

    images: in [0, 1]. labels: one for each row, of one or more lines; they are never cut. header: a word for each
    column; default: none.
    """
    rows, columns, _, height, width = images.shape
    top = _LABEL_HEIGHT if header else 0
    widest, highest = np.max([_text_size(label) for label in labels], axis=0)
    left, pitch = max(_LABEL_WIDTH, widest + 2 * _MARGIN), max(height, highest) + _GAP
    sheet = Image.new("RGB", (left + columns * (width + _GAP), top + rows * pitch), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, word in enumerate(header):
        _write(draw, left + column * (width + _GAP) + width // 2, top // 2, word, anchor="mm")
    for row, label in enumerate(labels):
        y = top + row * pitch
        _write(draw, _MARGIN, y + max(height, highest) // 2, label, anchor="lm")
        for column in range(columns):
            sheet.paste(_picture(images[row, column]), (left + column * (width + _GAP), y))
    return sheet


def tiles(images: Float[ndarray, "n c h w"], labels: Sequence[str], *, columns: int) -> Image.Image:
    """Images enlarged to twice their size, a label above each.

    images: in [0, 1]. labels: one for each image. columns: images of a row, at most.
    """
    num, _, height, width = images.shape
    columns = min(columns, num)
    tile = (2 * width, 2 * height)
    rows = -(-num // columns)
    sheet = Image.new("RGB", (columns * (tile[0] + _GAP), rows * (tile[1] + _GAP + _LABEL_HEIGHT)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for index, label in enumerate(labels):
        x, y = index % columns * (tile[0] + _GAP), index // columns * (tile[1] + _GAP + _LABEL_HEIGHT)
        _write(draw, x + tile[0] // 2, y + _LABEL_HEIGHT // 2, label, anchor="mm")
        enlarged = _picture(images[index]).resize(tile, Image.Resampling.NEAREST)
        sheet.paste(enlarged, (x, y + _LABEL_HEIGHT))
    return sheet


def _picture(image: Float[ndarray, "c h w"]) -> Image.Image:
    """An image (C, H, W) in [0, 1] in RGB: one channel in grey, of others the first three, a third of two being 0."""
    pixels = np.rint(255 * image.clip(0, 1)).astype(np.uint8)
    if len(pixels) == 1:
        channels = np.broadcast_to(pixels, (3, *pixels.shape[1:]))
    else:
        channels = np.concatenate([pixels, np.zeros_like(pixels)])[:3]
    return Image.fromarray(np.ascontiguousarray(channels.transpose(1, 2, 0)), "RGB")


def _write(draw: ImageDraw.ImageDraw, x: int, y: int, text: str, *, anchor: str) -> None:
    draw.text((x, y), text, fill=_INK, font=_font(), anchor=anchor)


def _text_size(text: str) -> tuple[int, int]:
    """Width and height of a text of one or more lines, pixels."""
    left, top, right, bottom = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox((0, 0), text, font=_font())
    return math.ceil(right - left), math.ceil(bottom - top)


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font of all words, read once."""
    return ImageFont.load_default(11)
