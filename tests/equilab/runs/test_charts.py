"""Charts: every value stands where its logarithm says, in its own colour."""

import numpy as np
import pytest
from PIL import Image

from equilab.runs.charts import fraction, log_chart, nice_numbers, words_of

BLUE, RED = (0, 114, 178), (213, 94, 0)


def places(path, color) -> np.ndarray:
    """Rows and columns of the pixels of a colour, left of the names."""
    pixels = np.asarray(Image.open(path).convert("RGB"), int)[:, :600]
    return np.argwhere(np.abs(pixels - color).max(2) < 40)


def test_a_straight_line_of_logarithms_is_straight(tmp_path):
    log_chart({"power": {10: [100.0], 100: [10.0], 1000: [1.0]}}, x_label="x", y_label="y", path=tmp_path / "chart.png")
    rows, columns = places(tmp_path / "chart.png", BLUE).T
    slope, offset = np.polyfit(columns, rows, 1)
    assert slope == pytest.approx((420 - 30) / (610 - 70), rel=0.05)
    assert np.abs(rows - slope * columns - offset).max() < 7


def test_the_line_goes_through_the_mean_and_every_value_is_a_dot(tmp_path):
    log_chart({"a": {1: [1.0, 4.0], 10: [1.0]}}, x_label="x", y_label="y", path=tmp_path / "chart.png")
    found = places(tmp_path / "chart.png", BLUE)
    left = found[found[:, 1] < 76][:, 0]
    height = {value: 420 - 390 * fraction(value, 1, 5) for value in (1.0, 2.5, 4.0)}
    assert all(np.abs(left - height[value]).min() < 2 for value in height)


def test_each_curve_has_its_colour_and_its_name(tmp_path):
    log_chart({"a": {1: [1.0], 9: [2.0]}, "b": {1: [2.0], 9: [1.0]}}, x_label="", y_label="", path=tmp_path / "c.png")
    pixels = np.asarray(Image.open(tmp_path / "c.png").convert("RGB"), int)
    for color in (BLUE, RED):
        assert len(places(tmp_path / "c.png", color)) > 100
        assert (np.abs(pixels[:, 615:] - color).max(2) < 60).any()


@pytest.mark.parametrize(("low", "high"), [(0.7, 41.0), (1.0, 1.0), (2.0, 5.0), (0.03, 1000.0)])
def test_ticks_are_nice_and_hold_all_values(low, high):
    ticks = nice_numbers(low, high)
    assert ticks[0] <= low
    assert high <= ticks[-1]
    assert all(f"{tick:e}"[0] in "125" for tick in ticks)
    assert not [tick for tick in ticks[1:] if tick <= low]  # none that is not needed
    assert not [tick for tick in ticks[:-1] if tick >= high]


def test_one_value_alone_is_drawn(tmp_path):
    """In the middle of the only x, between the ticks 2 and 5."""
    log_chart({"a": {100: [3.0]}}, x_label="x", y_label="y", path=tmp_path / "chart.png")
    found = places(tmp_path / "chart.png", BLUE)
    row, column = found.mean(0)
    assert (row, column) == pytest.approx((420 - 390 * fraction(3, 2, 5), (70 + 610) / 2), abs=1)
    assert (np.ptp(found, axis=0) < 8).all()  # one dot and no more


def test_a_value_of_zero_stands_below_all_others(tmp_path):
    log_chart({"a": {1: [2.0], 10: [0.0], 100: [2.0]}}, x_label="x", y_label="y", path=tmp_path / "chart.png")
    found = places(tmp_path / "chart.png", BLUE)
    left, middle = found[found[:, 1] < 74][:, 0], found[np.abs(found[:, 1] - 340) < 3][:, 0]
    assert np.median(left) == pytest.approx(30, abs=2)  # 2 is the highest tick
    assert middle.max() == pytest.approx(420 + 3, abs=2)  # a dot on the line of 0, three pixels in radius


def test_nothing_but_zeros_is_drawn(tmp_path):
    log_chart({"a": {1: [0.0, 0.0], 10: [0.0]}}, x_label="x", y_label="y", path=tmp_path / "chart.png")
    assert np.median(places(tmp_path / "chart.png", BLUE)[:, 0]) == pytest.approx(420, abs=1)


def words_below(path) -> np.ndarray:
    """Columns of the ink between the lowest line and the name of the axis."""
    pixels = np.asarray(Image.open(path).convert("L"), int)
    return np.flatnonzero((pixels[426:446] < 128).any(0))


def test_the_words_of_an_axis_separate_its_numbers(tmp_path):
    """Rates as well as counts: 0.001 is not written as 0."""
    assert words_of([1e-4, 0.5, 100.0, 12_000.0]) == ["0.0001", "0.5", "100", "12,000"]
    assert words_of([0.1234567, 0.1234568]) == ["0.1234567", "0.1234568"]
    ink = {}
    for x in (0.001, 0.002):
        log_chart({"a": {x: [1.0]}}, x_label="", y_label="", path=tmp_path / "chart.png")
        ink[x] = words_below(tmp_path / "chart.png")
    assert all(np.ptp(each) > 20 for each in ink.values())  # pixels: wider than one digit
    assert ink[0.001].tolist() != ink[0.002].tolist()
