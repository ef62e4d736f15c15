"""Exports: what others load is the trained model, with and without torch; and the card names what was trained."""

import os
import shutil
from dataclasses import dataclass, replace

import numpy as np
import onnxruntime
import pytest
import torch
from permissions import largest_file
from processes import finish
from small import SPRITES

import equilab as eq
from equilab.__main__ import main
from equilab.errors import DataError, SettingError
from equilab.models import ConvVAE, VariationalAutoencoder
from equilab.runs import Record
from equilab.runs.export import export
from equilab.runs.loop import train
from equilab.runs.model_card import without_folders
from equilab.runs.run_folders import find_runs
from tests.refused import refused


def rendered(record: Record, num: int = 5) -> torch.Tensor:
    return record.run.data.table.gather(torch.arange(num))


def test_load_builds_the_trained_model_from_an_export_and_from_a_run(finished_run, tmp_path):
    record = Record.open(finished_run)
    files = export(record, tmp_path / "out", onnx=False)
    assert sorted(path.name for path in files) == ["README.md", "model.safetensors", "settings.json"]
    expected, x = record.model(), rendered(record)
    for folder in (tmp_path / "out", finished_run):
        model = eq.load(folder)
        assert not model.training
        assert torch.equal(model.encode(x).mean, expected.encode(x).mean)


def test_an_export_needs_neither_the_data_nor_the_recipe(tmp_path):
    images = np.random.default_rng(0).integers(256, size=(8, 64, 64), dtype=np.uint8)
    (record,) = eq.train(
        eq.data.Arrays(images),
        "vae",
        folder=tmp_path / "runs",
        steps=1,
        batch_size=4,
        evaluations=(),
        precision="float32",
    )
    export(record, tmp_path / "out", onnx=False)
    x, expected = rendered(record), record.model()
    shutil.rmtree(tmp_path / "runs")
    assert torch.equal(eq.load(tmp_path / "out").encode(x).mean, expected.encode(x).mean)


@pytest.mark.slow
def test_onnx_encodes_and_decodes_like_the_model(finished_run, tmp_path):
    record = Record.open(finished_run)
    export(record, tmp_path / "out")
    model, x = record.model(), rendered(record)
    encoder, decoder = (
        onnxruntime.InferenceSession(tmp_path / "out" / f"{name}.onnx") for name in ("encoder", "decoder")
    )
    codes = encoder.run(None, {"images": x.numpy()})[0]
    pixels = decoder.run(None, {"z": codes})[0]
    expected = model.encode(x).mean
    scale = expected.abs().max().item()
    np.testing.assert_allclose(codes, expected.detach().numpy(), atol=1e-5 * scale)
    np.testing.assert_allclose(pixels, model.decode(expected).sigmoid().detach().numpy(), atol=1e-5)


def test_the_card_names_data_settings_scores_with_floors_and_the_command(finished_run, tmp_path):
    record = Record.open(finished_run)
    export(record, tmp_path / "out", onnx=False)
    card = (tmp_path / "out" / "README.md").read_text()
    for part in (
        type(record.run.data).__name__,
        record.key,
        "| seed | 0",
        "random codes",
        "factors as codes",
        "equilab train settings.json",
        'eq.load(".")',
        "| torch |",
    ):
        assert part in card
    assert "onnxruntime" not in card
    score = next(key for key in record.keys if f"{key}_ceiling" in record.keys)
    assert f"| {score.removeprefix('metric/')} |" in card


@pytest.mark.slow
def test_the_command_of_the_card_trains_the_same_run(finished_run, tmp_path):
    export(Record.open(finished_run), tmp_path / "out", onnx=False)
    done = finish(tmp_path / "out" / "settings.json", "--folder", tmp_path / "again")
    assert done.returncode == 0, done.stderr
    assert Record.open(tmp_path / "again").key == Record.open(finished_run).key


