"""Declared keys: each logged name has one declaration, and no other name is accepted."""

import inspect
from dataclasses import replace

import pytest
import torch
from small import DIGITS, SPRITES

import equilab.objectives
import equilab.runs.evaluations
from equilab.data import DSprites, MiniSprites, TorusSquare
from equilab.errors import SettingError
from equilab.keys import PREFIXES, Key
from equilab.metrics import PROTOCOLS
from equilab.objectives import FactorVAE, Losses, Objective
from equilab.runs.evaluations import OF_VAE, Disentanglement, Evaluation, TestError
from equilab.runs.keys import OF_EVERY_RUN, Keys, keys_of, keys_table, scalars
from tests.refused import refused

VAE_RUN = replace(SPRITES, objective=FactorVAE(), evaluations=OF_VAE)
KEYS = keys_of(VAE_RUN)


def concrete(module, base: type) -> list[type]:
    return [
        each
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, base) and not inspect.isabstract(each)
    ]


def test_every_declared_key_has_a_section_a_unit_and_a_meaning():
    of_objectives = [key for each in concrete(equilab.objectives, Objective) for key in each.keys]
    of_evaluations = [key for each in concrete(equilab.runs.evaluations, Evaluation) for key in each().keys]
    for key in (*OF_EVERY_RUN, *of_objectives, *of_evaluations):
        assert key.name.split("/")[0] in PREFIXES
        assert key.unit, key.name
        assert key.meaning, key.name


def test_a_name_is_declared_in_one_way_only():
    """An objective and an evaluation that share a name mean the same by it."""
    found = dict[str, Key]()
    of_objectives = [key for each in concrete(equilab.objectives, Objective) for key in each.keys]
    of_evaluations = [key for each in concrete(equilab.runs.evaluations, Evaluation) for key in each().keys]
    of_protocols = [key for name in PROTOCOLS for key in Disentanglement(name, metrics=()).keys]
    for key in (*OF_EVERY_RUN, *of_objectives, *of_evaluations, *of_protocols):
        assert found.setdefault(key.name, key) == key


def test_a_name_has_its_own_declaration_before_that_of_its_family():
    assert KEYS.lookup("latent/kl_07").name == "latent/kl_{}"
    assert KEYS.lookup("latent/kl_mean_07").name == "latent/kl_mean_{}"
    assert KEYS.lookup("metric/mig_ceiling").name == "metric/mig_ceiling"
    assert KEYS.lookup("metric/mig_posX").name == "metric/mig_{}"
    assert KEYS.lookup("train/gradient_norm").name == "train/gradient_norm"
    assert KEYS.lookup("train/gradient_norm_critic").name == "train/gradient_norm_{}"


def test_a_factor_may_have_any_name():
    assert KEYS.lookup("metric/mig_object hue (degrees)").name == "metric/mig_{}"


@pytest.mark.parametrize("data", [DSprites(), MiniSprites(), TorusSquare()], ids=lambda data: type(data).__name__)
def test_every_factor_of_every_data_set_has_its_keys(data):
    for score in ("factor_vae_score", "beta_vae_score", "mig"):
        for name in data.factors.names:
            assert KEYS.lookup(f"metric/{score}_{name}").name == f"metric/{score}_{{}}"


def test_the_keys_of_a_run_are_those_of_its_own_parts():
    assert keys_of(replace(DIGITS, evaluations=(TestError(),))).lookup("metric/test_error_7").unit == "%"
    for run, name in (
        (SPRITES, "metric/mig"),
        (SPRITES, "train/critic"),
        (DIGITS, "train/kl"),
        (VAE_RUN, "metric/dci"),
    ):
        with refused(SettingError, "key", got=repr(name)):
            keys_of(run).lookup(name)


@pytest.mark.parametrize(
    ("name", "near"),
    [("train/los", "train/loss"), ("latent/traversal", "latent/traversals"), ("metric/mgi", "metric/mig")],
)
def test_an_undeclared_key_is_refused_with_the_nearest_one(name, near):
    with refused(SettingError, "key", got=repr(name), hint=near):
        KEYS.lookup(name)


@pytest.mark.parametrize("name", ["loss", "validation/loss", "train/Loss", "train/", "train/a/b", "train/a b"])
def test_a_badly_named_key_is_refused(name):
    with refused(SettingError, "key", got=name):
        Key(name, "nats", "a loss")


def test_a_key_of_your_own_stands_beside_the_others():
    own = Key("train/capacity", "nats", "the KL that the training pulls towards")
    keys = Keys((*OF_EVERY_RUN, own, own))
    assert keys.lookup("train/capacity") is own
    assert keys.declared.count(own) == 1


def test_losses_are_logged_by_term_by_block_and_by_player():
    loss = torch.tensor(3.0, requires_grad=True)
    losses = Losses({"model": loss, "critic": loss}, {"kl": torch.tensor(2.0)}, {"kl": torch.tensor([0.5, 1.5])})
    varying = {"model": {"gradient_norm": torch.tensor(7.0)}, "critic": {"learning_rate": 0.25}}
    assert scalars(losses, varying) == {
        "train/loss": 3.0,
        "train/kl": 2.0,
        "latent/kl_00": 0.5,
        "latent/kl_01": 1.5,
        "train/gradient_norm": 7.0,
        "train/learning_rate_critic": 0.25,
    }


def test_the_table_of_keys_holds_each_key_once():
    names = [row[0] for row in keys_table().rows]
    assert len(set(names)) == len(names)
    assert {"`train/loss`", "`metric/dci`", "`metric/confusion`", "`latent/kl_{}`", "`metric/SCORE_ceiling`"} <= {
        *names
    }
    assert not any("mig_ceiling" in name for name in names)
