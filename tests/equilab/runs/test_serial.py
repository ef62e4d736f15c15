"""Settings to JSON and back: the same object, and never anything but a known dataclass."""

import json
import sys
from dataclasses import dataclass, replace

import pytest
from processes import TINY, TINY_DIGITS, TINY_P4CNN

from equilab.data import DSprites, PairsSharing
from equilab.errors import DataError, SettingError
from equilab.latents import Circle, Gaussian, Latent
from equilab.models import ConvVAE
from equilab.objectives import VAE, AdaGVAE, BetaVAE, FactorVAE, Objective
from equilab.optimizers import SGD, Adam
from equilab.runs.evaluations import OF_VAE, Disentanglement
from equilab.runs.recipes import find_recipe, recipe_names
from equilab.runs.run import Run
from equilab.runs.serial import differences, from_tree, known_classes, modules_of, to_tree
from equilab.schedules import Cosine, Linear
from tests.refused import refused

RUN = Run(
    data=DSprites(),
    model=ConvVAE(latent=Latent((Circle("orientation"), Gaussian(2)))),
    objective=FactorVAE(gamma=Linear(0.0, 12.0, steps=100)),
    optimizer=Adam(3e-4),
    seed=5,
    evaluations=(*OF_VAE, Disentanglement(metrics=(), every=7)),
)


def through_json(value):
    return from_tree(json.loads(json.dumps(to_tree(value))), known_classes())


@pytest.mark.parametrize("name", [*recipe_names(), str(TINY), str(TINY_DIGITS), str(TINY_P4CNN)])
def test_every_recipe_survives_the_way_through_json(name):
    _, run = find_recipe(name)
    assert through_json(run) == run


def test_every_field_of_a_run_is_kept():
    assert through_json(RUN) == RUN
    assert through_json(replace(RUN, seed=6)) != RUN


@pytest.mark.parametrize(
    "objective",
    [BetaVAE(Cosine(0.0, 4.0, steps=9), block_weights=(1.0, 2.5)), AdaGVAE(sampler=PairsSharing(1, known=True))],
    ids=["schedule and weights", "sampler"],
)
def test_settings_within_settings_are_kept(objective):
    assert through_json(objective) == objective


def broken(**changes):
    return to_tree(RUN) | changes


@pytest.mark.parametrize(
    "tag", ["os.system", "subprocess.Popen", "builtins.eval", "equilab.runs.commands.train.Start", None, 3, []]
)
def test_only_known_dataclasses_are_built(tag):
    with refused(DataError, "run.objective.type", expected="a known class of settings", got=repr(tag)):
        from_tree(broken(objective={"type": tag, "args": "echo"}), known_classes())


def test_a_file_cannot_have_a_module_imported(tmp_path, monkeypatch):
    """A module that a run.json merely names is not imported; one that the caller names is."""
    (tmp_path / "strange_module.py").write_text(
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Strange:\n    size: int = 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    tree = broken(objective={"type": "strange_module.Strange", "size": 2})
    with refused(DataError, "run.objective.type", hint="--modules"):
        from_tree(tree, known_classes())
    assert "strange_module" not in sys.modules
    known = known_classes(["strange_module"])
    assert from_tree(tree["objective"], known).size == 2
    monkeypatch.delitem(sys.modules, "strange_module")


def test_a_misspelt_class_is_answered_with_the_right_one():
    tree = broken(objective={"type": "equilab.objectives.factor_vae.FactorVae"})
    with refused(DataError, "run.objective.type", hint="did you mean equilab.objectives.factor_vae.FactorVAE?"):
        from_tree(tree, known_classes())


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"steps": "many"}, "run.steps"),
        ({"steps": True}, "run.steps"),
        ({"steps": 1.5}, "run.steps"),
        ({"seeds": 3}, "run.seeds"),
        ({"optimizer": to_tree(SGD()) | {"lr": 1.0}}, "run.optimizer.lr"),
        ({"optimizer": to_tree(SGD()) | {"learning_rate": "fast"}}, "run.optimizer.learning_rate"),
        ({"model": to_tree(VAE())}, "run.model"),
        ({"precision": "float16"}, "run.precision"),
    ],
)
def test_a_wrong_field_is_named(changes, place):
    with refused(DataError, place):
        from_tree(broken(**changes), known_classes())


def test_values_are_checked_by_the_settings_themselves():
    with refused(SettingError, "steps", got=0):
        from_tree(broken(steps=0), known_classes())


def test_an_unknown_module_is_a_clear_error():
    with refused(SettingError, "modules"):
        known_classes(["no_such_module"])


@dataclass(frozen=True)
class Unwritable(Objective):
    """Holds something that JSON cannot."""

    weights: object = object()

    def losses(self, model, batch, context):
        raise AssertionError("never called")


def test_a_setting_that_json_cannot_hold_is_refused():
    with refused(SettingError, "a setting"):
        to_tree(Unwritable())


@dataclass(frozen=True)
class Typed(Unwritable):
    """Has a field that the tag needs."""

    weights: object = None
    type: str = "mine"


def test_a_field_called_type_is_refused():
    with refused(SettingError, "test_serial.Typed", got="type"):
        to_tree(Typed())


def test_the_modules_of_a_run_are_those_beside_the_projects_own():
    assert modules_of(to_tree(RUN)) == []
    tree = broken(objective={"type": "my_losses.FreeBitsVAE"}, model={"type": "package.nets.Net", "size": 3})
    assert modules_of(tree) == ["my_losses", "package.nets"]


def test_differences_are_named_by_their_place_with_both_values():
    first = to_tree(replace(RUN, objective=BetaVAE(4.0)))
    second = to_tree(replace(RUN, objective=BetaVAE(16.0), seed=6, optimizer=SGD()))
    found = {sentence.split()[0]: sentence for sentence in differences(first, second)}
    assert found.keys() == {"objective.beta", "seed", "optimizer"}
    assert "4.0" in found["objective.beta"]
    assert "16.0" in found["objective.beta"]
    assert "Adam" in found["optimizer"]
    assert "SGD" in found["optimizer"]
    assert differences(first, first) == []
