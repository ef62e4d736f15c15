"""equilab upload: what it refuses, in one line; what it sends is in test_wandb_resume.py."""

from dataclasses import replace

import pytest
from small import SPRITES

from equilab.runs.commands.upload import main
from equilab.runs.folder import claim
from equilab.runs.lock import locked
from equilab.runs.sinks import wandb_sink


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A run that has not begun, and a login that leads nowhere."""
    for name in ("WANDB_MODE", "WANDB_DISABLED", "WANDB_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    (tmp_path / "run").mkdir()
    claim(tmp_path / "run", replace(SPRITES, seed=1))
    return tmp_path / "run"


def said(capsys) -> str:
    """The one line on stderr."""
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_folder_without_a_run_is_refused_before_any_run_is_sent(folder, capsys):
    assert main([str(folder), str(folder / "nothing")]) == 2
    assert str(folder / "nothing" / "run.json") in said(capsys)
    assert not (folder / "wandb").exists()


def test_no_folder_is_refused(folder, capsys):
    assert main([]) == 2
    assert said(capsys).startswith("SettingError: RUN: expected one or more run folders")


def test_an_id_is_of_one_folder(folder, capsys):
    assert main([str(folder), str(folder), "--id", "x"]) == 2
    assert "id: expected one run folder, got 2 folders" in said(capsys)


@pytest.mark.parametrize(("name", "value"), [("WANDB_MODE", "offline"), ("WANDB_DISABLED", "true")])
def test_a_variable_that_forbids_it_is_named(folder, capsys, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert main([str(folder)]) == 2
    assert said(capsys) == f"SettingError: {name}: expected online, to upload, got {value}; unset it"


def test_without_a_login_it_says_how_to_get_one(folder, capsys, monkeypatch):
    monkeypatch.setattr(wandb_sink, "is_logged_in", lambda: False)
    assert main([str(folder)]) == 2
    assert said(capsys).endswith("got none; wandb login")


def test_a_run_that_is_being_trained_is_refused(folder, capsys):
    with locked(folder):
        assert main([str(folder)]) == 2
    assert said(capsys).startswith(f"BusyError: {folder}")
