"""The low-data study: what is finished is left alone, what was stopped goes on, and the table tells what was logged."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from processes import TINY_DIGITS

from equilab.errors import SettingError
from equilab.runs import compute
from equilab.runs.commands.low_data import Study, advance, main, names, results, table
from equilab.runs.folder import claim, locked
from equilab.runs.record import Record
from tests.refused import refused

pytestmark = pytest.mark.slow
BLUE = (0, 114, 178)  # of the first curve


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two sizes, two seeds, trained for a few updates."""
    folder = tmp_path_factory.mktemp("study")
    study = Study((str(TINY_DIGITS),), num_train=(32, 64), seeds=(0, 1), epochs=2.0, least_steps=3, folder=folder)
    for cell in study.cells():
        assert advance(cell) == 0
    return study


def test_every_cell_has_its_images_its_seed_and_its_length(study):
    runs = {cell.folder.name: Record.open(cell.folder).run for cell in study.cells()}
    assert list(runs) == ["tiny_digits_n32_s0", "tiny_digits_n64_s0", "tiny_digits_n32_s1", "tiny_digits_n64_s1"]
    for name, run in runs.items():
        assert name == f"tiny_digits_n{run.data.num_train}_s{run.seed}"
        assert run.data.seed == run.seed
        assert run.steps == {32: 3, 64: 4}[run.data.num_train]  # 2 epochs of 64 are 4 updates of 32


def test_results_are_the_logged_errors(study):
    found = results(study).errors[str(TINY_DIGITS)]
    for num_train in (32, 64):
        logged = [
            Record.open(study.folder / f"tiny_digits_n{num_train}_s{seed}").last("metric/test_error") for seed in (0, 1)
        ]
        assert found[num_train] == [each["metric/test_error"] for each in logged]
    shown = table(study, results(study))
    assert shown.columns == ("test error, %", "parameters", "32 images", "64 images")
    assert shown.rows[0][:2] == ("Z2CNN", "4,386")
    assert "+-" in shown.rows[0][2]


def test_what_is_finished_is_left_alone_and_what_is_missing_is_trained(study, capsys):
    files = [path for cell in study.cells() for path in cell.folder.glob("*.jsonl")]
    before = {path: path.stat().st_mtime_ns for path in files}
    words = ["--recipes", str(TINY_DIGITS), "--num-train", "32", "64", "--seeds", "0", "1", "2", "--epochs", "2"]
    words += ["--least-steps", "3", "--folder", str(study.folder)]
    assert main(words) == 0
    assert {path: path.stat().st_mtime_ns for path in files} == before
    assert (study.folder / "tiny_digits_n64_s2" / "run.json").exists()
    printed = capsys.readouterr().out
    assert "Z2CNN" in printed
    assert printed.endswith("\n6 of 6 finished\n")
    assert "seed" not in printed
    assert not list(study.folder.glob("*/wandb"))
    assert (study.folder / "low_data.md").read_text().startswith("| test error, % | parameters | 32 images |")
    with Image.open(study.folder / "low_data.png") as picture:
        pixels = np.asarray(picture.convert("RGB"), int)
    assert (np.abs(pixels[:, :600] - BLUE).max(2) < 40).sum() > 100  # the curve of the only network, left of its name


def test_a_run_that_another_process_trains_is_passed_over(study):
    cell = replace(next(study.cells()), folder=study.folder / "busy")
    with locked(cell.folder):
        assert advance(cell) == 0
        assert cell.state == "busy"
    assert cell.state == "unfinished"
    assert not (cell.folder / "run.json").exists()


def test_what_is_not_finished_is_counted(study):
    """One is busy, one has other settings, two were never started: what is finished says of how many seeds it is."""
    wider = replace(study, num_train=(32, 64), seeds=(0, 1, 5))
    first, _, _, last, *_ = wider.cells()
    text = (last.folder / "run.json").read_text()
    (last.folder / "run.json").unlink()
    claim(last.folder, replace(last.run, batch_size=31))
    try:
        with locked(first.folder):
            found = results(wider)
    finally:
        (last.folder / "run.json").write_text(text)
    assert str(found) == "2 of 6 finished, 1 busy, 1 of other settings"
    assert [cell.endswith(" (1 seed)") for cell in table(wider, found).rows[0][2:]] == [True, True]


OTHER = {"float32": "bfloat16", "bfloat16": "float32"}


