"""eq.train: data, a method by its name, settings by theirs, several seeds; and arrays of one's own."""

import signal
import threading
from dataclasses import dataclass, replace

import numpy as np
import pytest

import equilab as eq
from equilab.errors import DataError, EquilabError, SettingError
from equilab.objectives import VAE
from equilab.runs import Compute, HeldOutLoss, Logging, Run
from equilab.runs.loop import train
from equilab.runs.train_method import with_settings
from tests.refused import refused

QUICK = {
    "steps": 3,
    "batch_size": 4,
    "precision": "float32",
    "evaluations": (HeldOutLoss(images=8),),
    "compute": Compute(threads=1),
    "log": Logging(every=1, wandb="off"),
}


def images(num: int = 12) -> np.ndarray:
    return np.random.default_rng(0).integers(256, size=(num, 64, 64), dtype=np.uint8)


def test_two_seeds_on_arrays_of_ones_own_are_trained_once(tmp_path):
    data = eq.data.Arrays(images(), {"shape": ["square", "ring"] * 6})
    settings = dict(QUICK, gamma=7.0, latent_dim=3, learning_rate=1e-3, seeds=[0, 1], folder=tmp_path)
    records = eq.train(data, "factor_vae", **settings)
    assert [record.folder.name for record in records] == ["s0", "s1"]
    assert all(record.is_finished for record in records)
    first = records[0].run
    assert first.objective == eq.objectives.FactorVAE(gamma=7.0)
    assert first.model == eq.models.ConvVAE(latent_dim=3)
    assert first.optimizer == eq.optimizers.Adam(learning_rate=1e-3)
    assert first.data.factors.names == ("shape",)
    rows = [record.rows for record in records]
    again = eq.train(data, "factor_vae", **settings)
    assert [record.rows for record in again] == rows
    assert [record.key for record in again] == [record.key for record in records]


def test_the_folder_may_move_for_the_file_counts_by_its_content(tmp_path):
    data = eq.data.Arrays(images(), {"x": np.arange(12) % 2})
    one, other = data.save(tmp_path / "a" / "data.npz"), data.save(tmp_path / "b" / "data.npz")
    assert one == other
    assert one.digest == other.digest
    run = Run(one, eq.models.ConvVAE(), eq.objectives.VAE(), precision="float32")
    assert run.key() == replace(run, data=other).key()


def test_images_without_factors_are_trained_and_drawn(tmp_path):
    settings = {name: value for name, value in QUICK.items() if name != "evaluations"}
    (record,) = eq.train(eq.data.Arrays(images()), "vae", folder=tmp_path, **settings)
    assert record.is_finished
    assert record.pictures
    assert not [key for key in record.keys if key.startswith("metric/")]


def test_a_method_may_be_an_objective(tmp_path):
    objective = eq.objectives.BetaVAE(beta=2.0)
    (record,) = eq.train(eq.data.Arrays(images()), objective, folder=tmp_path, **QUICK)
    assert record.run.objective == objective


def test_other_settings_in_one_folder_are_refused(tmp_path):
    data = eq.data.Arrays(images())
    eq.train(data, "vae", folder=tmp_path, **QUICK)
    with refused(DataError, str(tmp_path / "s0"), got="batch_size 4, now 5"):
        eq.train(data, "vae", folder=tmp_path, **dict(QUICK, batch_size=5))
    with refused(DataError, str(tmp_path / "data.npz"), expected="the same arrays"):
        eq.train(eq.data.Arrays(images(13)), "vae", folder=tmp_path, **QUICK)


@pytest.mark.parametrize(
    ("name", "hint"), [("gama", "gamma"), ("latentdim", "latent_dim"), ("step", "steps"), ("qqq", "")]
)
def test_a_name_of_no_setting_is_refused_before_anything_is_written(tmp_path, name, hint):
    with refused(SettingError, name, expected="Run, FactorVAE, ConvVAE or Adam", hint=hint):
        eq.train(eq.data.MiniSprites(), "factor_vae", folder=tmp_path / "runs", **{name: 3})
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        (eq.data.Arrays(images()[:, :28, :28]), {}),  # of a size that the network does not take
        (eq.data.Arrays(images(), {"x": np.arange(12) % 2}), {"batch_size": 10**12}),
        (eq.data.Arrays(images()), {"evaluations": (eq.runs.Disentanglement(),)}),
    ],
)
def test_a_run_that_cannot_be_trained_leaves_nothing(tmp_path, data, settings):
    with pytest.raises(EquilabError):
        eq.train(data, "vae", folder=tmp_path / "runs", **(QUICK | settings))
    assert not (tmp_path / "runs").exists()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with refused(DataError, str(tmp_path / "file"), expected="a folder", got=f"the file {tmp_path / 'file'}"):
        eq.train(eq.data.Arrays(images()), "vae", folder=tmp_path / "file", **QUICK)


