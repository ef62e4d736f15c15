"""The variables of W&B: each is honoured, or refused by its name before a run folder exists."""

from dataclasses import replace

import pytest
from small import SPRITES

from equilab.errors import SettingError
from equilab.runs.loop import train
from equilab.runs.sinks.wandb_plan import wandb_mode
from equilab.runs.sinks.wandb_variables import Variables, read_variables
from tests.refused import refused


@pytest.mark.parametrize(
    ("name", "value", "field", "found"),
    [
        ("WANDB_PROJECT", "study", "project", "study"),
        ("WANDB_ENTITY", "lab", "entity", "lab"),
        ("WANDB_RUN_ID", "abc", "id", "abc"),
        ("WANDB_NAME", "first try", "name", "first try"),
        ("WANDB_RUN_GROUP", "g", "group", "g"),
        ("WANDB_JOB_TYPE", "ablation", "job_type", "ablation"),
        ("WANDB_TAGS", "a, b c,", "tags", ("a", "b c")),
        ("WANDB_RESUME", "must", "resume", "must"),
        ("WANDB_RESUME", "never", "resume", "never"),
        ("WANDB_MODE", "online", "mode", "online"),
        ("WANDB_MODE", "run", "mode", "online"),
        ("WANDB_MODE", "dryrun", "mode", "offline"),
        ("WANDB_MODE", "disabled", "mode", "off"),
        ("WANDB_DISABLED", "TRUE", "mode", "off"),
        ("WANDB_DISABLED", "false", "mode", None),
        ("WANDB_PROJECT", "", "project", None),
    ],
)
def test_a_variable_is_honoured(name, value, field, found):
    assert read_variables({name: value}) == replace(Variables(), **{field: found})


def test_disabled_wins_over_a_mode():
    assert read_variables({"WANDB_MODE": "online", "WANDB_DISABLED": "1"}).mode == "off"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("WANDB_MODE", "shared", "online"), ("WANDB_RESUME", "auto", "allow"), ("WANDB_DISABLED", "perhaps", "true")],
)
def test_a_variable_that_is_not_honoured_is_refused_by_its_name_before_anything_is_written(
    tmp_path, monkeypatch, name, value, expected
):
    monkeypatch.setenv(name, value)
    with refused(SettingError, name, expected=expected, got=value):
        train(SPRITES, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("setting", ["offline", "online", "off"])
@pytest.mark.parametrize(("variable", "mode"), [("online", "online"), ("offline", "offline"), ("disabled", "off")])
def test_the_mode_of_the_variable_wins_over_the_setting(monkeypatch, setting, variable, mode):
    run = replace(SPRITES, log=replace(SPRITES.log, wandb=setting))
    for name in ("WANDB_MODE", "WANDB_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    assert wandb_mode(run) == setting
    monkeypatch.setenv("WANDB_MODE", variable)
    assert wandb_mode(run) == mode
