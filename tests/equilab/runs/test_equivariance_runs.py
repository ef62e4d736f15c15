"""The equivariance error in the log of a run: it is small, it costs the training nothing, it resumes bit by bit."""

import signal
from dataclasses import replace

import pytest
import torch
from processes import DIE, TINY_P4CNN, assert_identical, at_step, finish, rows, same
from small import weights

import equilab as eq
from equilab.errors import SettingError
from equilab.runs.commands.train import main
from equilab.runs.evaluations import Equivariance
from equilab.runs.keys import Keys
from equilab.runs.loop import train
from equilab.runs.recipes import find_recipe
from equilab.runs.record import Record
from equilab.runs.run import Run
from tests.refused import refused


@pytest.fixture(scope="module")
def run() -> Run:
    found = find_recipe(str(TINY_P4CNN))[1]
    return replace(found, steps=17, log=replace(found.log, checkpoint_every=100), evaluations=(Equivariance(every=8),))


@pytest.fixture(scope="module")
def trained(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("p4cnn")
    train(run, folder)
    return Record.open(folder)


def test_the_error_is_logged_every_so_many_updates_and_at_the_end(trained):
    found = {row["step"]: row for row in trained.rows if "equivariance/worst" in row}
    assert list(found) == [8, 16, 17]
    for row in found.values():
        assert 0 < row["equivariance/mean"] <= row["equivariance/worst"] < 1e-4
        assert 0 < row["equivariance/signal"] < 2
    assert len({row["equivariance/signal"] for row in found.values()}) == 3  # other images, another model


def test_the_error_of_a_step_is_that_of_the_model_at_that_step(trained):
    (row,) = (row for row in trained.rows if row["step"] == 17 and "equivariance/worst" in row)
    run, model = trained.run, trained.model()
    rng = eq.noise.numpy_stream(run.seed, "evaluation equivariance 17")
    images = run.data.table.gather(torch.from_numpy(rng.integers(len(run.data), size=4)))
    again = eq.check.EquivarianceMonitor(model, samples=None, elements=2, seed=run.seed).measure(17, images)
    assert again["equivariance/signal"] == pytest.approx(row["equivariance/signal"], rel=1e-4)  # memory order differs
    assert row.keys() == {"step", "time/evaluation", *again}


def test_every_key_of_the_monitor_is_declared():
    fine = eq.groups.C(8)
    monitor = eq.check.EquivarianceMonitor(eq.nn.GroupConv2d(1 * fine.trivial, 1 * fine.trivial, 3))
    found = monitor.measure(0, torch.rand(4, 1, 9, 9, generator=torch.Generator().manual_seed(0)))
    declared = Keys(Equivariance().keys)
    assert {declared.lookup(key).name for key in found} == {key.name for key in Equivariance().keys}


def test_a_monitored_run_ends_with_the_weights_of_one_that_is_not(trained, run, tmp_path):
    train(replace(run, evaluations=()), tmp_path)
    assert same(weights(trained.folder), weights(tmp_path))
    assert not any("equivariance" in key for row in rows(tmp_path) for key in row)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL"])
def test_a_stopped_run_resumes_bit_by_bit(tmp_path, name):
    whole, folder = tmp_path / "whole", tmp_path / name
    assert finish(TINY_P4CNN, "--folder", whole).returncode == 0
    stop = at_step(18, DIE.replace("SIGKILL", name))
    status = {"SIGTERM": 128 + signal.SIGTERM, "SIGKILL": -signal.SIGKILL}[name]
    assert finish(TINY_P4CNN, "--folder", folder, before=stop).returncode == status
    assert finish("--resume", folder).returncode == 0
    assert_identical(whole, folder)
    assert [row["step"] for row in rows(whole) if "equivariance/worst" in row] == [8, 16, 24, 32, 40]


@pytest.mark.parametrize("recipe", ["tiny_digits.py", "tiny.py"])
def test_a_model_without_types_is_refused_before_anything_is_written(recipe, tmp_path, capsys):
    text = TINY_P4CNN.with_name(recipe).read_text().replace("evaluations=(", "evaluations=(Equivariance(), ")
    own = tmp_path / f"typeless_{recipe}"
    own.write_text(text.replace("equilab.runs.evaluations import", "equilab.runs.evaluations import Equivariance,"))
    assert main([str(own), "--folder", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert "SettingError: evaluations:" in error
    assert "Equivariance" in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("field", "value"), [("every", -1), ("images", 1), ("elements", 0)])
def test_a_setting_out_of_range_is_refused(field, value):
    with refused(SettingError, field, got=value):
        Equivariance(**{field: value})
