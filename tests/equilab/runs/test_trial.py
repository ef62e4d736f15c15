"""The trial before the first update: what would stop a training later is refused before anything is written."""

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch
from faulty_parts import (
    Detached,
    Failing,
    Forgetful,
    Independent,
    OfEachImage,
    Pixels,
    Raising,
    SmallDecoder,
    Undeclared,
    UndeclaredBlocks,
    Undeclaring,
    Unlabelled,
    Whole,
)
from small import DIGITS, FEW, SPRITES, of_model, trained

from equilab.data import (
    ImageTable,
    MiniSprites,
    RotatedDigits,
    TorusSquare,
)
from equilab.errors import DataError, SettingError, ShapeError
from equilab.objectives import (
    AdaGVAE,
    Classification,
    CriticSettings,
    FactorVAE,
)
from equilab.runs.evaluations import (
    Disentanglement,
    Equivariance,
    Evaluation,
    Findings,
    HeldOutLoss,
    TestError,
    Traversals,
)
from equilab.runs.loop import set_up, train
from equilab.runs.run import Run
from equilab.runs.state import State
from tests.refused import refused


def of_labels(kind: str) -> Run:
    return replace(SPRITES, data=Pixels(labels_are=kind))


MIG = (Disentanglement(metrics=("mig",)), Traversals())

