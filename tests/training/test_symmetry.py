"""The equivariance error in the log of a run: it is small, it costs the training nothing, it resumes bit by bit."""

import signal
from dataclasses import replace

import pytest
import torch
from processes import TINY, TINY_DIGITS, TINY_P4CNN, assert_identical, finish, newest_checkpoint, rows, same

import equilab as eq
from equilab.errors import SettingError
from training.keys import lookup
from training.loop import train
from training.recipes import find_recipe
from training.record import Record
from training.run import Logging, Run
from training.train import main


@pytest.fixture(scope="module")
def run() -> Run:
    return find_recipe(str(TINY_P4CNN))[1]


@pytest.fixture(scope="module")
def trained(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("p4cnn")
    found = replace(run, steps=17, log=replace(run.log, checkpoint_every=100))
    train(found, folder)
    return Record(folder, found, {})


def test_the_error_is_logged_every_so_many_updates(trained):
    found = {row["step"]: row for row in trained.rows if "equivariance/worst" in row}
    assert list(found) == [8, 16]
    for row in found.values():
        assert 0 < row["equivariance/mean"] <= row["equivariance/worst"] < 1e-4
        assert 0 < row["equivariance/signal"] < 2


def test_the_error_of_a_step_is_that_of_the_model_at_that_step(run, tmp_path):
    found = replace(run, steps=8, log=replace(run.log, evaluate_every=100))
    train(found, tmp_path)
    record = Record(tmp_path, found, {})
    (row,) = (row for row in record.rows if "equivariance/worst" in row)
    monitor = eq.check.EquivarianceMonitor(record.model(), seed=run.seed)
    images = run.data.table.gather(torch.from_numpy(batch(run, 7)))
    again = monitor.measure(8, images)
    assert again["equivariance/signal"] == pytest.approx(row["equivariance/signal"], rel=1e-4)  # memory order differs
    assert row.keys() == {"step", *again}


def batch(run: Run, step: int):
    """The images of the update after `step` others."""
    return eq.data.batch_indices(len(run.data), run.batch_size, seed=run.seed, step=step)


def test_every_key_of_the_monitor_is_declared():
    fine = eq.groups.C(8)
    monitor = eq.check.EquivarianceMonitor(eq.nn.GroupConv2d(1 * fine.trivial, 1 * fine.trivial, 3))
    found = monitor.measure(0, torch.rand(4, 1, 9, 9, generator=torch.Generator().manual_seed(0)))
    assert len(found) == 5
    assert all(lookup(key).name == key for key in found)


def test_a_monitored_run_ends_with_the_weights_of_one_that_is_not(trained, tmp_path):
    train(replace(trained.run, log=replace(trained.run.log, equivariance_every=0)), tmp_path)
    first, second = (torch.load(newest_checkpoint(folder), weights_only=True) for folder in (trained.folder, tmp_path))
    for payload in (first, second):
        payload.pop("log_position")
    assert same(first, second)
    assert not any("equivariance" in key for row in rows(tmp_path) for key in row)


@pytest.mark.slow
def test_a_stopped_run_resumes_bit_by_bit(tmp_path):
    stop = (
        "import os, signal, training.loop as loop; real = loop.refuse_non_finite\n"
        "def stop(losses, state, folder):\n"
        "    real(losses, state, folder)\n"
        "    if state.step == 18:\n        os.kill(os.getpid(), signal.{})\n"
        "loop.refuse_non_finite = stop"
    )
    whole = finish(TINY_P4CNN, "--folder", tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    for name, status in (("SIGTERM", 128 + signal.SIGTERM), ("SIGKILL", -signal.SIGKILL)):
        folder = tmp_path / name
        assert finish(TINY_P4CNN, "--folder", folder, before=stop.format(name)).returncode == status
        assert finish("--resume", folder).returncode == 0
        assert_identical(tmp_path / "whole", folder)
    measured = [row["step"] for row in rows(tmp_path / "whole") if "equivariance/worst" in row]
    assert measured == [8, 16, 24, 32, 40]


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (TINY_DIGITS, "because the Classifier that Z2CNN builds has no in_type and out_type, got 10"),
        (TINY, "because the VariationalAutoencoder that ConvVAE builds has no in_type and out_type, got 10"),
    ],
    ids=["Z2CNN", "ConvVAE"],
)
def test_a_model_without_types_is_refused_before_anything_is_written(recipe, message, tmp_path, capsys):
    words = [str(recipe), "--log.equivariance-every", "10", "--folder", str(tmp_path / "run")]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert "SettingError: log.equivariance_every: expected 0" in error
    assert message in error
    assert not (tmp_path / "run").exists()


def test_a_number_of_updates_below_0_is_refused():
    with pytest.raises(SettingError, match=r"log\.equivariance_every: expected at least 0, got -1"):
        Logging(equivariance_every=-1)
