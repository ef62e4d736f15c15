"""A chart of curves over two logarithmic axes, drawn with Pillow: every measured value a dot, means joined by lines."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean

from PIL import Image, ImageDraw, ImageFont

from equilab.files import written_beside

_SIZE = (760, 480)  # pixels
_LEFT, _TOP, _RIGHT, _BOTTOM = 70, 30, 150, 60  # pixels around the plot; the names stand on the right
_SCALE = 2  # drawn so many times larger, then reduced: smooth lines
_PAPER, _INK, _GRID = (255, 255, 255), (30, 30, 30), (225, 225, 225)
_COLORS = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0), (86, 180, 233))  # Okabe & Ito


def log_chart(curves: Mapping[str, Mapping[float, Sequence[float]]], *, x_label: str, y_label: str, path: Path) -> None:
    """A PNG of one named curve per entry: positive x -> the values measured there, 0 or more.

    A logarithmic axis has no 0: where there are values of 0, they stand on a line of their own below the others.
    """
    xs = sorted({x for curve in curves.values() for x in curve})
    measured = [each for curve in curves.values() for each in curve.values()]
    values = [value for each in measured for value in (*each, mean(each))]
    positive = [value for value in values if value > 0] or [1.0]
    ticks = nice_numbers(min(positive), max(positive))
    zero = ticks[0] / 2 if min(values) == 0 else None  # where 0 is drawn
    if zero is not None:
        ticks.insert(0, zero)
    image = Image.new("RGB", (_SCALE * _SIZE[0], _SCALE * _SIZE[1]), _PAPER)
    draw = ImageDraw.Draw(image)
    right, bottom = _SIZE[0] - _RIGHT, _SIZE[1] - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        across, up = fraction(x, xs[0], xs[-1]), fraction(max(y, ticks[0]), ticks[0], ticks[-1])
        return _SCALE * (_LEFT + across * (right - _LEFT)), _SCALE * (bottom - up * (bottom - _TOP))

    for x, word in zip(xs, words_of(xs), strict=True):
        draw.line([place(x, ticks[0]), place(x, ticks[-1])], fill=_GRID, width=_SCALE)
        _write(draw, place(x, ticks[0])[0] / _SCALE, bottom + 14, word, anchor="mm")
    for y in ticks:
        draw.line([place(xs[0], y), place(xs[-1], y)], fill=_GRID, width=_SCALE)
        _write(draw, _LEFT - 8, place(xs[0], y)[1] / _SCALE, "0" if y == zero else f"{y:g}", anchor="rm")
    _write(draw, (_LEFT + right) / 2, _SIZE[1] - 18, x_label, anchor="mm")
    _write(draw, 8, 14, y_label, anchor="lm")
    for (name, curve), color in zip(curves.items(), _COLORS * len(curves), strict=False):
        means = [place(x, mean(curve[x])) for x in sorted(curve)]
        draw.line(means, fill=color, width=2 * _SCALE)
        for x, y in (place(x, value) for x, each in curve.items() for value in each):
            draw.ellipse([x - 3 * _SCALE, y - 3 * _SCALE, x + 3 * _SCALE, y + 3 * _SCALE], fill=color)
        line = list(curves).index(name)
        _write(draw, right + 14, _TOP + 10 + 20 * line, name, anchor="lm", color=color)
    with written_beside(path) as file:
        image.resize(_SIZE, Image.Resampling.LANCZOS).save(file, "PNG")


def words_of(numbers: Sequence[float]) -> list[str]:
    """Different numbers in words: six digits, or all where six do not separate them.

    >>> words_of([0.001, 12_000.0]), words_of([1_234_567.0, 1_234_568.0])
    (['0.001', '12,000'], ['1,234,567.0', '1,234,568.0'])
    """
    short = [f"{number:,g}" for number in numbers]
    return short if len(set(short)) == len(numbers) else [f"{number:,}" for number in numbers]


def fraction(value: float, low: float, high: float) -> float:
    """Where a value lies between low (0) and high (1) on a logarithmic axis; 0.5 where these are equal.

    >>> fraction(100.0, 10.0, 1000.0), fraction(3.0, 3.0, 3.0)
    (0.5, 0.5)
    """
    return 0.5 if low == high else math.log(value / low) / math.log(high / low)


def nice_numbers(low: float, high: float) -> list[float]:
    """The numbers 1, 2 and 5 times a power of ten from the last one up to `low` to the first one from `high`.

    >>> nice_numbers(1.7, 41.0)
    [1.0, 2.0, 5.0, 10.0, 20.0, 50.0]
    """
    exponents = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    numbers = [float(f"{digit}e{exponent}") for exponent in exponents for digit in (1, 2, 5)]
    first = max(index for index, number in enumerate(numbers) if number <= low)
    last = min(index for index, number in enumerate(numbers) if number >= high)
    return numbers[first : last + 1]


def _write(
    draw: ImageDraw.ImageDraw, x: float, y: float, text: str, *, anchor: str, color: tuple[int, int, int] = _INK
) -> None:
    font = ImageFont.load_default(12 * _SCALE)
    draw.text((_SCALE * x, _SCALE * y), text, fill=color, font=font, anchor=anchor)