REFUSED: dict[str, tuple[Run, type[Exception], str]] = {
    "a decoder of the wrong size": (replace(SPRITES, model=SmallDecoder()), ShapeError, "logits"),
    "images of the wrong size": (replace(SPRITES, data=MiniSprites(size=32)), ShapeError, "image_shape"),
    "a loss without a gradient": (replace(SPRITES, objective=Detached()), SettingError, "losses of model"),
    "a loss of each image": (replace(SPRITES, objective=OfEachImage()), SettingError, "losses of model"),
    "a player without a loss": (replace(SPRITES, objective=Forgetful()), SettingError, "objective"),
    "a term that is not declared": (replace(SPRITES, objective=Undeclared()), SettingError, "key"),
    "a term of each block that is not declared": (replace(SPRITES, objective=UndeclaredBlocks()), SettingError, "key"),
    "a finding that is not declared": (replace(SPRITES, evaluations=(Undeclaring(),)), SettingError, "key"),
    "a test error of a VAE": (replace(SPRITES, evaluations=(TestError(),)), SettingError, "evaluations"),
    "scores of a classifier": (replace(DIGITS, evaluations=(Disentanglement(),)), SettingError, "evaluations"),
    "losses of a classifier": (replace(DIGITS, evaluations=(HeldOutLoss(),)), SettingError, "evaluations"),
    "traversals of a classifier": (replace(DIGITS, evaluations=(Traversals(),)), SettingError, "evaluations"),
    "a model without types": (replace(DIGITS, evaluations=(Equivariance(),)), SettingError, "evaluations"),
    "the second of two": (replace(SPRITES, evaluations=(HeldOutLoss(), TestError())), SettingError, "evaluations"),
    "nothing held out": (
        replace(DIGITS, data=Whole(), evaluations=(TestError(),)),
        SettingError,
        "data",
    ),
    "held-out images": (
        replace(DIGITS, data=RotatedDigits("test"), evaluations=(TestError(),)),
        SettingError,
        "data.split",
    ),
    "too few classes": (
        replace(DIGITS, model=replace(DIGITS.model, num_classes=9), evaluations=(TestError(),)),
        SettingError,
        "model.num_classes",
    ),
    "too many classes": (
        replace(DIGITS, model=replace(DIGITS.model, num_classes=11), evaluations=(TestError(),)),
        SettingError,
        "model.num_classes",
    ),
    "a model of another objective": (replace(SPRITES, objective=Classification()), SettingError, "model"),
    "a critic of a classifier": (
        replace(DIGITS, objective=FactorVAE(critic=CriticSettings(hidden=8))),
        SettingError,
        "model",
    ),
    "labels of several factors": (replace(DIGITS, data=replace(FEW, size=28)), ShapeError, "labels"),
    "labels that cannot be scored": (
        replace(SPRITES, data=Unlabelled(), evaluations=(Disentanglement(),)),
        DataError,
        "factors",
    ),
    "a network that cannot be called": (replace(SPRITES, model=Raising()), SettingError, "model and objective"),
    "a network that cannot be built": (replace(SPRITES, model=Raising(when="building")), SettingError, "model"),
    "an evaluation that fails": (replace(SPRITES, evaluations=(Failing(),)), SettingError, "evaluation Failing"),
    "a loss of nothing trained": (replace(SPRITES, objective=Independent()), SettingError, "losses of model"),
    "images of no grid": (replace(SPRITES, data=Pixels(num=600)), DataError, "open_table"),
    "a grid of too few images": (replace(SPRITES, data=Pixels(num=30)), DataError, "open_table"),
    "fewer labels than images": (of_labels("too few"), DataError, "open_table"),
    "an angle as a label": (of_labels("radians"), DataError, "labels of b"),
    "floats as labels": (of_labels("whole floats"), DataError, "labels of a"),
    "NaN as a label": (of_labels("NaN"), DataError, "labels of b"),
    "a label of no value": (of_labels("of no value"), DataError, "labels of b"),
    "negative labels": (of_labels("negative"), DataError, "labels of a"),
    "booleans as labels": (of_labels("booleans"), DataError, "labels of a"),
    "masked labels": (of_labels("masked"), DataError, "labels"),
    "labels of one factor of two": (of_labels("of one factor"), ShapeError, "labels"),
    "a factor of a reference's name": (
        replace(SPRITES, data=Pixels(names=("a", "ceiling")), evaluations=MIG),
        DataError,
        "factor_names",
    ),
    "a factor of the name of a table": (
        replace(SPRITES, data=Pixels(names=("matrix", "b")), evaluations=MIG),
        DataError,
        "factor_names",
    ),
    "a factor whose name is no key": (replace(SPRITES, data=Pixels(names=("pose/yaw", "b"))), SettingError, "name"),
    "a factor without a name": (replace(SPRITES, data=Pixels(names=("", "b"))), SettingError, "name"),
    "eight images": (
        replace(SPRITES, data=MiniSprites(shapes=1, scales=1, orientations=2, positions=2), evaluations=MIG),
        DataError,
        "codes",
    ),
    "a batch beyond all memory": (replace(SPRITES, batch_size=10**12), SettingError, "batch_size"),
    "a device without numbers": (
        replace(SPRITES, compute=replace(SPRITES.compute, device="meta")),
        SettingError,
        "compute.device",
    ),
    "pairs of data with one factor": (
        replace(SPRITES, data=MiniSprites(scales=1, orientations=1, positions=1), objective=AdaGVAE()),
        DataError,
        "data",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_stop_a_training_later_is_refused_before_anything_is_written(name, tmp_path):
    run, kind, argument = REFUSED[name]
    with refused(kind, argument):
        train(run, tmp_path / "run")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_images_of_any_number_of_channels_are_trained_on_and_pictured(channels, tmp_path):
    run = replace(SPRITES, data=Pixels(channels=channels), steps=1, evaluations=(HeldOutLoss(), *MIG))
    assert train(run, tmp_path / "run").step == 1
    assert len(list((tmp_path / "run" / "pictures").iterdir())) == 3


def test_the_line_of_ones_own_code_that_failed_is_named():
    with refused(
        SettingError, "evaluation Failing", got="ZeroDivisionError: nothing to divide by", hint="faulty_parts.py, line"
    ):
        set_up(replace(SPRITES, evaluations=(Failing(),)))


@pytest.mark.parametrize("seed", [0, 2**40, 2**70])
def test_any_whole_number_is_a_seed(seed):
    set_up(replace(SPRITES, seed=seed))


GRIDS = (FEW, MiniSprites(), TorusSquare(positions=4), TorusSquare(positions=16), MiniSprites(scales=1, orientations=1))


@pytest.mark.parametrize("data", GRIDS, ids=lambda data: f"{type(data).__name__} {len(data)}")
@pytest.mark.parametrize("protocol", ["locatello2019", "equilab1"])
def test_data_that_can_be_scored_pass_the_trial(data, protocol):
    """The trial scores a part of a grid: it must not refuse for being small what the whole would not."""
    set_up(replace(SPRITES, data=data, evaluations=(Disentanglement(protocol, metrics=()),)))


@pytest.mark.parametrize(
    "run",
    [
        replace(SPRITES, objective=FactorVAE(), evaluations=(HeldOutLoss(), Disentanglement(), Traversals())),
        replace(DIGITS, evaluations=(TestError(),)),
    ],
    ids=["FactorVAE", "classifier with dropout and batch norm"],
)
def test_the_trial_leaves_the_state_as_it_was(run):
    """Weights, running means, modes, optimisers: those of a state that was never tried."""
    training = set_up(run)
    untouched = State.build(training.run, training.device)
    found, expected = training.state.payload(), untouched.payload()
    assert (found["step"], found["evaluated_at"]) == (expected["step"], expected["evaluated_at"]) == (0, -1)
    for name, player in expected["players"].items():
        assert found["players"][name]["optimizer"] == player["optimizer"]
        for key, value in player["module"].items():
            assert torch.equal(found["players"][name]["module"][key], value), (name, key)
    for player in training.state.players.values():
        assert all(module.training for module in player.module.modules())
        assert all(parameter.grad is None for parameter in player.parameters)


@pytest.mark.parametrize(
    "run",
    [
        replace(SPRITES, objective=FactorVAE(), evaluations=(Disentanglement(),)),
        replace(DIGITS, evaluations=(TestError(),)),
    ],
    ids=["FactorVAE", "classifier with dropout"],
)
def test_a_training_is_the_same_without_its_trial(run, monkeypatch):
    tried = of_model(trained(run, updates=3))
    monkeypatch.setattr("equilab.runs.loop.try_run", lambda *_: None)
    untried = of_model(trained(run, updates=3))
    assert all(torch.equal(value, untried[name]) for name, value in tried.items())


@dataclass(frozen=True)
class Curious(Evaluation):
    """Keeps whether each call was a trial."""

    every: int = 0
    seen: ClassVar = list[bool]()
    keys: ClassVar = ()

    def __call__(self, moment):
        self.seen.append(moment.trial)
        return Findings()


def test_the_moment_of_a_trial_says_that_it_is_one():
    set_up(replace(SPRITES, evaluations=(Curious(),)))
    assert Curious.seen == [True]


@pytest.mark.parametrize("run", [SPRITES, DIGITS], ids=["VAE", "classifier"])
def test_a_trial_shows_no_evaluation_more_than_a_few_images(run, monkeypatch):
    """Else the trial of dSprites would encode all of it."""
    measured = (HeldOutLoss(), Disentanglement(), Traversals()) if run is SPRITES else (TestError(),)
    seen, real = list[int](), ImageTable.gather

    def gather(table, rows):
        seen.append(len(rows))
        return real(table, rows)

    monkeypatch.setattr(ImageTable, "gather", gather)
    set_up(replace(run, data=MiniSprites() if run is SPRITES else RotatedDigits(), evaluations=measured))
    assert 0 < max(seen) <= 32
