"""A checkpoint goes on with the settings that it was trained with; more updates are the one change that is accepted."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from processes import same
from small import SPRITES, files, weights

from equilab.data import MiniSprites
from equilab.errors import DataError, SettingError
from equilab.models import ConvVAE
from equilab.objectives import FactorVAE
from equilab.optimizers import Adam
from equilab.runs.commands.train import main
from equilab.runs.compute import Compute
from equilab.runs.evaluations import HeldOutLoss
from equilab.runs.folder import longer_run, read_run
from equilab.runs.loop import train
from equilab.runs.record import Record
from equilab.runs.run import Logging, Run
from equilab.schedules import Linear
from tests.refused import refused

RUN = replace(
    SPRITES,
    objective=FactorVAE(gamma=10.0, critic=replace(FactorVAE().critic, hidden=16, num_layers=1)),
    evaluations=(HeldOutLoss(every=3),),
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    train(RUN, folder)
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """A copy of a finished run, to edit and to resume."""
    return shutil.copytree(finished, tmp_path / "run")


EDITS = {
    "seed": ({"seed": 1}, ["seed 0, now 1"]),
    "batch_size": ({"batch_size": 5}, ["batch_size 4, now 5"]),
    "precision": ({"precision": "bfloat16"}, ['precision "float32", now "bfloat16"']),
    "gamma": ({"objective": {"gamma": 12.0}}, ["objective.gamma 10, now 12"]),
    "data": ({"data": {"positions": 2}}, ["data.positions 4, now 2"]),
    "learning rate": ({"optimizer": {"learning_rate": 0.5}}, ["optimizer.learning_rate 0.001, now 0.5"]),
    "the critic's rate": (
        {"objective": {"critic": {"optimizer": {"learning_rate": 0.5}}}},
        ["objective.critic.optimizer.learning_rate 0.0001, now 0.5"],
    ),
    "fewer updates": ({"steps": 3}, ["steps 4, now 3"]),
    "two": ({"seed": 1, "optimizer": {"clip_norm": 2.0}}, ["seed 0, now 1", "optimizer.clip_norm 0, now 2"]),
}


def merged(tree: dict, changes: dict) -> dict:
    return tree | {name: merged(tree[name], each) if isinstance(each, dict) else each for name, each in changes.items()}


def edit(folder: Path, changes: dict) -> None:
    tree = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(tree | {"run": merged(tree["run"], changes)}))


@pytest.mark.parametrize("name", EDITS)
def test_a_run_json_that_was_edited_is_refused_naming_each_setting(folder, capsys, name):
    changes, said = EDITS[name]
    edit(folder, changes)
    before = files(folder)
    assert main(["--resume", str(folder)]) == 2
    error = capsys.readouterr().err
    assert all(each in error for each in said)
    assert error.count(", now ") == len(said)
    assert files(folder) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"compute": Compute(threads=1, channels_last=False)},
        {"log": Logging(every=2, checkpoint_every=3, wandb="off")},
        {"evaluations": ()},
    ],
    ids=["compute", "log", "evaluations"],
)
def test_what_does_not_decide_the_result_may_change(folder, changes):
    key = Record.open(folder).key
    assert train(replace(RUN, **changes), folder).step == RUN.steps
    record = Record.open(folder)
    assert (record.run, record.key) == (replace(RUN, **changes), key)  # run.json says what was done last


OTHERS: dict[str, Run] = {
    "data": replace(RUN, data=MiniSprites(shapes=1)),
    "model": replace(RUN, model=ConvVAE(latent_dim=4)),
    "objective": replace(RUN, objective=FactorVAE()),
    "optimizer": replace(RUN, optimizer=Adam(Linear(1e-3, 0.0, steps=4))),
    "batch_size": replace(RUN, batch_size=8),
    "seed": replace(RUN, seed=3),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_run_is_not_trained_into_the_folder_of_a_run(folder, name):
    before = files(folder)
    with pytest.raises(DataError) as found:
        train(OTHERS[name], folder)
    assert found.value.argument == str(folder)
    assert str(found.value.got).startswith(name)
    assert files(folder) == before


def test_another_run_is_refused_before_the_first_checkpoint_too(folder):
    shutil.rmtree(folder / "checkpoints")
    before = files(folder)
    with refused(DataError, str(folder), expected="run.json", got="seed 0, now 1"):
        train(replace(RUN, seed=1), folder)
    assert files(folder) == before


def test_a_longer_training_ends_like_one_that_was_as_long_from_the_start(folder, tmp_path, capsys):
    """But for the row of the evaluation at the old end."""
    key = Record.open(folder).key
    assert main(["--resume", str(folder), "--steps", "7"]) == 0
    assert "(finished)" in capsys.readouterr().out
    train(replace(RUN, steps=7), tmp_path / "whole")
    assert same(weights(folder), weights(tmp_path / "whole"))
    longer, whole = Record.open(folder), Record.open(tmp_path / "whole")
    for name in whole.keys:
        if not name.startswith("time/"):
            found = dict(zip(longer.series(name).steps, longer.series(name).values, strict=True))
            expected = dict(zip(whole.series(name).steps, whole.series(name).values, strict=True))
            assert {step: found[step] for step in expected} == expected, name
            assert found.keys() - expected.keys() <= {4}
    assert (longer.key, longer.run) == (key, replace(RUN, steps=7))
    assert longer.is_finished
    assert key == RUN.key() != whole.key


def test_a_schedule_goes_on_where_it_was(tmp_path):
    run = replace(SPRITES, optimizer=Adam(Linear(1e-3, 0.0, steps=6)))
    train(replace(run, steps=3), tmp_path / "run")
    train(longer_run(read_run(tmp_path / "run").run, 6), tmp_path / "run")
    train(replace(run, steps=6), tmp_path / "whole")
    assert same(weights(tmp_path / "run"), weights(tmp_path / "whole"))


@pytest.mark.parametrize("steps", ["3", "0", "-1"])
def test_fewer_updates_are_refused(folder, capsys, steps):
    before = files(folder)
    assert main(["--resume", str(folder), "--steps", steps]) == 2
    assert "steps: expected at least the 4 of the run" in capsys.readouterr().err
    assert files(folder) == before
    with refused(SettingError, "steps", got=3):
        longer_run(read_run(folder).run, 3)


def test_as_many_updates_leave_the_run_as_it_is(folder):
    before = files(folder)
    assert main(["--resume", str(folder), "--steps", "4"]) == 0
    assert files(folder) == before


def test_rows_of_the_log_that_are_lost_are_noticed(folder):
    longer = longer_run(read_run(folder).run, 5)
    (folder / "metrics.jsonl").write_text("")
    with refused(DataError, str(folder / "metrics.jsonl"), got=0):
        train(longer, folder)
