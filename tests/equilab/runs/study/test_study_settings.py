"""Studies as settings: products, equal runs, names of folders, shards, and one precision for all machines."""

import json
from dataclasses import replace

import pytest
from small import FEW, SPRITES

from equilab.data import MiniSprites
from equilab.errors import SettingError
from equilab.models import ConvVAE
from equilab.objectives import VAE, BetaVAE, FactorVAE
from equilab.runs.run import Logging
from equilab.runs.study import Chart, Shard, Study, changed, crossed
from equilab.runs.study.planned import planned_runs, settle_precision, with_one_precision
from tests.refused import refused


def test_a_product_has_every_combination_once_and_all_of_a_seed_before_the_next():
    runs = crossed(SPRITES, {"objective": (VAE(), BetaVAE(4.0)), "model.latent_dim": (2, 3, 5)}, seeds=(7, 9))
    found = [(run.seed, type(run.objective).__name__, run.model.latent_dim) for run in runs]
    assert found[:3] == [(7, "VAE", 2), (7, "VAE", 3), (7, "VAE", 5)]
    assert sorted(set(found)) == sorted(found)
    assert [seed for seed, *_ in found] == [7] * 6 + [9] * 6


def test_a_later_name_is_a_setting_of_an_earlier_value():
    (run,) = crossed(SPRITES, {"objective": (FactorVAE(),), "objective.critic.hidden": (17,)})
    assert run.objective == FactorVAE(critic=replace(FactorVAE().critic, hidden=17))


@pytest.mark.parametrize(
    ("name", "got", "hint"),
    [
        ("objectve", "objectve", "objective"),
        ("model.latentdim", "latentdim", "latent_dim"),
        ("steps.every", "every", ""),
    ],
)
def test_a_name_that_does_not_exist_is_refused_with_the_nearest_one(name, got, hint):
    with refused(SettingError, name, got=got, hint=hint):
        changed(SPRITES, {name: 1})


def test_what_the_settings_refuse_is_refused():
    with refused(SettingError, "steps", got=0):
        crossed(SPRITES, {"steps": (4, 0)})


@pytest.mark.parametrize("values", [(), 3, "relu"], ids=["none", "one number", "a word"])
def test_a_name_without_a_list_of_values_is_refused(values):
    with refused(SettingError, "steps", expected="a list of one value or more"):
        crossed(SPRITES, {"steps": values})


def test_equal_runs_are_refused():
    same = replace(SPRITES, log=Logging(every=9), compute=replace(SPRITES.compute, threads=2))
    with refused(SettingError, "runs", got=f"runs[0] and runs[2] with one key, {SPRITES.key()}"):
        Study([SPRITES, replace(SPRITES, seed=1), same])


@pytest.mark.parametrize("runs", [[], [SPRITES, "sprites"]], ids=["none", "a word"])
def test_what_is_no_run_is_refused(runs):
    with refused(SettingError, "runs", expected="one run or more"):
        Study(runs)


def test_settings_that_do_not_exist_are_refused():
    with refused(SettingError, "repeated", got="sed", hint="seed"):
        Study([SPRITES], repeated=("sed",))
    with refused(SettingError, "chart", got="data.position", hint="data.positions"):
        Study([SPRITES], chart=Chart("metric/mig", x="data.position", curves="model"))


def test_only_settings_that_differ_between_runs_that_have_them_name_the_runs(tmp_path):
    study = Study(crossed(SPRITES, {"objective": (VAE(), BetaVAE(4.0), BetaVAE(16.0))}, seeds=(0, 1)))
    names = [each.name.rsplit("_", 1)[0] for each in planned_runs(study, tmp_path)]
    assert names[:3] == ["VAE_seed=0", "BetaVAE_beta=4.0_seed=0", "BetaVAE_beta=16.0_seed=0"]
    assert [each.name.rsplit("_", 1)[1] for each in planned_runs(study, tmp_path)] == [r.key() for r in study.runs]


def test_two_settings_with_one_last_name_are_named_in_full(tmp_path):
    first = replace(SPRITES, objective=FactorVAE())
    other = changed(first, {"optimizer.learning_rate": 0.5, "objective.critic.optimizer.learning_rate": 0.25})
    name = planned_runs(Study([first, other]), tmp_path)[1].name
    assert "optimizer.learning_rate=0.5" in name
    assert "objective.critic.optimizer.learning_rate=0.25" in name


def test_long_and_odd_values_make_names_that_a_file_may_have(tmp_path):
    many = [replace(SPRITES, objective=BetaVAE(block_weights=(1.0, 2.0, float(index)))) for index in range(2)]
    (name, other) = (each.name for each in planned_runs(Study(many), tmp_path))
    assert name != other
    assert not set(name) & set("/\\:*?\"<>| '[](),")
    assert len(name) < 140


def test_a_run_keeps_its_folder_when_the_study_grows(tmp_path):
    before = planned_runs(Study([SPRITES, replace(SPRITES, seed=1)]), tmp_path)
    for each in before:
        each.folder.mkdir()
    wider = Study(crossed(SPRITES, {"batch_size": (4, 8)}, seeds=(0, 1, 2)))
    after = {each.run.key(): each.folder for each in planned_runs(wider, tmp_path)}
    assert len(set(after.values())) == 6
    assert [after[each.run.key()] for each in before] == [each.folder for each in before]


@pytest.mark.parametrize("count", [1, 2, 4, 7, 50])
def test_shards_are_disjoint_complete_and_of_equal_size(count):
    shards = [Shard(index, count).of(range(23)) for index in range(1, count + 1)]
    assert sorted(item for shard in shards for item in shard) == list(range(23))
    sizes = [len(shard) for shard in shards]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_shard_is_refused(text):
    with refused(SettingError, "shard", expected="i/n"):
        Shard.parsed(text)


AUTO = replace(SPRITES, precision="auto")


@pytest.fixture
def of_this_machine(monkeypatch):
    """Sets the precision that "auto" means on the machine of the test."""

    def be(precision: str) -> None:
        monkeypatch.setattr("equilab.runs.study.planned.resolve_precision", lambda *_: precision)

    return be


def test_the_first_machine_decides_what_auto_is_for_all(tmp_path, of_this_machine):
    runs = [AUTO, replace(AUTO, precision="float32", seed=1), replace(AUTO, seed=2)]
    of_this_machine("bfloat16")
    settle_precision(runs, tmp_path / "study")
    assert json.loads((tmp_path / "study" / "study.json").read_text()) == {"precision": "bfloat16"}
    of_this_machine("float32")
    settle_precision(runs, tmp_path / "study")
    found = [run.precision for run in with_one_precision(runs, tmp_path / "study")]
    assert found == ["bfloat16", "float32", "bfloat16"]
    planned = planned_runs(Study(runs), tmp_path / "study")
    assert [each.run.precision for each in planned] == found
    assert all(each.name.endswith(each.run.key()) for each in planned)


def test_a_look_at_a_study_decides_nothing(tmp_path, of_this_machine):
    of_this_machine("bfloat16")
    assert planned_runs(Study([AUTO]), tmp_path / "study")[0].run.precision == "bfloat16"
    assert not (tmp_path / "study").exists()
    settle_precision([SPRITES], tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_a_study_may_hold_different_data_and_models():
    study = Study([SPRITES, replace(SPRITES, data=MiniSprites(), model=ConvVAE(latent_dim=6))])
    assert [each["data.shapes"] for each in study.differing()] == [FEW.shapes, MiniSprites().shapes]
