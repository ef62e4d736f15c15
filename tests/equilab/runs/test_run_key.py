"""The key of a run: equal for equal settings in every process, different for each setting that decides the result."""

import os
import subprocess
import sys
from dataclasses import dataclass, replace

import pytest
import torch
from processes import ROOT
from small import SPRITES

from equilab.data import MiniSprites
from equilab.errors import SettingError
from equilab.latents import Circle, Latent
from equilab.models import ConvVAE
from equilab.objectives import VAE, AdaGVAE, BetaVAE, FactorVAE
from equilab.optimizers import SGD, Adam
from equilab.runs import compute
from equilab.runs.compute import Compute
from equilab.runs.evaluations import OF_VAE
from equilab.runs.recipes import find_recipe
from equilab.runs.run import DECIDING, Logging, Run
from equilab.schedules import Linear
from tests.refused import refused

BETA = replace(SPRITES, objective=BetaVAE(4.0))
CHANGES = {
    "data": MiniSprites(),
    "model": ConvVAE(latent_dim=4),
    "objective": BetaVAE(5.0),
    "optimizer": SGD(),
    "steps": 5,
    "batch_size": 5,
    "seed": 1,
    "precision": "bfloat16",
}


@pytest.mark.parametrize("field", DECIDING)
def test_each_deciding_field_is_in_the_key(field):
    assert replace(BETA, **{field: CHANGES[field]}).key() != BETA.key()


@pytest.mark.parametrize(
    "changed",
    [
        replace(BETA, objective=BetaVAE(Linear(0.0, 4.0, steps=9))),
        replace(BETA, objective=BetaVAE(4.0, block_weights=(1.0, 1.0, 1.0))),
        replace(BETA, model=ConvVAE(latent=Latent((Circle(),)))),
        replace(BETA, optimizer=replace(BETA.optimizer, clip_norm=1.0)),
        replace(BETA, data=replace(BETA.data, positions=2)),
    ],
    ids=["schedule", "block weights", "latent", "clip norm", "positions"],
)
def test_a_setting_within_a_setting_is_in_the_key(changed):
    assert changed.key() != BETA.key()


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluations": OF_VAE},
        {"compute": Compute(threads=2, channels_last=False)},
        {"log": Logging(every=7, wandb="off", project="other")},
    ],
    ids=["evaluations", "compute", "log"],
)
def test_what_does_not_decide_the_result_is_not_in_the_key(changes):
    assert replace(BETA, **changes).key() == BETA.key()


def test_4_and_4_point_0_are_one_number():
    assert replace(BETA, objective=BetaVAE(4)).key() == BETA.key()
    assert replace(BETA, objective=BetaVAE(4.5)).key() != BETA.key()


def test_true_and_1_are_not_one_value():
    nesterov = replace(BETA, optimizer=SGD(momentum=0.9, nesterov=True))
    assert nesterov.key() != replace(BETA, optimizer=SGD(momentum=0.9)).key()


def test_the_module_of_a_class_is_not_in_the_key():
    """A class that moves to another file stays what it is."""

    @dataclass(frozen=True)
    class Moved(BetaVAE):
        pass

    Moved.__name__ = Moved.__qualname__ = "BetaVAE"
    Moved.__module__ = "elsewhere.entirely"
    assert replace(BETA, objective=Moved(4.0)).key() == BETA.key()
    assert replace(BETA, objective=VAE()).key() != replace(BETA, objective=BetaVAE(1.0)).key()


def test_the_name_of_a_block_is_not_in_the_key():
    """It is for tables and pictures, and takes no part in comparisons."""
    named, plain = (replace(BETA, model=ConvVAE(latent=Latent((Circle(name),)))) for name in ("orientation", ""))
    assert named == plain
    assert named.key() == plain.key()


@pytest.mark.parametrize("field", ["data", "model", "objective", "optimizer", "compute", "log"])
def test_an_object_of_another_kind_is_refused(field):
    with refused(SettingError, field, got="'mini'"):
        replace(BETA, **{field: "mini"})


@pytest.mark.parametrize("evaluations", [OF_VAE[0], list(OF_VAE), (VAE(),)], ids=["one", "list", "objective"])
def test_evaluations_are_a_tuple_of_evaluations(evaluations):
    with refused(SettingError, "evaluations"):
        replace(BETA, evaluations=evaluations)


@pytest.mark.parametrize(("flags", "precision"), [({"avx2"}, "float32"), ({"avx512_bf16"}, "bfloat16")])
def test_an_automatic_precision_is_that_of_the_processor(monkeypatch, flags, precision):
    monkeypatch.setattr(compute, "processor_flags", lambda: flags)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert replace(BETA, precision="auto").key() == replace(BETA, precision=precision).key()


@pytest.mark.parametrize(("recipe", "key"), [("mini_sprites", "0ed026c2fba26bbd"), ("factor_vae", "215de8454e7c98c3")])
def test_keys_of_published_recipes_stay_what_they_are(recipe, key):
    """A change here makes every finished run of theirs another one: give the new field its place in serial.ADDED."""
    assert replace(find_recipe(recipe)[1], precision="float32").key() == key


def test_a_key_is_the_same_in_every_process():
    program = (
        "from dataclasses import replace; from equilab.runs.recipes import find_recipe\n"
        "print(replace(find_recipe('factor_vae')[1], precision='float32').key())"
    )
    expected = replace(find_recipe("factor_vae")[1], precision="float32").key()
    known = os.environ | {"PYTHONHASHSEED": "1"}  # the seed of this process is random
    words = [sys.executable, "-c", program]
    shown = subprocess.run(words, env=known, cwd=ROOT, text=True, capture_output=True, check=True)
    assert shown.stdout.strip() == expected


def test_a_sampler_whose_batches_do_not_fit_the_objective_is_refused():
    with refused(SettingError, "objective.sampler", got="IndependentImages, which draws Images"):
        replace(BETA, objective=FactorVAE(sampler=VAE().sampler))


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"steps": 0}, "steps"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": True}, "batch_size"),
        ({"seed": -1}, "seed"),
        ({"precision": "float16"}, "precision"),
    ],
)
def test_a_setting_out_of_range_is_refused(changes, argument):
    with refused(SettingError, argument):
        replace(BETA, **changes)


@pytest.mark.parametrize("field", ["every", "checkpoint_every"])
def test_a_log_without_a_period_is_refused(field):
    with refused(SettingError, f"log.{field}", got=0):
        Logging(**{field: 0})


def test_the_usual_run_has_few_fields():
    assert Run(MiniSprites(), ConvVAE(), AdaGVAE()).optimizer == Adam()
    assert len(Run.__dataclass_fields__) <= 12
