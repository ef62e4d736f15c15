"""Exports: what others load is the trained model, with and without torch; and the card names what was trained."""

import shutil

import numpy as np
import pytest
import torch
from processes import TINY, finish

import equilab as eq
from equilab.errors import DataError, SettingError
from equilab.runs import Record
from equilab.runs.export import export
from tests.refused import refused


def rendered(record: Record, num: int = 5) -> torch.Tensor:
    return record.run.data.table.gather(torch.arange(num))


def test_load_builds_the_trained_model_from_an_export_and_from_a_run(finished_run, tmp_path):
    record = Record.open(finished_run)
    files = export(record, tmp_path / "out", onnx=False)
    assert sorted(path.name for path in files) == ["README.md", "model.safetensors", "run.json"]
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
    onnxruntime = pytest.importorskip("onnxruntime")
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
        "equilab train run.json",
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
    done = finish(tmp_path / "out" / "run.json", "--folder", tmp_path / "again")
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
    settings = tmp_path / "out" / "run.json"
    weights.write_bytes(content)
    settings.write_text(settings.read_text().replace('"latent_dim": ', '"latent_dim": 1'))
    with refused(DataError, str(weights), expected="weights of ConvVAE"):
        eq.load(tmp_path / "out")


def test_a_folder_of_nothing_is_refused(tmp_path):
    with refused(DataError, str(tmp_path), got="no run.json"):
        eq.load(tmp_path)


def test_a_missing_run_is_refused_by_the_command(tmp_path, capsys):
    from equilab.__main__ import main

    assert main(["export", str(tmp_path / "nothing")]) == 2
    assert "run.json" in capsys.readouterr().err


def test_the_command_lists_what_it_wrote(finished_run, tmp_path, capsys):
    from equilab.__main__ import main

    assert main(["export", str(finished_run), "--out", str(tmp_path / "out"), "--no-onnx"]) == 0
    assert str(tmp_path / "out" / "model.safetensors") in capsys.readouterr().out
    assert TINY.is_file()
