"""equilab upload: what it refuses, in one line; what it sends is in test_wandb_resume.py."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import wandb
from small import SPRITES
from wandb.sdk.lib.wbauth import wbnetrc

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


def test_every_run_is_tried_and_each_failure_has_a_line(folder, capsys, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert main([str(folder / "nothing"), str(folder)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert str(folder / "nothing" / "run.json") in first
    assert second.startswith("SettingError: WANDB_MODE")


def test_ctrl_c_ends_an_upload_of_several_runs(folder, capsys, monkeypatch):
    """The run after the one that was being sent is not begun; a failure before it keeps its line."""
    begun = []

    def interrupted(record, **_):
        begun.append(record.folder)
        raise KeyboardInterrupt

    monkeypatch.setattr("equilab.runs.commands.upload.upload", interrupted)
    assert main([str(folder / "nothing"), str(folder), str(folder)]) == 130
    assert begun == [folder]
    _, last = capsys.readouterr().err.splitlines()
    assert last == "stopped; `equilab upload` sends the rest"


def test_no_folder_is_refused(folder, capsys):
    assert main([]) == 2
    assert said(capsys).startswith("SettingError: RUN: expected one or more run folders")


def test_an_id_is_of_one_folder(folder, capsys):
    assert main([str(folder), str(folder), "--id", "x"]) == 2
    assert "id: expected one run folder, got 2 folders" in said(capsys)


@pytest.mark.parametrize(
    ("name", "value", "mode"),
    [("WANDB_MODE", "offline", "offline"), ("WANDB_DISABLED", "true", None), ("WANDB_DISABLED", "true", "online")],
)
def test_the_variable_that_forbids_it_is_named(folder, capsys, monkeypatch, name, value, mode):
    if mode is not None:
        monkeypatch.setenv("WANDB_MODE", mode)
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


@pytest.fixture
def nobody(tmp_path, monkeypatch):
    """No login in the environment, in the settings, or in the netrc file."""
    for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr(wandb.setup().settings, "api_key", None)
    monkeypatch.setattr(wandb.setup().settings, "identity_token_file", None)
    assert not wandb_sink.is_logged_in()
    return tmp_path


@pytest.mark.parametrize("name", ["WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"])
def test_a_login_by_a_variable_counts(nobody, monkeypatch, name):
    monkeypatch.setenv(name, "a" * 40)
    assert wandb_sink.is_logged_in()


@pytest.mark.parametrize("name", ["api_key", "identity_token_file"])
def test_a_login_in_the_settings_counts(nobody, monkeypatch, name):
    monkeypatch.setattr(wandb.setup().settings, name, "a" * 40)
    assert wandb_sink.is_logged_in()


def write_netrc(path, machine, password="a" * 40):
    path.write_text(f"machine {machine} login user password {password}\n")
    path.chmod(0o600)


@pytest.mark.parametrize("server", ["https://api.wandb.ai", "http://localhost:8080"])
def test_a_login_in_netrc_counts_for_its_server_alone(nobody, monkeypatch, server):
    """The entries are those that the client reads: of a server with its port."""
    monkeypatch.setattr(wandb.setup().settings, "base_url", server)
    for machine, expected in (("other.example", False), ("localhost", False), (urlsplit(server).netloc, True)):
        write_netrc(nobody / "netrc", machine)
        found = wbnetrc.read_netrc_auth(host=server)
        assert (wandb_sink.is_logged_in(), found is not None) == (expected, expected)


def test_an_entry_of_netrc_without_a_key_is_no_login(nobody):
    write_netrc(nobody / "netrc", urlsplit(wandb.setup().settings.base_url).netloc, password='""')
    assert not wandb_sink.is_logged_in()


@pytest.mark.parametrize(("variable", "name"), [("~/keys", "keys"), (None, ".netrc"), (None, "_netrc")])
def test_netrc_is_where_the_client_looks(nobody, monkeypatch, variable, name):
    monkeypatch.setenv("HOME", str(nobody))
    if variable is None:
        monkeypatch.delenv("NETRC")
    else:
        monkeypatch.setenv("NETRC", variable)
    write_netrc(nobody / name, urlsplit(wandb.setup().settings.base_url).netloc)
    assert wandb_sink.is_logged_in()
