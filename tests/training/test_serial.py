"""Settings to JSON and back: the same object, and never anything but a known dataclass."""

import json
import sys
from dataclasses import dataclass, replace

import pytest
from processes import TINY

from equilab.data import DSprites
from equilab.errors import DataError, SettingError
from equilab.models import ConvVAE
from equilab.objectives import VAE, FactorVAE, Objective
from equilab.optimizers import Adam
from training.folder import read_run, write_run
from training.recipes import find_recipe, recipe_names
from training.run import Run
from training.serial import from_tree, known_classes, modules_of, to_tree

RUN = Run(data=DSprites(), model=ConvVAE(), objective=FactorVAE(gamma=12.0), optimizer=Adam(3e-4), seed=5)


def through_json(value):
    return from_tree(json.loads(json.dumps(to_tree(value))), known_classes())


@pytest.mark.parametrize("name", [*recipe_names(), str(TINY)])
def test_every_recipe_survives_the_way_through_json(name):
    _, run = find_recipe(name)
    assert through_json(run) == run


def test_every_field_of_a_run_is_kept():
    assert through_json(RUN) == RUN
    assert through_json(replace(RUN, seed=6)) != RUN


def broken(**changes):
    return to_tree(RUN) | changes


@pytest.mark.parametrize("tag", ["os.system", "subprocess.Popen", "builtins.eval", "training.train.Start", None, 3, []])
def test_only_known_dataclasses_are_built(tag):
    with pytest.raises(DataError, match="is not a known class of settings"):
        from_tree(broken(objective={"type": tag, "args": "echo"}), known_classes())


def test_a_file_cannot_have_a_module_imported(tmp_path, monkeypatch):
    """A module that a run.json merely names is not imported; one that the caller names is."""
    (tmp_path / "strange_module.py").write_text(
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Strange:\n    size: int = 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    tree = broken(objective={"type": "strange_module.Strange", "size": 2})
    with pytest.raises(DataError, match="--modules"):
        from_tree(tree, known_classes())
    assert "strange_module" not in sys.modules
    known = known_classes(["strange_module"])
    assert from_tree(tree["objective"], known).size == 2
    monkeypatch.delitem(sys.modules, "strange_module")


def test_a_misspelt_class_is_answered_with_the_right_one():
    tree = broken(objective={"type": "equilab.objectives.factor_vae.FactorVae"})
    with pytest.raises(DataError, match=r"did you mean equilab\.objectives\.factor_vae\.FactorVAE\?"):
        from_tree(tree, known_classes())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": "many"}, "run.steps: expected int, got 'many'"),
        ({"steps": True}, "run.steps: expected int, got True"),
        ({"seeds": 3}, "run.seeds: training.run.Run has no such field; it has batch_size,"),
        ({"optimizer": {"type": "equilab.optimizers.Adam", "lr": 1.0}}, "run.optimizer.lr: .* has no such field"),
        ({"model": to_tree(VAE())}, "run.model: expected Model, got VAE"),
    ],
)
def test_a_wrong_field_is_named(changes, message):
    with pytest.raises(DataError, match=message):
        from_tree(broken(**changes), known_classes())


def test_values_are_checked_by_the_settings_themselves():
    with pytest.raises(SettingError, match="steps: expected at least 1, got 0"):
        from_tree(broken(steps=0), known_classes())


def test_a_missing_field_is_named():
    tree = to_tree(RUN)
    del tree["data"]
    with pytest.raises(DataError, match="'data'"):
        from_tree(tree, known_classes())


def test_a_run_json_is_read_back_from_file_and_folder(tmp_path):
    write_run(tmp_path, RUN)
    assert read_run(tmp_path).run == read_run(tmp_path / "run.json").run == RUN
    assert read_run(tmp_path).environment["torch"]
    with pytest.raises(DataError, match="already holds a run"):
        write_run(tmp_path, RUN)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', '{"format": 1, "run": 3}'])
def test_a_broken_run_json_is_a_clear_error(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(DataError, match=r"run\.json"):
        read_run(tmp_path)


def test_unknown_module_is_a_clear_error():
    with pytest.raises(SettingError, match="cannot import 'no_such_module'"):
        known_classes(["no_such_module"])


@dataclass(frozen=True)
class Unwritable(Objective):
    """Holds something that JSON cannot."""

    weights: object = object()

    def __call__(self, model, images, *, step, generator, critic=None):
        raise AssertionError("never called")


def test_a_setting_that_json_cannot_hold_is_refused():
    with pytest.raises(SettingError, match=r"cannot be written to run\.json"):
        to_tree(Unwritable())


@dataclass(frozen=True)
class Typed(Unwritable):
    """Has a field that the tag needs."""

    weights: object = None
    type: str = "mine"


def test_a_field_called_type_is_refused():
    with pytest.raises(SettingError, match="a field cannot be called `type`"):
        to_tree(Typed())


def test_the_modules_of_a_run_are_those_beside_the_projects_own():
    assert modules_of(to_tree(RUN)) == []
    tree = broken(objective={"type": "my_losses.WarmUpVAE"}, model={"type": "package.nets.Net", "size": 3})
    assert modules_of(tree) == ["my_losses", "package.nets"]