@pytest.mark.parametrize("changes", ["precision", "clip norm", "learning rate"])
def test_runs_that_compute_otherwise_are_of_other_settings(study, changes):
    cell = next(study.cells())
    assert cell.state == "finished"
    run = {
        "precision": replace(cell.run, precision=OTHER[cell.run.precision]),
        "clip norm": replace(cell.run, optimizer=replace(cell.run.optimizer, clip_norm=5.0)),
        "learning rate": replace(cell.run, optimizer=replace(cell.run.optimizer, learning_rate=0.5)),
    }[changes]
    assert replace(cell, run=run).state == "of other settings"


def test_device_threads_and_memory_order_do_not_make_another_run(study):
    cell = next(study.cells())
    elsewhere = replace(cell.run.compute, threads=3, channels_last=False)
    assert replace(cell, run=replace(cell.run, compute=elsewhere)).state == "finished"


@pytest.mark.parametrize(("flags", "precision"), [({"avx2"}, "float32"), ({"amx_bf16"}, "bfloat16")])
def test_an_automatic_precision_is_that_of_the_processor(study, monkeypatch, flags, precision):
    monkeypatch.setattr(compute, "processor_flags", lambda: flags)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert {cell.run.precision for cell in study.cells()} == {precision}


def test_two_recipes_of_one_network_are_two_curves(study, tmp_path):
    other = tmp_path / "wide_digits.py"
    other.write_text(TINY_DIGITS.read_text().replace("num_channels=8", "num_channels=9"))
    both = replace(study, recipes=(str(TINY_DIGITS), str(other)))
    assert names(both) == {str(TINY_DIGITS): "tiny_digits", str(other): "wide_digits"}
    found = results(both)
    found.errors[str(other)] = {32: [50.0], 64: [40.0, 30.0]}
    assert [row[0] for row in table(both, found).rows] == ["tiny_digits", "wide_digits"]


def test_the_lengths_of_the_published_study():
    cells = list(Study().cells())
    assert len(cells) == 45
    assert {(cell.num_train, cell.run.steps) for cell in cells} == {
        (100, 1_000),
        (300, 1_000),
        (1_000, 1_000),
        (3_000, 2_344),
        (12_000, 9_375),
    }
    assert {(cell.run.precision, cell.run.log.wandb) for cell in cells} == {("float32", "off")}


def test_a_folder_of_other_settings_is_refused(study):
    cell = next(study.cells())
    with refused(SettingError, str(cell.folder), expected="a run of these settings"):
        advance(replace(cell, run=replace(cell.run, steps=99)))
    found = results(replace(study, least_steps=99))
    assert (found.errors, str(found)) == ({}, "0 of 4 finished, 4 of other settings")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--num-train", "32", "1298"), "num_train: expected 1 to 1297, got 1298"),
        (
            ("--recipes", str(TINY_DIGITS), "nothing_like_it"),
            "got 'nothing_like_it'",
        ),
        (("--seeds", "0", "0"), "recipes, num_train, seeds: expected each training once"),
    ],
    ids=["images", "recipe", "twice"],
)
def test_mistakes_are_found_before_the_first_training(tmp_path, capsys, words, message):
    short = ("--recipes", str(TINY_DIGITS), "--num-train", "32", "--epochs", "1", "--least-steps", "1")
    assert main([*short, *words, "--folder", str(tmp_path / "study")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "study").exists()


def test_a_folder_of_other_settings_is_found_before_the_first_training(study, capsys):
    words = ["--recipes", str(TINY_DIGITS), "--num-train", "16", "64", "--seeds", "0", "--folder", str(study.folder)]
    assert main([*words, "--epochs", "9", "--least-steps", "3"]) == 2
    assert "tiny_digits_n64_s0: expected a run of these settings" in capsys.readouterr().err
    assert not (study.folder / "tiny_digits_n16_s0").exists()


def test_mistakes_are_explained(study, tmp_path, capsys):
    assert main(["--recipes", "vae", "--folder", str(tmp_path)]) == 2
    assert "recipes: expected recipes of rotated digits, got vae" in capsys.readouterr().err
    assert main(["--no-train", "--recipes", str(TINY_DIGITS), "--num-train", "9", "--folder", str(tmp_path)]) == 2
    assert "expected a finished run, got 0 of 3 finished" in capsys.readouterr().err
