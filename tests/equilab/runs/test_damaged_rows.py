"""Rows, and the tables and pictures that they name: what is no row, no table or no file of the run is named."""

import json
import math
from pathlib import Path

import pytest
from small import SPRITES

from equilab.errors import DataError
from equilab.runs.folder import claim
from equilab.runs.record import Record
from equilab.runs.rows import read_last_rows, read_rows
from tests.refused import refused


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run that logged nothing."""
    claim(tmp_path, SPRITES)
    return tmp_path


def write_rows(folder: Path, *rows: dict) -> None:
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


NO_ROWS = ["[1]", '{"train/loss": 1}', '{"step": "4"}', '{"step": -1}', "no row", '{"step": true}', '{"step": 1e3}']
NO_ROWS += ['{"step": 1' + "0" * 30 + "}", "[" * 100_000]


@pytest.mark.parametrize("line", NO_ROWS)
def test_a_line_that_is_no_row_is_named_by_its_number(folder, line):
    path = folder / "metrics.jsonl"
    path.write_text(f'{{"step": 1}}\n{line}\n{{"step": 2}}\n')
    with refused(DataError, f"{path}, line 2", expected="integer `step`"):
        read_rows(path)
    with refused(DataError, f"{path}, near its end", expected="integer `step`"):
        read_last_rows(path)


NO_VALUES = ['"high"', "true", "[1]", "{}", '{"table": 3}', '{"film": "a.mp4"}', '{"table": "a", "picture": "b"}']
NO_VALUES += ["NaN", "-Infinity", "1e999", "1" + "0" * 400]


@pytest.mark.parametrize("value", NO_VALUES)
def test_a_value_that_is_neither_number_nor_file_is_named_with_its_key(folder, value):
    path = folder / "metrics.jsonl"
    path.write_text(f'{{"step": 1, "train/loss": {value}}}\n')
    with pytest.raises(DataError, match=r"line 1: expected a number, null, a table or a picture .* got train/loss: "):
        Record.open(folder).table()


def test_a_value_that_was_not_finite_is_read_as_nan(folder):
    write_rows(folder, {"step": 1, "train/loss": None}, {"step": 2, "train/loss": 3})
    values = Record.open(folder).series("train/loss").values
    assert math.isnan(values[0])
    assert values[1] == 3.0


BROKEN_TABLES = {
    "no object": ([1], "names of `columns`"),
    "no columns": ({"rows": []}, "names of `columns`"),
    "columns that are no words": ({"columns": [1], "rows": []}, "names of `columns`"),
    "no rows": ({"columns": ["a"], "rows": 3}, "with `rows`"),
    "a row that is no list": ({"columns": ["a"], "rows": ["b"]}, "rows of 1 words"),
    "a row that is too long": ({"columns": ["a"], "rows": [[1, 2]]}, "rows of 1 words"),
    "a cell that is no word": ({"columns": ["a"], "rows": [[{"b": 1}]]}, "rows of 1 words"),
}


@pytest.mark.parametrize("name", BROKEN_TABLES)
def test_a_file_that_holds_no_table_is_named(tmp_path, name):
    content, expected = BROKEN_TABLES[name]
    claim(tmp_path, SPRITES)
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "metric/scores": {"table": "scores.json"}}\n')
    (tmp_path / "scores.json").write_text(json.dumps(content))
    with refused(DataError, str(tmp_path / "scores.json"), expected=expected):
        Record.open(tmp_path).logged_table("metric/scores")


@pytest.mark.parametrize("path", ["../other.json", "/etc/hostname", "a\0b", "loop/scores.json", "x" * 5000])
def test_a_table_outside_of_the_run_is_refused(tmp_path, path):
    claim(tmp_path, SPRITES)
    (tmp_path / "loop").symlink_to("loop")
    place = tmp_path if path.startswith("x") else tmp_path / "metrics.jsonl"  # a file that is nowhere
    (tmp_path / "metrics.jsonl").write_text(json.dumps({"step": 1, "metric/scores": {"table": path}}) + "\n")
    with refused(DataError, str(place), got=None):
        Record.open(tmp_path).logged_table("metric/scores")


def test_a_key_has_values_of_one_kind(tmp_path):
    claim(tmp_path, SPRITES)
    rows = [{"step": 1, "train/loss": 2.0}, {"step": 2, "train/loss": {"picture": "loss.png"}}]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with refused(DataError, str(tmp_path / "metrics.jsonl"), got="train/loss: number and picture"):
        Record.open(tmp_path).table()
