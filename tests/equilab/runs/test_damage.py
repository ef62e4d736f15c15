"""Run folders that were damaged, tampered with, or lost while a training ran: noticed, named, never trained over."""

import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
import torch
from permissions import largest_file
from processes import newest_checkpoint
from small import SPRITES, AtStep, files

from equilab.errors import DataError
from equilab.runs.checkpoint import checkpoints, load_newest, save
from equilab.runs.evaluations import Columns, Findings
from equilab.runs.folder import claim, read_run
from equilab.runs.lock import locked
from equilab.runs.loop import train
from equilab.runs.record import Record
from equilab.runs.sinks.sinks import JsonLines
from equilab.runs.writing import WriteError
from tests.refused import refused

RUN = replace(SPRITES, log=replace(SPRITES.log, checkpoint_every=2))
LONGER = replace(RUN, steps=6)
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFO, and links for administrators only")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "run"
    train(RUN, folder)
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A copy of a trained run, to damage."""
    return shutil.copytree(trained, tmp_path / "run")


def edit_json(path: Path, change: Callable[[dict], object]) -> None:
    tree = json.loads(path.read_text())
    change(tree)
    path.write_text(json.dumps(tree))


TAMPERED = {
    "a line added": lambda text: text.replace(b"\n", b'\n{"step": 1, "train/loss": 0.0}\n', 1),
    "CRLF": lambda text: text.replace(b"\n", b"\r\n"),
    "a line removed": lambda text: text.split(b"\n", 1)[1] + b'{"step": 4}\n' * 50,
    "a digit changed": lambda text: text.replace(b"1", b"2", 1),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_rows_that_were_tampered_with_are_noticed_before_the_first_update(folder, name):
    path = folder / "metrics.jsonl"
    path.write_bytes(TAMPERED[name](path.read_bytes()))
    before = files(folder)
    with refused(DataError, str(path), expected="rows of the checkpoint", got="changed rows"):
        train(LONGER, folder)
    assert files(folder) == before


def test_rows_that_are_missing_are_noticed_before_the_first_update(folder):
    (folder / "metrics.jsonl").unlink()
    with refused(DataError, str(folder / "metrics.jsonl"), expected="its length at the checkpoint", got=0):
        train(LONGER, folder)


def write_behind(path: Path) -> None:
    """What a second process does whose lock did not keep it out."""
    with open(path, "ab") as file:
        file.write(b'{"step": 1, "train/loss": 0.0}\n')


LOST = {
    "metrics.jsonl": lambda folder: (folder / "metrics.jsonl").unlink(),
    "metrics.jsonl, in whose place is another": lambda folder: os.replace(
        shutil.copy(folder / "metrics.jsonl", folder / "copy"), folder / "metrics.jsonl"
    ),
    "metrics.jsonl, to which another process writes": lambda folder: write_behind(folder / "metrics.jsonl"),
    "run.json": lambda folder: (folder / "run.json").unlink(),
    ".lock": lambda folder: (folder / ".lock").unlink(),
    ".lock, in whose place is another": lambda folder: ((folder / ".lock").unlink(), (folder / ".lock").touch()),
    "the folder": shutil.rmtree,
}


@posix
@pytest.mark.parametrize("name", LOST)
def test_what_is_lost_during_a_training_is_noticed_at_the_next_checkpoint(tmp_path, name):
    folder = tmp_path / "run"
    with pytest.raises(WriteError, match="somebody else") as found:
        train(LONGER, folder, sinks=[AtStep(3, lambda: LOST[name](folder))])
    assert name.split(",")[0].replace("the folder", "run.json") in str(found.value)
    steps = [int(path.name.split("_")[1]) for path in checkpoints(folder / "checkpoints")]
    assert steps == ([] if name == "the folder" else [2])


def test_a_checkpoint_of_another_name_is_none(folder):
    path = newest_checkpoint(folder)
    for name in ("step_best.pt", "step_best_copy.pt", "step_000000009_copy.pt", f"{path.stem} (1).pt"):
        shutil.copy(path, path.with_name(name))
    assert checkpoints(folder / "checkpoints")[0] == path
    assert train(LONGER, folder).step == 6


def resaved(folder: Path, change: Callable[[dict], object]) -> None:
    """The newest checkpoint with other content, and the digest of that."""
    payload = load_newest(folder / "checkpoints")
    assert payload is not None
    change(payload)
    save(folder / "checkpoints", 4, payload)


CONTENTS = {
    "no players": (lambda payload: payload.pop("players"), "one without players"),
    "no step": (lambda payload: payload.update(step="four"), "one without step"),
    "no settings": (lambda payload: payload.update(settings=[]), "one without settings"),
    "a position of an earlier format": (lambda payload: payload.update(log_position=5), "one without log_position"),
    "players of nothing": (lambda payload: payload.update(players={"model": 3}), "modules and optimisers"),
    "other settings": (lambda payload: payload.update(settings={"steps": "many"}), "now"),
    "no weights": (lambda payload: payload["players"]["model"].update(module={}), "Missing key"),
    "other weights": (
        lambda payload: payload["players"]["model"].update(module=torch.nn.Linear(2, 2).state_dict()),
        "the weights of this model",
    ),
    "another optimiser": (lambda payload: payload["players"]["model"].update(optimizer={}), "'param_groups'"),
    "another player": (lambda payload: payload["players"].update(critic=payload["players"]["model"]), "critic"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_checkpoint_of_the_right_digest_and_the_wrong_content_is_one_clear_line(folder, name):
    change, got = CONTENTS[name]
    resaved(folder, change)
    with pytest.raises(DataError) as found:
        train(LONGER, folder)
    assert got in str(found.value)
    assert len(str(found.value).splitlines()) == 1


def named(folder: Path, content: bytes) -> Path:
    """A checkpoint file of this content, later than all others, of the right digest."""
    path = folder / "checkpoints" / f"step_000000099_{sha256(content).hexdigest()[:16]}.pt"
    path.write_bytes(content)
    return path


def saved(value: object) -> bytes:
    buffer = BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def deflated() -> bytes:
    """A file of torch.save with its zeros packed: 100 kB that unpack to 100 MB."""
    found = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(saved({"zeros": torch.zeros(25_000_000)}))) as stored,
        zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for member in stored.infolist():
            packed.writestr(member.filename, stored.read(member))
    return found.getvalue()


FOREIGN = {
    "words": lambda: b"no checkpoint",
    "nothing": lambda: b"",
    "a list": lambda: saved([1, 2]),
    "half a file": lambda: saved({"step": 3})[:300],
    "a packed one": deflated,
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_file_in_place_of_a_checkpoint_is_passed_over_with_the_reason(folder, name):
    path = named(folder, FOREIGN[name]())
    with pytest.warns(RuntimeWarning, match=f"{path.name}: refused"):
        assert train(LONGER, folder).step == 6


@posix
def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder):
    path = newest_checkpoint(folder)
    os.mkfifo(path.with_name("step_000000099_0123456789abcdef.pt"))
    with pytest.warns(RuntimeWarning, match="plain file"):
        assert train(LONGER, folder).step == 6
    for name in ("run.json", "metrics.jsonl"):
        (folder / name).unlink()
        os.mkfifo(folder / name)
    with refused(DataError, str(folder / "run.json"), expected="a plain file"):
        Record.open(folder)


@posix
@pytest.mark.parametrize("name", ["metrics.jsonl", "pictures", "tables", "checkpoints", ".lock", "wandb"])
def test_a_link_that_was_planted_is_refused_and_not_followed(tmp_path, name):
    folder, away = tmp_path / "run", tmp_path / "away"
    claim_in(folder)
    away.mkdir() if "." not in name else away.write_bytes(b"theirs")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(away)
    with refused(DataError, str(folder / name), got="a symbolic link"):
        train(RUN, folder)
    assert not list(away.iterdir()) if away.is_dir() else away.read_bytes() == b"theirs"


@posix
@pytest.mark.parametrize("name", [".owner", "run.json"])
def test_a_link_in_place_of_a_file_that_is_replaced_keeps_its_target(tmp_path, name):
    folder, away = tmp_path / "run", tmp_path / "away"
    claim_in(folder)
    content = (folder / name).read_bytes()
    away.write_bytes(content)
    (folder / name).unlink()
    (folder / name).symlink_to(away)
    train(LONGER, folder)
    assert away.read_bytes() == content
    assert not (folder / name).is_symlink()


def claim_in(folder: Path) -> None:
    with locked(folder):
        claim(folder, RUN)


BROKEN_JSON = {
    "nested deeply": "[" * 100_000,
    "no text": "\x00\xff",
    "no environment": {"environment": None},
    "an environment of another kind": {"environment": [1]},
    "no key": {"key": 5},
    "an abstract class": {"run": {"type": "equilab.objectives.objective.Context"}},
}


@pytest.mark.parametrize("name", BROKEN_JSON)
def test_a_broken_run_json_is_one_clear_line(folder, name):
    content = BROKEN_JSON[name]
    if isinstance(content, str):
        (folder / "run.json").write_text(content)
    else:
        edit_json(folder / "run.json", lambda tree: tree.update(content))
    with pytest.raises(DataError) as found:
        read_run(folder)
    assert str(folder / "run.json") in found.value.argument
    assert len(str(found.value).splitlines()) == 1


def test_settings_nested_deeply_are_one_clear_line(folder):
    edit_json(folder / "run.json", lambda tree: tree["run"].update(evaluations=json.loads("[" * 900 + "]" * 900)))
    with pytest.raises(DataError) as found:
        read_run(folder)
    assert len(str(found.value)) < 10_000


@pytest.mark.parametrize(("num_bytes", "name"), [(0, ".owner"), (200, "run.json"), (4000, "metrics.jsonl")])
def test_a_full_disk_is_named_with_the_file_its_size_and_the_room(tmp_path, num_bytes, name):
    many = replace(RUN, steps=40, log=replace(RUN.log, checkpoint_every=100))
    with largest_file(num_bytes), pytest.raises(WriteError) as found:
        train(many, tmp_path / "run")
    assert str(found.value).startswith(f"{tmp_path / 'run' / name}: cannot be written (File too large; it needs")
    assert "MiB are free" in str(found.value)
    assert not [path for path in (tmp_path / "run").iterdir() if path.name.startswith((f".{name}", "..owner"))]


def test_a_full_disk_is_named_for_tables_and_pictures_too(tmp_path):
    from PIL import Image

    record = JsonLines(tmp_path)
    with largest_file(10):
        with pytest.raises(WriteError, match=r"tables/metric_scores_000000003.json: cannot be written"):
            record.log(3, Findings(tables={"metric/scores": Columns(["a"], [[1]])}))
        with pytest.raises(WriteError, match=r"pictures/traversals_000000003.png: cannot be written"):
            record.log(3, Findings(pictures={"latent/traversals": Image.new("RGB", (9, 9))}))
    record.close()
    assert not [path for name in ("tables", "pictures") for path in (tmp_path / name).iterdir()]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which not even root can make another")
def test_a_folder_in_which_nothing_can_be_made_is_a_write_error():
    with pytest.raises(WriteError, match=r"/proc/nothing: cannot be written"):
        train(RUN, Path("/proc/nothing"))
