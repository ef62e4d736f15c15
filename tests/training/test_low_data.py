"""The low-data study: what is finished is left alone, what was stopped goes on, and the table tells what was logged."""

from dataclasses import replace

import pytest
from processes import TINY_DIGITS

from equilab.errors import SettingError
from training.folder import locked
from training.low_data import Study, advance, main, results, table
from training.record import Record

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two sizes, two seeds, trained for a few updates."""
    folder = tmp_path_factory.mktemp("study")
    study = Study((str(TINY_DIGITS),), num_train=(32, 64), seeds=(0, 1), epochs=2.0, least_steps=3, folder=folder)
    for each, run in study.cells():
        assert advance(each, run) == 0
    return study


def test_every_cell_has_its_images_its_seed_and_its_length(study):
    runs = {folder.name: Record.open(folder).run for folder, _ in study.cells()}
    assert list(runs) == ["tiny_digits_n32_s0", "tiny_digits_n64_s0", "tiny_digits_n32_s1", "tiny_digits_n64_s1"]
    for name, run in runs.items():
        assert name == f"tiny_digits_n{run.data.num_train}_s{run.seed}"
        assert run.data.seed == run.seed
        assert run.steps == {32: 3, 64: 4}[run.data.num_train]  # 2 epochs of 64 are 4 updates of 32


def test_results_are_the_logged_errors(study):
    found = results(study)[str(TINY_DIGITS)]
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
    files = [path for folder, _ in study.cells() for path in folder.glob("*.jsonl")]
    before = {path: path.stat().st_mtime_ns for path in files}
    words = ["--recipes", str(TINY_DIGITS), "--num-train", "32", "64", "--seeds", "0", "1", "2", "--epochs", "2"]
    words += ["--least-steps", "3", "--folder", str(study.folder)]
    assert main(words) == 0
    assert {path: path.stat().st_mtime_ns for path in files} == before
    assert (study.folder / "tiny_digits_n64_s2" / "run.json").exists()
    assert "Z2CNN" in capsys.readouterr().out
    assert (study.folder / "low_data.md").read_text().startswith("| test error, % | parameters | 32 images |")
    assert (study.folder / "low_data.png").stat().st_size > 1000


def test_a_run_that_another_process_trains_is_passed_over(study):
    _, run = next(study.cells())
    with locked(study.folder / "busy"):
        assert advance(study.folder / "busy", run) == 0
    assert not (study.folder / "busy" / "run.json").exists()


def test_a_folder_of_other_settings_is_refused(study):
    folder, run = next(study.cells())
    with pytest.raises(SettingError, match="holds a run of other settings"):
        advance(folder, replace(run, steps=99))
    assert results(replace(study, least_steps=99)) == {}


def test_mistakes_are_explained(study, tmp_path, capsys):
    assert main(["--recipes", "vae_dsprites", "--folder", str(tmp_path)]) == 2
    assert "expected recipes of rotated digits, got vae_dsprites" in capsys.readouterr().err
    assert main(["--no-train", "--recipes", str(TINY_DIGITS), "--num-train", "9", "--folder", str(tmp_path)]) == 2
    assert "no run is finished yet" in capsys.readouterr().err
