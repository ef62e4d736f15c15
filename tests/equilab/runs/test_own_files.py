"""Recipes in folders of one's own: their folder is importable, they hide no module, and a run says where it is from."""

import json
import sys
from pathlib import Path

import pytest

from equilab.errors import DataError, SettingError
from equilab.runs.command_lines import resume_command
from equilab.runs.folder import read_run, recipe_of
from equilab.runs.loop import train
from equilab.runs.own_files import PREFIX, load_file, loaded_file, module_name
from equilab.runs.recipes import find_recipe, recipe_file
from tests.refused import refused

TOYS = """
from dataclasses import dataclass
from equilab.data import MiniSprites

@dataclass(frozen=True)
class Toys(MiniSprites):
    kind: int = 1
"""
RECIPE = """
from dataclasses import dataclass
from {toys} import Toys
from equilab.models import ConvVAE
from equilab.objectives import VAE
from equilab.runs import Compute, Logging, Run

@dataclass(frozen=True)
class Net(ConvVAE):
    kind: int = 1

run = Run(
    Toys(shapes=1, scales=1), Net(latent_dim=2), VAE(), steps=2, batch_size=4, precision="float32",
    compute=Compute(threads=1), log=Logging(every=1, checkpoint_every=1, wandb="off"),
)
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Writes a recipe of this name, and a module of data beside it; afterwards nothing of both is known."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def write(name: str, toys: str = "toys_of_mine") -> Path:
        folder = tmp_path / "experiments"
        folder.mkdir()
        (folder / f"{toys}.py").write_text(TOYS)
        path = folder / f"{name}.py"
        path.write_text(RECIPE.format(toys=toys))
        return path

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize("name", ["own_recipe", "wandb", "random", "numpy", "equilab", "my-recipe.v2"])
def test_a_recipe_trains_and_goes_on_by_the_printed_command_whatever_it_is_called(own, tmp_path, name):
    hidden = sys.modules.get(name)
    path = own(name)
    run = find_recipe(str(path))[1]
    assert sys.modules.get(name, hidden) is hidden or name == "own_recipe"
    train(run, tmp_path / "run", recipe=recipe_file(str(path)))
    assert recipe_of(tmp_path / "run") == path
    words = resume_command(tmp_path / "run", run).split(" --modules ")[1].replace("'", "").split()
    assert words == [str(path), "toys_of_mine"]
    for module in (module_name(path), "toys_of_mine"):  # a new process knows neither
        sys.modules.pop(module)
    sys.path.remove(str(path.parent))
    assert type(read_run(tmp_path / "run", words).run.model).__name__ == "Net"


def test_a_recipe_hides_no_module(own):
    import wandb

    find_recipe(str(own("wandb")))
    assert sys.modules["wandb"] is wandb
    assert f"{PREFIX}wandb" in sys.modules


def test_a_module_of_ones_own_hides_none_either(own):
    path = own("own_recipe", toys="random")
    with refused(DataError, str(path), expected="a Python file that runs", got=None):
        find_recipe(str(path))  # `random` is Python's, which holds no Toys


def test_run_json_says_where_a_run_of_own_classes_is_from(own, tmp_path):
    path = own("own_recipe")
    train(find_recipe(str(path))[1], tmp_path / "run", recipe=path)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["recipe"] == str(path)
    with refused(
        DataError, f"{tmp_path / 'run' / 'run.json'}: run.data.type", hint=f"started from {path}: --modules {path}"
    ):
        read_run(tmp_path / "run")


def test_a_run_json_runs_no_recipe_by_itself(own, tmp_path):
    """Its path is said, and never followed."""
    path = own("own_recipe")
    train(find_recipe(str(path))[1], tmp_path / "run", recipe=path)
    path.write_text("raise SystemExit('run')")
    with pytest.raises(DataError):
        read_run(tmp_path / "run")
    assert recipe_file(str(tmp_path / "run")) == path


def test_a_recipe_of_this_project_is_no_file_of_ones_own(tmp_path):
    assert recipe_file("mini_sprites") is None
    assert recipe_file(str(tmp_path / "none.py")) is None


@pytest.mark.parametrize(
    ("code", "got"),
    [
        ("x = (", "SyntaxError: '(' was never closed (own_recipe.py, line 1) (line 1)"),
        ("x = 1\ny = x / 0", "ZeroDivisionError: division by zero (line 2)"),
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name' (line 1)"),
    ],
)
def test_a_recipe_that_fails_is_named_with_its_line(own, code, got):
    path = own("own_recipe")
    path.write_text(code)
    with refused(DataError, str(path), expected="a Python file that runs", got=got):
        find_recipe(str(path))
    assert "own_recipe" not in sys.modules


def test_an_error_of_this_project_in_a_recipe_is_its_own(own):
    path = own("own_recipe")
    path.write_text("from equilab.optimizers import Adam\nAdam(eps=-1)")
    with refused(SettingError, "eps", got=-1):
        find_recipe(str(path))


def test_a_file_is_executed_anew_as_a_recipe_and_once_as_a_module(own):
    path = own("own_recipe")
    first = loaded_file(path)
    assert loaded_file(path) is first
    assert load_file(path) is not first


def test_a_module_that_is_missing_may_be_named_by_its_file(own, tmp_path):
    path = own("own_recipe")
    train(find_recipe(str(path))[1], tmp_path / "run")
    with refused(SettingError, "modules", hint="path/to/my_module.py"):
        read_run(tmp_path / "run", ["no_such_module"])
    with refused(DataError, str(tmp_path / "none.py"), expected="a Python file that runs"):
        read_run(tmp_path / "run", [str(tmp_path / "none.py")])
