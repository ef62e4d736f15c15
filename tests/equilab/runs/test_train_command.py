"""The command line as a newcomer meets it: help, misspelt options, unknown recipes, wrong devices."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest
from processes import TINY, finish

from equilab.data import RotatedMNIST
from equilab.errors import DataError, SettingError
from equilab.models import P4CNN, P4MCNN, Z2CNN
from equilab.objectives import Classification
from equilab.optimizers import Adam
from equilab.runs.evaluations import TestError
from equilab.runs.parts import exchange
from equilab.runs.recipes import FOLDER, find_recipe, recipe_names
from equilab.runs.run import Logging, Run
from tests.refused import refused


def settings_of(value: object, path: str = "") -> Iterator[str]:
    """The dotted path of every setting that is not itself a dataclass."""
    for field in fields(value):  # pyright: ignore[reportArgumentType]
        inner, place = getattr(value, field.name), f"{path}.{field.name}".strip(".")
        yield from settings_of(inner, place) if is_dataclass(inner) else (place,)


def test_help_shows_every_field_with_its_meaning():
    shown = finish("factor_vae", "--help")
    assert shown.returncode == 0
    text = " ".join(shown.stdout.replace("│", " ").split())
    assert "pyright" not in text
    for path in settings_of(find_recipe("factor_vae")[1]):
        assert f"--{path}".replace("_", "-") in text
    for option, meaning in {
        "--objective.gamma": "multiplies the total correlation in nats",
        "--objective.critic.optimizer.learning-rate": "per update",
        "--model.network": "published encoder and decoder",
        "--steps": "updates of the model",
        "--precision": "autocast",
        "--log.checkpoint-every": "updates between two checkpoints",
        "--data.npz": "npz",
        "--folder": "run folder",
    }.items():
        assert option in text
        assert meaning in text


def test_help_without_a_recipe_lists_the_recipes():
    shown = finish("--help")
    assert shown.returncode == 0
    text = " ".join(shown.stdout.split())
    assert "RECIPE" in text
    assert all(name in text for name in recipe_names())


def test_a_misspelt_option_is_answered_with_the_right_one():
    wrong = finish("factor_vae", "--objective.gama", 3)
    assert wrong.returncode == 2
    assert "--objective.gamma" in wrong.stderr + wrong.stdout


def test_an_unknown_recipe_lists_those_there_are():
    wrong = finish("factor_vae_dsprite")
    assert wrong.returncode == 2
    assert "did you mean factor_vae?" in wrong.stderr
    assert all(name in wrong.stderr for name in recipe_names())
    assert "Traceback" not in wrong.stderr


def test_a_value_out_of_range_is_refused_before_anything_is_made(tmp_path):
    folder = tmp_path / "run"
    wrong = finish(TINY, "--folder", folder, "--objective.gamma", -3)
    assert wrong.returncode == 2
    assert "gamma: expected a number >= 0, got -3" in wrong.stderr + wrong.stdout
    assert not folder.exists()


def test_a_device_that_is_not_there_is_refused(tmp_path):
    wrong = finish(TINY, "--folder", tmp_path / "run", "--compute.device", "cuda:7")
    assert wrong.returncode == 2
    assert "compute.device: expected a device of this machine, got 'cuda:7'" in wrong.stderr


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--evaluations.disentanglement.protocol", "locatelo2019", "did you mean locatello2019?"),
        ("--evaluations.disentanglement.every", -1, "every: expected an integer of at least 0, got -1"),
        ("--optimizer.clip-norm", -1, "clip_norm: expected a number >= 0, got -1"),
        ("--optimizer.learning-rate", "nan", "nan"),
        ("--objective.gamma", "Liner(0, 4, steps=10)", "Linear"),
        ("--model.latent", "Latent((Circel(),))", "Circle"),
        ("--compute.threads", -3, "compute.threads: expected an integer of at least 0, got -3"),
        ("--log.every", 0, "log.every: expected an integer of at least 1, got 0"),
        ("--precision", "float16", "float32"),
    ],
)
def test_a_setting_that_would_fail_later_is_refused_at_once(tmp_path, option, value, message):
    wrong = finish(TINY, "--folder", tmp_path / "run", option, value)
    assert wrong.returncode == 2
    assert message in " ".join((wrong.stderr + wrong.stdout).replace("│", " ").split())
    assert not (tmp_path / "run").exists()


def test_an_option_in_the_place_of_the_recipe_is_explained():
    wrong = finish("--steps", 3)
    assert wrong.returncode == 2
    assert "expected a recipe first" in wrong.stderr


def test_resume_of_a_folder_that_is_no_run_is_explained(tmp_path):
    wrong = finish("--resume", tmp_path / "nothing")
    assert wrong.returncode == 2
    assert "run.json" in wrong.stderr
    assert not (tmp_path / "nothing").exists()


def test_a_python_file_without_a_run_is_explained(tmp_path):
    (tmp_path / "empty_recipe.py").write_text("steps = 3\n")
    with refused(DataError, str(tmp_path / "empty_recipe.py"), expected="an equilab.runs.run.Run called `run`"):
        find_recipe(str(tmp_path / "empty_recipe.py"))


def test_recipes_of_this_project_are_short():
    for path in FOLDER.glob("*.py"):
        assert sum(bool(line) for line in path.read_text().splitlines()) <= 20, path


@pytest.mark.parametrize("model", [Z2CNN(), P4CNN(), P4MCNN()], ids=lambda model: type(model).__name__)
def test_recipes_of_rotated_mnist_are_the_published_training(model):
    """Cohen & Welling 2016: Adam 1e-3, batches of 128, 100 epochs of 12,000 images, in float32."""
    run, left = exchange(find_recipe("rotated_mnist")[1], ["--model", type(model).__name__.lower()])
    assert not left
    assert run == Run(
        data=RotatedMNIST(),
        model=model,
        objective=Classification(),
        optimizer=Adam(learning_rate=1e-3, beta1=0.9, beta2=0.999),
        steps=9_375,
        batch_size=128,
        precision="float32",
        evaluations=(TestError(),),
        log=Logging(checkpoint_every=500),
    )


def test_find_recipe_raises_a_setting_error():
    with refused(SettingError, "RECIPE", expected="factor_vae", got="'nothing_like_it'"):
        find_recipe("nothing_like_it")
