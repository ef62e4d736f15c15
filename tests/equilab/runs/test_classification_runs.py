"""Classification in the same loop: it learns, it resumes bit by bit, it is measured and shown."""

import shutil
import signal
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from processes import TINY_DIGITS, assert_identical, finish, start, wait_for_step

from equilab.data import RotatedMNIST
from equilab.errors import DataError
from equilab.models import P4CNN
from equilab.runs.commands.show import Options, show
from equilab.runs.commands.show_tables import one_run
from equilab.runs.commands.train import main
from equilab.runs.folder import claim, read_run
from equilab.runs.loop import train
from equilab.runs.recipes import find_recipe
from equilab.runs.record import Record
from equilab.runs.run import Run


@pytest.fixture(scope="module")
def finished_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits") / "run"
    done = finish(TINY_DIGITS, "--folder", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def record(finished_digits: Path) -> Record:
    return Record.open(finished_digits)


@pytest.fixture
def tiny() -> Run:
    return find_recipe(str(TINY_DIGITS))[1]


@pytest.mark.slow
def test_digits_are_learned(record):
    assert record.is_finished
    last = record.last()
    assert last["metric/test_error"] < 52  # six seeds reached 37 to 45 (standard deviation 2.8); a guess has 90
    assert last["metric/train_error"] < 44  # 32 to 37 (2.0)
    errors = record.series("metric/test_error").values
    assert errors[1] < errors[0]  # after 120 updates and after 60
    losses = record.series("train/cross_entropy").values
    assert losses[-5:].mean() < losses[:5].mean() / 1.5


@pytest.mark.slow
def test_the_logged_errors_are_those_of_a_recount(record):
    model, data = record.model(), record.run.data
    for name, part in (("test", data.test), ("train", data)):
        indices = np.arange(len(part))
        with torch.no_grad():
            said = model(part.table.gather(torch.from_numpy(indices))).argmax(1).numpy()
        wrong, classes = said != part.labels(indices)[:, 0], part.labels(indices)[:, 0]
        assert record.last()[f"metric/{name}_error"] == pytest.approx(100 * wrong.mean(), rel=1e-12)
        if name == "test":
            for digit in range(10):
                found = record.last()[f"metric/test_error_{digit}"]
                num_wrong, num = int(wrong[classes == digit].sum()), int((classes == digit).sum())
                assert found == 100 * num_wrong / num  # to the last bit: float32 would keep seven digits
            table = record.logged_table("metric/confusion")
            assert table.header == ["class", *map(str, range(10))]
            for true, (label, *row) in enumerate(table.rows):
                assert label == str(true)
                assert row == np.bincount(said[classes == true], minlength=10).tolist()


@pytest.mark.slow
def test_the_worst_mistakes_are_a_picture(record):
    names = [path.name for path in record.pictures]
    assert names == ["mistakes_000000060.png", "mistakes_000000120.png"]
    with Image.open(record.pictures[-1]) as picture:
        assert picture.size == (10 * (2 * 28 + 2), 2 * (2 * 28 + 2 + 16))


@pytest.mark.slow
def test_a_finished_classification_is_shown(record):
    text = str(next(iter(one_run(record).values())))
    assert "(finished)" in next(iter(one_run(record)))
    for key in ("train/accuracy", "metric/test_error ", "metric/test_error_7", "metric/train_cross_entropy"):
        assert key in text


@pytest.mark.slow
def test_several_networks_stand_side_by_side_by_name(finished_digits, tmp_path):
    run, folders = read_run(finished_digits).run, []
    for model, seed in product((run.model, P4CNN(num_fields=4)), (0, 1)):
        folders.append(shutil.copytree(finished_digits, tmp_path / f"{type(model).__name__}_{seed}"))
        (folders[-1] / "run.json").unlink()
        claim(folders[-1], replace(run, model=model, seed=seed))
    shown = show(Options(runs=tuple(folders), seeds=True))
    assert [word.strip() for word in shown.splitlines()[0].split("   ") if word.strip()] == [
        "Z2CNN, 2 seeds",
        "P4CNN, 2 seeds",
        "unit",
    ]


@pytest.mark.slow
def test_a_killed_classification_resumes_bit_by_bit(finished_digits, tmp_path):
    """Dropout draws by (seed, step), and batch norm keeps running means, which are in the checkpoint."""
    process = start(TINY_DIGITS, "--folder", tmp_path / "killed")
    wait_for_step(process, tmp_path / "killed", 70)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    resumed = finish("--resume", tmp_path / "killed")
    assert resumed.returncode == 0, resumed.stderr
    assert_identical(finished_digits, tmp_path / "killed")


def test_test_images_that_are_missing_are_noticed_before_the_training(tiny, tmp_path):
    rows = np.column_stack([np.random.default_rng(0).random((20, 784)), np.arange(20) % 10])
    np.savetxt(tmp_path / "mnist_all_rotation_normalized_float_train_valid.amat", rows)
    run = replace(tiny, data=RotatedMNIST(num_train=20, amat=str(tmp_path)))
    (tmp_path / "run").mkdir()
    with pytest.raises(DataError, match=r"float_test\.amat"):
        train(run, tmp_path / "run")
    assert not list((tmp_path / "run").iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("rotated_mnist", "--data.folder", "nowhere"),
        (TINY_DIGITS, "--data.size", 14),
        (TINY_DIGITS, "--data.split", "test"),
        (TINY_DIGITS, "--model.num-classes", 7),
    ],
    ids=["data", "model", "held out", "classes"],
)
def test_a_run_that_cannot_begin_does_not_take_the_folder(tmp_path, words, capsys):
    assert main([*map(str, words), "--folder", str(tmp_path / "run")]) == 2
    assert "Error: " in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
