"""Runs below a folder that cannot be read are left out by name; a run that is named itself is an error."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from permissions import open_to_all, ordinary_user, with_mode
from small import SPRITES, write_record

from equilab.errors import DataError
from equilab.runs.commands.opened_runs import open_runs


def without_rows(folder: Path) -> Path:
    (folder / "metrics.jsonl").unlink()
    return folder / "metrics.jsonl"


def without_settings(folder: Path) -> Path:
    (folder / "run.json").unlink()
    return folder / "run.json"


DAMAGES: dict[str, Callable[[Path], object]] = {
    "settings that are no JSON": lambda folder: (folder / "run.json").write_text("{"),
    "settings of no run": lambda folder: (folder / "run.json").write_text('{"format": 3, "run": {}}'),
    "settings that are a folder": lambda folder: without_settings(folder).mkdir(),
    "settings that are a pipe": lambda folder: os.mkfifo(without_settings(folder)),
    "a row that is none": lambda folder: (folder / "metrics.jsonl").write_text("no row\n"),
    "rows that are a folder": lambda folder: without_rows(folder).mkdir(),
    "rows that are a pipe": lambda folder: os.mkfifo(without_rows(folder)),
    "rows that are a link to themselves": lambda folder: without_rows(folder).symlink_to("metrics.jsonl"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_run_is_left_out_by_name(tmp_path, capsys, damage):
    for seed in range(3):
        write_record(tmp_path / f"s{seed}", replace(SPRITES, seed=seed), {"metric/mig": 0.5})
    damage(tmp_path / "s1")
    assert [record.folder.name for record in open_runs([tmp_path])] == ["s0", "s2"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"warning: {tmp_path / 's1'} is left out: ")
    with pytest.raises((DataError, OSError), match="s1"):
        open_runs([tmp_path / "s0", tmp_path / "s1"])


@pytest.mark.parametrize("place", ["s1", "s1/run.json", "s1/metrics.jsonl", "notes"])
def test_what_the_system_does_not_open_is_left_out_by_name(capsys, place):
    """A run, its settings, its rows, and a folder without runs."""
    with open_to_all() as parent:
        for seed in range(3):
            write_record(parent / f"s{seed}", replace(SPRITES, seed=seed), {"metric/mig": 0.5})
        (parent / "notes").mkdir()
        with with_mode(parent / place, 0), ordinary_user():
            found = [record.folder.name for record in open_runs([parent])]
            (line,) = capsys.readouterr().err.splitlines()
            with pytest.raises((DataError, OSError), match=place.split("/")[0]):
                open_runs([parent / place.split("/")[0]])
    assert found == (["s0", "s1", "s2"] if place == "notes" else ["s0", "s2"])
    assert line.startswith(f"warning: {parent / place.split('/')[0]} is left out: ")
    assert "Permission denied" in line