@pytest.mark.parametrize("seeds", [3, 1.5, None, [], [1, 1], [[0]], [0.5], [True], [-1], "01", [None], [{}]])
def test_seeds_are_several_different_ones(tmp_path, seeds):
    with refused(SettingError, "seeds", got=None):
        eq.train(eq.data.Arrays(images()), "vae", folder=tmp_path / "runs", seeds=seeds, **QUICK)


@pytest.mark.parametrize("method", [None, 3, VAE, int, ["vae"], eq.models.ConvVAE()])
def test_a_method_is_an_objective_or_its_name(tmp_path, method):
    with refused(SettingError, "method", expected="a Objective, or the name of one", got=None):
        eq.train(eq.data.MiniSprites(), method, folder=tmp_path / "runs")


def test_a_class_in_place_of_an_object_gets_the_object_as_a_hint(tmp_path):
    with refused(SettingError, "method", got="the class VAE", hint="VAE(), with its settings"):
        eq.train(eq.data.MiniSprites(), VAE, folder=tmp_path / "runs")
    with refused(SettingError, "model", got="the class ConvVAE", hint="ConvVAE(), with its settings"):
        eq.train(eq.data.MiniSprites(), "vae", model=eq.models.ConvVAE, folder=tmp_path / "runs")


def test_settings_may_be_numbers_of_numpy(tmp_path):
    """A checkpoint, which takes no numpy, holds them all the same."""
    settings = dict(QUICK, steps=np.int64(2), latent_dim=np.int32(3), learning_rate=np.float32(0.5**10))
    data = eq.data.Arrays(images())
    (record,) = eq.train(data, "beta_vae", beta=np.float64(2), seeds=np.arange(1), folder=tmp_path / "a", **settings)
    plain = dict(QUICK, steps=2, latent_dim=3, learning_rate=0.5**10)
    (same,) = eq.train(data, "beta_vae", beta=2.0, folder=tmp_path / "b", **plain)
    assert record.key == same.key
    assert record.model().latent.dim == 3
    assert eq.train(data, "beta_vae", beta=np.float64(2), seeds=[0], folder=tmp_path / "a", **settings) == [record]


@dataclass(frozen=True)
class WithTable(VAE):
    """An objective with a setting that no file can hold."""

    table: object = None


def test_a_setting_that_no_file_can_hold_is_refused_before_anything_is_written(tmp_path):
    with refused(SettingError, "a setting", got=None):
        eq.train(eq.data.Arrays(images()), WithTable(table={1: 2}), folder=tmp_path / "runs", **QUICK)
    assert not (tmp_path / "runs").exists()


def test_a_classifier_is_evaluated_by_its_test_error(tmp_path):
    data, settings = eq.data.RotatedDigits(num_train=64), {"model": "p4cnn", "steps": 1, "batch_size": 4}
    settings |= {"compute": Compute(threads=1), "log": Logging(wandb="off")}
    (record,) = eq.train(data, "classification", folder=tmp_path, **settings)
    assert 0 <= record.last()["metric/test_error"] <= 100


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lr", "did you mean learning_rate?"),
        ("wandb", "log=eq.runs.Logging(wandb=...)"),
        ("gamma", "a setting of annealed_vae, factor_vae"),
    ],
)
def test_hints_are_those_of_the_command_line(tmp_path, name, hint):
    with refused(SettingError, name, hint=hint):
        eq.train(eq.data.MiniSprites(), "vae", folder=tmp_path / "runs", **{name: 3})


def test_a_folder_of_runs_is_no_run(tmp_path):
    eq.train(eq.data.Arrays(images()), "vae", folder=tmp_path, seeds=[0, 1], **QUICK)
    for call in (eq.Record.open, eq.load):
        with refused(DataError, str(tmp_path), got="a folder of runs (s0, s1)", hint="name one of them"):
            call(tmp_path)
    assert type(eq.load(tmp_path / "s0" / "run.json")) is type(eq.load(tmp_path / "s0"))


NO_PATHS = [None, 3, "", b"runs", ["runs"], "a\0b"]


@pytest.mark.parametrize("folder", NO_PATHS)
def test_a_folder_is_a_path(folder):
    for call in (
        lambda: eq.train(eq.data.MiniSprites(), "vae", folder=folder),
        lambda: eq.Record.open(folder),
        lambda: eq.load(folder),
    ):
        with refused(SettingError, "folder", expected="a path", got=None):
            call()