def test_a_folder_that_holds_something_is_left_alone(finished_run, tmp_path):
    (tmp_path / "mine").write_text("text")
    with refused(SettingError, "folder", expected="empty"):
        export(Record.open(finished_run), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_weights_that_do_not_fit_the_settings_are_refused(finished_run, tmp_path):
    export(Record.open(finished_run), tmp_path / "out", onnx=False)
    weights = tmp_path / "out" / "model.safetensors"
    content = weights.read_bytes()
    for damaged in (b"", content[:100], content[: len(content) // 2]):
        weights.write_bytes(damaged)
        with refused(DataError, str(weights), expected="weights of ConvVAE"):
            eq.load(tmp_path / "out")
    for plant in (lambda: None, lambda: os.mkfifo(weights)):  # nothing there; a pipe, which is not waited for
        weights.unlink()
        plant()
        with refused(DataError, str(weights), expected="weights of ConvVAE"):
            eq.load(tmp_path / "out")
        weights.unlink(missing_ok=True)
        weights.touch()
    settings = tmp_path / "out" / "settings.json"
    weights.write_bytes(content)
    settings.write_text(settings.read_text().replace('"latent_dim": ', '"latent_dim": 1'))
    with refused(DataError, str(weights), expected="weights of ConvVAE"):
        eq.load(tmp_path / "out")


def test_a_folder_of_nothing_is_refused(tmp_path):
    with refused(DataError, str(tmp_path), got="neither settings.json nor run.json"):
        eq.load(tmp_path)


def test_a_missing_run_is_refused_by_the_command(tmp_path, capsys):
    assert main(["export", str(tmp_path / "nothing")]) == 2
    assert "run.json" in capsys.readouterr().err


def test_the_command_lists_what_it_wrote(finished_run, tmp_path, capsys):
    assert main(["export", str(finished_run), "--out", str(tmp_path / "out"), "--no-onnx"]) == 0
    assert str(tmp_path / "out" / "model.safetensors") in capsys.readouterr().out


def test_an_export_is_no_run(finished_run, tmp_path, capsys):
    """It is not listed with runs, opened as one, or resumed."""
    export(Record.open(finished_run), tmp_path / "runs" / "out", onnx=False)
    shutil.copytree(finished_run, tmp_path / "runs" / "run")
    assert find_runs([tmp_path / "runs"]) == [tmp_path / "runs" / "run"]
    place = str(tmp_path / "runs" / "out")
    with refused(DataError, place, expected="a run folder", got="an export", hint="equilab train"):
        Record.open(tmp_path / "runs" / "out")
    for words in (["train", "--resume", place], ["show", place], ["compare", place], ["upload", place]):
        assert main(words) == 2
        assert "expected a run folder, got an export" in capsys.readouterr().err


@dataclass(frozen=True)
class Unexportable(ConvVAE):
    """A VAE whose decoder depends on the values of the codes, which no ONNX file can."""

    def build(self, image_shape, *, generator):
        built = super().build(image_shape, generator=generator)
        return Branching(built.encoder, built.decoder, image_shape=image_shape, latent=built.latent)


class Branching(VariationalAutoencoder):
    def decode(self, z):
        found = super().decode(z)
        return found if z.sum().item() > 1e9 else found + 1


@pytest.mark.slow
def test_a_network_that_cannot_be_exported_leaves_nothing_and_says_why(tmp_path, capfd):
    run = replace(SPRITES, model=Unexportable(latent_dim=3), steps=1)
    train(run, tmp_path / "run")
    record = Record.open(tmp_path / "run", modules=[__name__])
    capfd.readouterr()
    with refused(SettingError, "onnx", expected="export as decoder.onnx", got=None, hint="--no-onnx"):
        export(record, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert capfd.readouterr() == ("", "")
    export(record, tmp_path / "out", onnx=False)
    card = (tmp_path / "out" / "README.md").read_text()
    assert f"--folder runs/again --modules {__name__}\n" in card
    assert f"modules=('{__name__}',)" in card
    assert f"Put `{__name__}` into" in card
    with refused(SettingError, "folder", expected="empty"):
        export(record, tmp_path / "out", onnx=False)


def test_a_folder_that_cannot_be_made_is_named(finished_run, tmp_path):
    (tmp_path / "file").write_text("mine")
    with refused(SettingError, "folder", expected="a place that can be written", got=None):
        export(Record.open(finished_run), tmp_path / "file" / "out", onnx=False)


def test_a_full_disk_leaves_nothing_and_is_named(finished_run, tmp_path):
    record = Record.open(finished_run)
    with largest_file(2048), refused(SettingError, "folder", expected="a place that can be written", got=None):
        export(record, tmp_path / "new" / "out", onnx=False)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled_where_it_is(finished_run, tmp_path, monkeypatch):
    """Such as the one where somebody stands, or a volume, which cannot be renamed."""
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    files = export(Record.open(finished_run), ".", onnx=False)
    assert sorted(tmp_path.iterdir()) == sorted(path.absolute() for path in files)
    assert tmp_path.stat().st_ino == before


def test_whoever_may_read_the_folder_may_read_its_files(finished_run, tmp_path):
    export(Record.open(finished_run), tmp_path / "out", onnx=False)
    modes = {path.stat().st_mode & 0o666 for path in (tmp_path / "out").iterdir()}
    assert modes == {(tmp_path / "out").stat().st_mode & 0o666}


def test_no_folder_of_the_authors_machine_is_published(tmp_path):
    images = np.random.default_rng(0).integers(256, size=(8, 64, 64), dtype=np.uint8)
    settings = {"steps": 1, "batch_size": 4, "evaluations": (), "precision": "float32"}
    (record,) = eq.train(eq.data.Arrays(images), "vae", folder=tmp_path / "private", **settings)
    export(record, tmp_path / "out", onnx=False)
    for name in ("README.md", "settings.json"):
        text = (tmp_path / "out" / name).read_text()
        assert str(tmp_path) not in text
        assert "private" not in text
    assert "Put `data.npz` into the current folder first." in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize(
    "text", ["/home/me/digits.npz", "C:\\Users\\me\\digits.npz", "~/digits.npz", "sets/digits.npz"]
)
def test_a_file_that_is_there_is_named_without_its_folder(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "sets").mkdir()
    for path in (tmp_path / "digits.npz", tmp_path / "sets" / "digits.npz"):
        path.touch()
    assert without_folders([{"path": text}]) == [{"path": "digits.npz"}]


@pytest.mark.parametrize("text", ["/gone/digits.npz", "D:\\gone\\digits.npz", "~/gone/digits.npz", "~me/digits.npz"])
def test_a_file_that_is_gone_is_named_without_its_folder(text):
    assert without_folders({"path": text}) == {"path": "digits.npz"}


@pytest.mark.parametrize("text", ["equilab.data.dsprites.DSprites", "team/project", "a b", "", "~"])
def test_other_words_stay(text):
    assert without_folders(text) == text
