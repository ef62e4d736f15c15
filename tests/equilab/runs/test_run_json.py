"""run.json: every field is written, another format is refused, an added field means in older files what it meant."""

import json
from dataclasses import dataclass, replace

import pytest
from small import SPRITES, files

from equilab.errors import DataError, SettingError
from equilab.objectives import VAE
from equilab.runs import Compute, serial
from equilab.runs.checkpoint import load_newest, save
from equilab.runs.folder import claim, longer_run, read_run, refuse_taken
from equilab.runs.lock import BusyError, locked
from equilab.runs.loop import train
from equilab.runs.serial import to_tree
from tests.refused import refused


@pytest.fixture
def folder(tmp_path):
    """A folder that holds a run which has not begun."""
    claim(tmp_path, SPRITES)
    return tmp_path


def edit(folder, change) -> None:
    """run.json with its tree changed in place."""
    tree = json.loads((folder / "run.json").read_text())
    change(tree)
    (folder / "run.json").write_text(json.dumps(tree))


def test_a_run_json_is_read_back_from_file_and_folder(folder):
    assert read_run(folder).run == read_run(folder / "run.json").run == SPRITES
    assert read_run(folder).key == SPRITES.key()
    assert read_run(folder).environment["torch"]
    with refused(DataError, str(folder), hint="--resume"):
        refuse_taken(folder)


def test_every_field_is_written_under_the_format_of_today(folder):
    tree = json.loads((folder / "run.json").read_text())
    assert tree["format"] == serial.FORMAT
    assert tree["run"] == json.loads(json.dumps(to_tree(SPRITES)))
    assert tree["run"]["optimizer"]["eps"] == 1e-8  # a default is written, too


def test_a_run_json_of_format_2_is_read_with_the_settings_of_w_and_b_that_it_lacks(folder):
    def older(tree):
        tree["format"] = 2
        for name in ("group", "tags", "system_metrics", "console", "commit"):
            del tree["run"]["log"][name]

    edit(folder, older)
    assert read_run(folder).run == SPRITES


def test_format_1_is_refused_in_one_line(folder):
    edit(folder, lambda tree: tree.update(format=1))
    with refused(DataError, str(folder / "run.json"), expected=f"format {serial.FORMAT}", hint="train again"):
        read_run(folder)
    with pytest.raises(DataError) as found:
        read_run(folder)
    assert "format 1" in str(found.value)
    assert len(str(found.value).splitlines()) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', '{"format": true}', '{"format": 2, "run": 3}'])
def test_a_broken_run_json_is_a_clear_error(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(DataError) as found:
        read_run(tmp_path)
    assert str(tmp_path / "run.json") in found.value.argument
    assert len(str(found.value).splitlines()) == 1


@pytest.mark.parametrize("place", ["run.seed", "run.optimizer.eps", "run.objective.sampler"])
def test_a_field_that_is_missing_is_an_error_and_never_todays_default(folder, place):
    *within, field = place.split(".")[1:]
    edit(folder, lambda tree: (tree["run"][within[0]] if within else tree["run"]).pop(field))
    with refused(DataError, f"{folder / 'run.json'}: {place}", got="none"):
        read_run(folder)


def test_an_unknown_field_is_refused(folder):
    edit(folder, lambda tree: tree["run"]["optimizer"].update(amsgrad=True))
    with refused(DataError, f"{folder / 'run.json'}: run.optimizer.amsgrad"):
        read_run(folder)


def test_an_added_field_has_in_older_files_the_value_that_they_meant(folder, monkeypatch):
    monkeypatch.setitem(serial.ADDED, "Adam.eps", (serial.FORMAT + 1, 1e-5))
    edit(folder, lambda tree: tree["run"]["optimizer"].pop("eps"))
    assert read_run(folder).run == replace(SPRITES, optimizer=replace(SPRITES.optimizer, eps=1e-5))


def test_a_file_of_the_format_that_added_a_field_must_hold_it(folder, monkeypatch):
    monkeypatch.setitem(serial.ADDED, "Adam.eps", (serial.FORMAT, 1e-5))
    edit(folder, lambda tree: tree["run"]["optimizer"].pop("eps"))
    with refused(DataError, f"{folder / 'run.json'}: run.optimizer.eps"):
        read_run(folder)


def test_a_run_from_before_a_field_was_added_goes_on(tmp_path, monkeypatch):
    """Neither its run.json nor its checkpoint holds the field; both mean the value of their time."""
    folder = tmp_path / "run"
    train(replace(SPRITES, steps=2), folder)
    payload = load_newest(folder / "checkpoints")
    assert payload is not None
    payload["settings"]["optimizer"].pop("eps")
    save(folder / "checkpoints", 2, payload)
    monkeypatch.setitem(serial.ADDED, "Adam.eps", (serial.FORMAT + 1, 1e-8))
    edit(folder, lambda tree: tree["run"]["optimizer"].pop("eps"))
    assert train(longer_run(read_run(folder).run, 4), folder).step == 4


def objective(name: str, **fields: float) -> VAE:
    """A VAE of a class of this name, with these fields, each of its own default."""
    return dataclass(frozen=True)(
        type(
            name,
            (VAE,),
            {"__annotations__": dict.fromkeys(fields, float), **fields, "__module__": f"from_{len(fields)}"},
        )
    )()


def test_an_added_field_leaves_the_key_of_a_run_as_it_was(monkeypatch):
    before = replace(SPRITES, objective=objective("Weighted", weight=2.0))
    after = replace(SPRITES, objective=objective("Weighted", weight=2.0, offset=0.0))
    assert before.key() != after.key()
    monkeypatch.setitem(serial.ADDED, "Weighted.offset", (serial.FORMAT + 1, 0.0))
    assert before.key() == after.key()
    assert before.key() != replace(SPRITES, objective=objective("Weighted", weight=2.0, offset=1.0)).key()


def test_a_run_of_format_1_is_not_trained_over(folder):
    edit(folder, lambda tree: tree.update(format=1))
    before = files(folder)
    with refused(DataError, str(folder / "run.json"), hint="train again"):
        train(SPRITES, folder)
    assert files(folder) == before


def test_a_longer_run_is_written_once_it_was_tried_and_while_no_other_process_trains(folder):
    before, longer = files(folder), longer_run(read_run(folder).run, 9)
    with locked(folder), refused(BusyError, str(folder)):
        train(longer, folder)
    with refused(SettingError, "compute.device"):
        train(replace(longer, compute=Compute(device="nowhere")), folder)
    assert read_run(folder).run == SPRITES
    assert files(folder)["run.json"] == before["run.json"]
    train(longer, folder)
    assert read_run(folder).run == replace(SPRITES, steps=9)
    assert read_run(folder).key == SPRITES.key()
