"""Pictures of reports and measurements: well-formed SVG in which errors are where they should be."""

import base64
import re
import struct
import xml.etree.ElementTree as ET
import zlib

import pytest
import torch
from torch import nn

import equilab as eq
from equilab.check import Picture, Translate, equivariance, measure
from equilab.check.reports.heat import colours, data_url
from equilab.check.reports.polar import Scale
from equilab.errors import SettingError
from equilab.groups import D4, SO2, C
from tests.refused import refused

SVG = "{http://www.w3.org/2000/svg}"
BLUE = "#0072B2"


@pytest.fixture
def images():
    return torch.rand(2, 1, 9, 9, generator=torch.Generator().manual_seed(0))


def words(picture):
    return [each.text for each in ET.fromstring(picture.svg).iter(f"{SVG}text") if each.get("fill")]


def test_a_report_is_drawn_with_turns_and_mirrors_apart(images):
    torch.manual_seed(0)
    picture = equivariance(nn.Conv2d(1, 1, 3), images, in_type=1 * D4.trivial, out_type=1 * D4.trivial).plot()
    there = words(picture)
    assert {"FAIL", "Conv2d under D4", "turns", "mirrored, then turned", "exact element"} <= set(there)
    assert any(word.startswith("tolerance") for word in there)
    assert any(word.startswith("cause:") for word in there)
    assert "interpolated" not in there
    filled = [each for each in ET.fromstring(picture.svg).iter(f"{SVG}circle") if each.get("fill") == BLUE]
    diamonds = [each for each in ET.fromstring(picture.svg).iter(f"{SVG}path") if each.get("fill") == BLUE]
    assert (len(filled), len(diamonds)) == (3 + 1, 4)  # the legend has one


def test_interpolated_elements_have_marks_and_a_limit_of_their_own(images):
    group = C(8)
    x = nn.functional.interpolate(images, size=33)
    picture = equivariance(eq.nn.GroupConv2d(1 * group.trivial, 1 * group.regular, 5, padding=2), x).plot()
    assert {"PASS", "exact element", "interpolated", "its floor", "allowed where interpolated 10 %"} <= set(
        words(picture)
    )
    tree = ET.fromstring(picture.svg)
    assert sum(each.get("stroke") == "#E69F00" for each in tree.iter(f"{SVG}circle")) == 4 + 1


def test_a_turn_is_drawn_at_its_angle_the_further_out_the_worse(images):
    torch.manual_seed(0)
    picture = equivariance(nn.Conv2d(1, 1, 3), images, in_type=1 * C(2).trivial, out_type=1 * C(2).trivial).plot()
    dots = [each for each in ET.fromstring(picture.svg).iter(f"{SVG}circle") if each.get("fill") == BLUE]
    x, y = float(dots[0].get("cx")), float(dots[0].get("cy"))
    assert x < 150 - 60
    assert abs(y - 168) < 0.1


def test_elements_that_are_no_moves_of_the_plane_are_drawn_as_rows(images):
    conv = nn.Conv2d(1, 1, 3, padding=1)
    picture = equivariance(conv, images, in_type=Translate(), out_type=Translate()).plot()
    there = words(picture)
    assert "shift down 1, right 0" in there
    assert "turns" not in there


def test_functions_that_raise_and_numbers_that_are_not_are_drawn_too(images):
    def picky(x):
        if float(x[0, 0, 0, 0]) != float(images[0, 0, 0, 0]):
            raise ValueError("another image")
        return x

    for function in (picky, lambda x: x * torch.nan):
        report = equivariance(function, images, in_type=1 * D4.trivial, out_type=1 * D4.trivial)
        ET.fromstring(report.plot().svg)
        assert not re.search(r"(?<![a-z])(nan|inf)(?![a-z])", re.sub("href='[^']*'", "", report.plot().svg))


def test_a_measurement_is_drawn_as_a_closed_curve(images):
    found = measure(nn.Conv2d(1, 1, 3, padding=1), images, in_type=1 * SO2.trivial, out_type=1 * SO2.trivial)
    tree = ET.fromstring(found.plot().svg)
    line = [each.get("d") for each in tree.iter(f"{SVG}path") if each.get("stroke") == BLUE and "Z" in each.get("d")]
    assert len(line) == 1
    assert line[0].count("L") == 47
    assert {"turns", "shifts, pixels", "down 0.25", "right 1"} <= set(words(found.plot()))


def test_names_are_escaped(images):
    found = equivariance(lambda x: x, images, in_type=1 * D4.trivial, out_type=1 * D4.trivial)  # <lambda>
    assert "&lt;lambda&gt;" in found.plot().svg


def test_saving_writes_svg_and_nothing_else(tmp_path):
    picture = Picture(10, 10, [])
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "a.svg").symlink_to(tmp_path / "precious")  # is replaced, not followed
    assert picture.save(tmp_path / "a.svg").read_text() == picture.svg == picture._repr_svg_()
    assert (tmp_path / "precious").read_text() == "kept"
    with refused(SettingError, "path", expected=".svg", got="'a.png'"):
        picture.save(tmp_path / "a.png")


def test_the_scale_runs_from_the_middle_to_the_rim():
    scale = Scale.of([1e-15, 0.3])
    assert scale.part(0) == 0
    assert scale.part(float("inf")) == 1
    assert 0 < scale.part(1e-15) < scale.part(1e-7) < scale.part(0.3) < 1
    assert 0 in scale.decades
    assert len(scale.decades) <= 6


def test_the_heat_map_is_a_png_of_the_numbers():
    x = torch.tensor([[0.0, 1.0], [0.5, 0.25]])
    data = base64.b64decode(data_url(x, size=2).removeprefix("data:image/png;base64,"))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (2, 2)
    length = struct.unpack(">I", data[33:37])[0]
    rows = zlib.decompress(data[41 : 41 + length])
    assert list(rows) == [0, *colours(x)[0].flatten().tolist(), 0, *colours(x)[1].flatten().tolist()]
    assert colours(torch.tensor([0.0])).tolist() == [[255, 255, 255]]
    brightness = colours(torch.linspace(0, 1, 100)).double().mean(1)
    assert bool((brightness.diff() <= 0.5).all())  # the darker the more
