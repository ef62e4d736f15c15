"""Classification in the same loop: it learns, it resumes bit by bit, it is measured and shown."""

import json
import shutil
import signal
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from processes import TINY_DIGITS, assert_identical, finish, start, wait_for_step
from torch import nn

from equilab.data import MiniSprites, RotatedMNIST
from equilab.errors import DataError, SettingError
from equilab.models import P4CNN, ConvVAE, Model
from equilab.objectives import VAE, Classification
from training.folder import read_run, write_run
from training.loop import train
from training.probe import check_probe
from training.probe_classifier import Answers
from training.recipes import find_recipe
from training.record import Record
from training.run import Run
from training.show import Options, one_run, show
from training.train import main


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
            table = json.loads((record.folder / "tables" / "metric_confusion.json").read_text())
            assert table["columns"] == ["class", *map(str, range(10))]
            for true, (label, *row) in enumerate(table["rows"]):
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
        write_run(folders[-1], replace(run, model=model, seed=seed))
    shown = show(Options(runs=tuple(folders), seeds=True))
    assert [word.strip() for word in shown.splitlines()[0].split("   ") if word.strip()] == [
        "Z2CNN, 2 seeds",
        "P4CNN, 2 seeds",
        "unit",
    ]


@pytest.mark.slow
def test_a_killed_classification_resumes_bit_by_bit(finished_digits, tmp_path):
    """Dropout draws from torch's generator, and batch norm keeps running means: both are in the checkpoint."""
    process = start(TINY_DIGITS, "--folder", tmp_path / "killed")
    wait_for_step(process, tmp_path / "killed", 70)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    resumed = finish("--resume", tmp_path / "killed")
    assert resumed.returncode == 0, resumed.stderr
    assert_identical(finished_digits, tmp_path / "killed")


def test_an_evaluation_leaves_no_trace(tiny, tmp_path):
    """A run that is evaluated on its way ends with the weights of one that is not."""
    weights = []
    for every in (0, 2):
        run = replace(tiny, steps=4, log=replace(tiny.log, evaluate_every=every, checkpoint_every=100))
        (tmp_path / str(every)).mkdir()
        train(run, tmp_path / str(every))
        payload = torch.load(next((tmp_path / str(every) / "checkpoints").glob("step_000000004*")), weights_only=True)
        weights.append(payload)
    first, second = weights
    assert all(torch.equal(value, second["model"][name]) for name, value in first["model"].items())
    assert all(torch.equal(value, second["random"][name]) for name, value in first["random"].items())


def test_a_model_that_does_not_fit_the_objective_is_refused_at_once(tiny):
    with pytest.raises(SettingError, match="Classification trains a Classifier, and ConvVAE builds a Variational"):
        replace(tiny, model=ConvVAE())
    with pytest.raises(SettingError, match="VAE trains a VariationalAutoencoder, and Z2CNN builds a Classifier"):
        replace(tiny, objective=VAE())


def test_data_that_hold_nothing_out_are_refused_before_the_training(tiny, tmp_path):
    with pytest.raises(SettingError, match="data: a classifier is tested on images that are held out, and MiniSprites"):
        train(replace(tiny, data=MiniSprites(size=28)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_images_that_are_held_out_are_never_trained_on(tiny, tmp_path):
    with pytest.raises(SettingError, match=r"data\.split: expected train, got test: these images are held out"):
        train(replace(tiny, data=tiny.data.test), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("num_classes", [9, 11])
def test_another_number_of_classes_than_there_are_is_refused_before_the_training(tiny, tmp_path, num_classes):
    run = replace(tiny, model=replace(tiny.model, num_classes=num_classes))
    with pytest.raises(SettingError, match=f"model.num_classes: expected 10, .* of RotatedDigits, got {num_classes}"):
        train(run, tmp_path)
    assert not list(tmp_path.iterdir())


def test_test_images_that_are_missing_are_noticed_before_the_training(tiny, tmp_path):
    rows = np.column_stack([np.random.default_rng(0).random((20, 784)), np.arange(20) % 10])
    np.savetxt(tmp_path / "mnist_all_rotation_normalized_float_train_valid.amat", rows)
    run = replace(tiny, data=RotatedMNIST(num_train=20, amat=str(tmp_path)))
    (tmp_path / "run").mkdir()
    with pytest.raises(DataError, match=r"amat: there is no file .*float_test\.amat; put it there"):
        train(run, tmp_path / "run")
    assert not list((tmp_path / "run").iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("p4cnn_rotated_mnist", "--data.folder", "nowhere"),
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


@dataclass(frozen=True)
class Strange(Model):
    """Builds what no probe knows."""

    kind = nn.Linear

    def build(self, image_shape, *, generator):
        raise AssertionError("never called")


@dataclass(frozen=True)
class AnyKind(Classification):
    """Trains anything."""

    kind = nn.Module


def test_a_kind_that_no_probe_knows_is_refused_before_the_training(tiny):
    with pytest.raises(SettingError, match="no evaluation is known for a Linear"):
        check_probe(replace(tiny, model=Strange(), objective=AnyKind()))


def test_answers_are_counted():
    logits = torch.tensor([[3.0, 0.0], [0.0, 2.0], [9.0, 0.0], [0.0, 1.0]])
    found = Answers(logits, torch.tensor([0, 1, 1, 0]))
    assert found.error == 50.0
    assert found.confusion().tolist() == [[1, 1], [1, 1]]
    assert found.worst(5).tolist() == [2, 3]  # the surest of the wrong ones first
    assert found.worst(1).tolist() == [2]
    expected = -(torch.tensor([3.0, 2.0, 0.0, 0.0]) - logits.logsumexp(1)).mean()
    assert found.cross_entropy == pytest.approx(expected.item(), rel=1e-6)