def test_parts_are_named_as_on_the_command_line():
    run = Run(eq.data.MiniSprites(), eq.models.ConvVAE(), VAE())
    found = with_settings(run, {"model": "conv-vae", "optimizer": "sgd", "evaluations": "none", "latent_dim": 4})
    assert (found.model, found.optimizer) == (eq.models.ConvVAE(latent_dim=4), eq.optimizers.SGD())
    assert found.evaluations == ()
    found = with_settings(run, {"evaluations": ["held_out_loss", eq.runs.Traversals(num=5)]})
    assert found.evaluations == (HeldOutLoss(), eq.runs.Traversals(num=5))
    assert with_settings(run, {"evaluations": "Traversals"}).evaluations == (eq.runs.Traversals(),)
    with refused(SettingError, "evaluations", hint="did you mean traversals?"):
        with_settings(run, {"evaluations": "traversal"})
    for wrong in (3, [None], HeldOutLoss):
        with refused(SettingError, "evaluations", got=None):
            with_settings(run, {"evaluations": wrong})


@pytest.mark.parametrize(
    ("factors", "num", "scored"),
    [
        ({"x": np.arange(40) % 4, "y": np.arange(40) // 4}, 40, {"mig", "beta_vae_score", "factor_vae_score"}),
        ({"x": np.arange(40) % 4}, 40, {"mig"}),  # with one factor, the other two have nothing to tell it from
        ({"x": np.arange(40) % 4, "same": np.zeros(40, int)}, 40, {"mig"}),
        ({"same": np.zeros(40, int)}, 40, set()),
        ({"x": np.arange(8) % 4}, 8, set()),
        ({}, 40, set()),
    ],
)
def test_data_of_any_factors_train_and_are_scored_as_far_as_they_can_be(tmp_path, factors, num, scored):
    settings = {name: value for name, value in QUICK.items() if name != "evaluations"} | {"steps": 1}
    (record,) = eq.train(eq.data.Arrays(images(num), factors), "vae", folder=tmp_path, **settings)
    assert record.is_finished
    assert {key.removeprefix("metric/") for key in record.keys if f"{key}_ceiling" in record.keys} == scored


def test_a_moved_folder_finds_its_data(tmp_path):
    eq.train(eq.data.Arrays(images()), "vae", folder=tmp_path / "here", **QUICK)
    (tmp_path / "here").rename(tmp_path / "there")
    record = eq.Record.open(tmp_path / "there" / "s0")
    assert record.run.data.path == str(tmp_path / "there" / "data.npz")
    assert record.run.data.image_shape == (1, 64, 64)
    assert train(record.run, record.folder).step == 3
    (tmp_path / "there" / "data.npz").unlink()
    gone = eq.Record.open(tmp_path / "there" / "s0").run.data
    with refused(DataError, str(tmp_path / "here" / "data.npz"), got="nothing of that name", hint="beside it"):
        _ = gone.image_shape


@dataclass(frozen=True)
class NotebookVAE(VAE):
    """An objective that no module of the project has."""


def test_an_objective_of_ones_own_is_read_back(tmp_path):
    (record,) = eq.train(eq.data.Arrays(images()), NotebookVAE(), folder=tmp_path, **QUICK)
    assert record.run.objective == NotebookVAE()


def test_seed_is_given_as_seeds(tmp_path):
    with refused(SettingError, "seed", hint="seeds"):
        eq.train(eq.data.MiniSprites(), "vae", folder=tmp_path / "runs", seed=3)


def test_data_of_another_kind_is_refused_with_the_way(tmp_path):
    with refused(SettingError, "data", got="ndarray", hint="eq.data.Arrays"):
        eq.train(images(), "vae", folder=tmp_path)


def test_settings_of_a_model_that_is_given_apply_to_it():
    run = Run(eq.data.MiniSprites(), eq.models.ConvVAE("locatello"), eq.objectives.VAE())
    found = with_settings(run, {"latent_dim": 4, "model": eq.models.ConvVAE("kim_mnih")})
    assert found.model == eq.models.ConvVAE("kim_mnih", latent_dim=4)


@pytest.mark.slow
def test_ctrl_c_saves_the_training_and_stops_the_call(tmp_path):
    data, settings = eq.data.Arrays(images()), dict(QUICK, steps=100_000, seeds=[0, 1], folder=tmp_path)
    timer = threading.Timer(3, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        eq.train(data, "vae", **settings)
    assert eq.Record.open(tmp_path / "s0").checkpoints
    assert not (tmp_path / "s1").exists()
