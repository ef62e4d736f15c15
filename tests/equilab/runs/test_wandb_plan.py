"""Where a run goes on a W&B server: by the variables, else the folder's W&B run before, else the settings."""

import os
from dataclasses import replace

import pytest
from small import SPRITES

from equilab.errors import DataError, SettingError
from equilab.objectives import BetaVAE
from equilab.runs.folder import claim
from equilab.runs.record import Record
from equilab.runs.run import Logging
from equilab.runs.sinks.wandb_plan import Identity, group_of, plan_training
from tests.refused import refused


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    """None of W&B's variables is set."""
    for name in [each for each in os.environ if each.startswith("WANDB_")]:
        monkeypatch.delenv(name)


def record(tmp_path, **log) -> Record:
    tmp_path.mkdir(exist_ok=True)
    claim(tmp_path, replace(SPRITES, log=replace(SPRITES.log, **log)))
    return Record.open(tmp_path)


def test_a_new_run_has_its_key_as_id_and_goes_where_the_settings_say(tmp_path):
    plan = plan_training(record(tmp_path, project="study", tags=("baseline",)), "online")
    assert plan.id == SPRITES.key()
    assert (plan.project, plan.entity, plan.name, plan.job_type) == ("study", None, tmp_path.name, "train")
    assert plan.tags == ("VAE", "MiniSprites", "ConvVAE", "baseline")
    assert (plan.resume, plan.may_count) == ("never", True)  # another folder of this run has a W&B run of its own


def test_the_key_stays_the_id_of_a_run_that_is_trained_longer(tmp_path):
    claim(tmp_path, SPRITES)
    claim(tmp_path, replace(SPRITES, steps=9))
    assert plan_training(Record.open(tmp_path), "online").id == SPRITES.key()


def test_a_folder_goes_on_with_its_w_and_b_run(tmp_path):
    Identity("trial7", "study", "lab").write(tmp_path)
    plan = plan_training(record(tmp_path), "online")
    assert (plan.id, plan.project, plan.entity) == ("trial7", "study", "lab")
    assert (plan.resume, plan.may_count) == ("allow", False)


@pytest.mark.parametrize("content", ["{}", "[]", '{"id": 3, "project": "p"}', '{"id": "", "project": "p"}', "{"])
def test_a_damaged_identity_is_named(tmp_path, content):
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "identity.json").write_text(content)
    with pytest.raises(DataError) as found:
        Identity.read(tmp_path)
    assert found.value.argument == str(tmp_path / "wandb" / "identity.json")


def test_variables_win_over_the_folder_and_the_settings(tmp_path, monkeypatch):
    Identity("before", "there", "them").write(tmp_path)
    wanted = {
        "WANDB_RUN_ID": "mine",
        "WANDB_PROJECT": "here",
        "WANDB_ENTITY": "us",
        "WANDB_NAME": "n",
        "WANDB_RUN_GROUP": "g",
        "WANDB_JOB_TYPE": "j",
        "WANDB_TAGS": "baseline,t",
        "WANDB_RESUME": "must",
    }
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)
    plan = plan_training(record(tmp_path, group="of the settings", tags=("baseline",)), "online")
    assert (plan.id, plan.project, plan.entity, plan.name) == ("mine", "here", "us", "n")
    assert (plan.group, plan.job_type, plan.resume, plan.may_count) == ("g", "j", "must", False)
    assert plan.tags == ("VAE", "MiniSprites", "ConvVAE", "baseline", "t")


@pytest.mark.parametrize("name", ["system_metrics", "console", "commit"])
def test_what_is_sent_beside_rows_is_on_online_and_off_offline_unless_a_setting_says_otherwise(tmp_path, name):
    found = {
        (switch, mode): getattr(plan_training(record(tmp_path / switch, **{name: switch}), mode), name)
        for switch in ("auto", "on", "off")
        for mode in ("online", "offline")
    }
    assert found == {
        ("auto", "online"): True,
        ("auto", "offline"): False,
        ("on", "online"): True,
        ("on", "offline"): True,
        ("off", "online"): False,
        ("off", "offline"): False,
    }


def test_a_group_holds_the_seeds_of_one_method_with_one_setting():
    weak, strong = (replace(SPRITES, objective=BetaVAE(beta)) for beta in (2.0, 4.0))
    groups = {group_of(replace(run, seed=seed)) for run in (SPRITES, weak, strong) for seed in range(3)}
    assert len(groups) == 3
    assert group_of(weak) == group_of(replace(weak, log=Logging(every=9, group="x")))
    assert group_of(weak).startswith("BetaVAE MiniSprites ")


@pytest.mark.parametrize(
    ("field", "value"),
    [("wandb", "on"), ("console", True), ("commit", "yes"), ("tags", ("",)), ("tags", ("a" * 65,)), ("tags", "a")],
)
def test_a_setting_of_w_and_b_that_does_not_exist_is_refused(field, value):
    with refused(SettingError, f"log.{field}", got=repr(value)):
        Logging(**{field: value})
