"""Studies as settings: products, equal runs, names of folders, shards, and one precision for all machines."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import DIGITS, FEW, SPRITES

from equilab.data import MiniSprites
from equilab.errors import DataError, SettingError
from equilab.models import Z2CNN, ConvVAE
from equilab.objectives import VAE, BetaVAE, FactorVAE
from equilab.runs.run import Logging
from equilab.runs.study import Chart, Shard, Study, changed, crossed
from equilab.runs.study.planned import planned_runs, settle_precision, with_one_precision
from tests.refused import refused

AUTO = replace(SPRITES, precision="auto")
NETWORKS = {"model": (Z2CNN(4), Z2CNN(5))}


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


@pytest.mark.parametrize(("index", "count"), [(1.0, 2), ("1", "2"), (0, 0), (True, 1)])
def test_a_shard_takes_two_counts(index, count):
    with pytest.raises(SettingError, match="shard"):
        Shard(index, count)


@pytest.mark.parametrize(
    "runs", [[], [SPRITES, "sprites"], SPRITES, "sprites", None], ids=["none", "a word", "no list", "text", "nothing"]
)
def test_what_is_no_run_is_refused(runs):
    with refused(SettingError, "runs", expected="a list of one run or more"):
        Study(runs)


def test_settings_that_do_not_exist_are_refused():
    with refused(SettingError, "repeated", got="sed", hint="seed"):
        Study([SPRITES], repeated=("sed",))
    with refused(SettingError, "chart", got="data.position", hint="data.positions"):
        Study([SPRITES], chart=Chart("train/loss", x="data.position", curves="model"))


@pytest.mark.parametrize("repeated", ["seed", None, ("seed", 3)], ids=["a text", "nothing", "a number"])
def test_repeated_is_a_list_of_names(repeated):
    with refused(SettingError, "repeated", expected='a list of names, such as ("seed",)'):
        Study([SPRITES], repeated=repeated)
    assert Study([SPRITES], repeated=["seed"]).repeated == ("seed",)


def test_a_chart_that_cannot_be_drawn_is_refused_before_anything_is_trained():
    with refused(SettingError, "chart", expected="a key that some run logs", got="train/los", hint="train/loss"):
        Study([SPRITES], chart=Chart("train/los", x="data.positions", curves="model"))
    with refused(SettingError, "chart", expected="a key that some run logs", got=None):
        Study([SPRITES], chart=Chart(None, x="data.positions", curves="model"))
    with refused(SettingError, "chart", expected="as data of every run", got="'MiniSprites' in runs[0]"):
        Study([SPRITES], chart=Chart("train/loss", x="data", curves="model"))
    runs = [replace(SPRITES, objective=BetaVAE(4.0)), SPRITES]
    with refused(SettingError, "chart", expected="objective.beta of every run", got="None in runs[1]"):
        Study(runs, chart=Chart("train/loss", x="objective.beta", curves="model"))
    with refused(SettingError, "chart", expected="a positive number", got="0 in runs[0]"):
        Study([SPRITES], chart=Chart("train/loss", x="seed", curves="model"))
    with refused(SettingError, "chart", expected="a Chart", got="train/loss"):
        Study([SPRITES], chart="train/loss")
    assert Study(runs[:1], chart=Chart("train/loss", x="objective.beta", curves="model"))


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


@given(st.lists(st.sampled_from("abcde"), max_size=40), st.integers(1, 12))
def test_shards_are_disjoint_complete_and_equal_in_size_and_in_every_kind(kinds, count):
    items = list(range(len(kinds)))
    shards = [Shard(index, count).of(items, kinds) for index in range(1, count + 1)]
    assert sorted(item for shard in shards for item in shard) == items
    assert all(shard == sorted(shard) for shard in shards)
    sizes = [[len(shard), *(sum(kinds[item] == kind for item in shard) for kind in "abcde")] for shard in shards]
    assert all(max(column) - min(column) <= 1 for column in zip(*sizes, strict=True))


@pytest.mark.parametrize("count", [2, 3, 4, 6])
def test_no_shard_gets_all_slow_runs_of_a_study(tmp_path, count):
    """Also where the number of methods is a multiple of that of shards, and weights differ."""
    methods = (VAE(), BetaVAE(2.0), FactorVAE(gamma=1.0), BetaVAE(4.0), FactorVAE(gamma=9.0), FactorVAE(gamma=2.5))
    runs = crossed(SPRITES, {"objective": methods, "steps": (4, 400)}, seeds=range(4))
    study = Study(runs)
    shards = [planned_runs(study, tmp_path, Shard(index, count)) for index in range(1, count + 1)]
    everything = planned_runs(study, tmp_path)
    assert sorted(each.name for shard in shards for each in shard) == sorted(each.name for each in everything)
    for method in (VAE, BetaVAE, FactorVAE):
        for steps in (4, 400):
            numbers = [
                sum(type(each.run.objective) is method and each.run.steps == steps for each in shard)
                for shard in shards
            ]
            assert max(numbers) - min(numbers) <= 1


def test_the_seed_of_the_data_makes_no_kind_of_its_own(tmp_path):
    runs = [replace(run, data=replace(run.data, seed=run.seed)) for run in crossed(DIGITS, NETWORKS, seeds=range(4))]
    study = Study(runs, repeated=("seed", "data.seed"))
    for index in (1, 2):
        shard = planned_runs(study, tmp_path, Shard(index, 2))
        assert [each.run.model.num_channels for each in shard].count(4) == 2


def test_shards_are_those_of_every_machine_whatever_auto_is_there(tmp_path, of_this_machine):
    runs = crossed(AUTO, {"objective": (VAE(), BetaVAE())}, seeds=range(3))
    runs.append(replace(AUTO, seed=9, precision="float32"))
    found = []
    for precision in ("bfloat16", "float32"):
        of_this_machine(precision)
        shards = [planned_runs(Study(runs), tmp_path, Shard(index, 3)) for index in (1, 2, 3)]
        found.append([[(each.run.seed, type(each.run.objective)) for each in shard] for shard in shards])
    assert found[0] == found[1]


@pytest.mark.parametrize("text", ["0/0", "0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", "", "²/3"])
def test_what_is_no_shard_is_refused(text):
    with refused(SettingError, "shard", expected="i/n"):
        Shard.parsed(text)


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


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"precision": "float16"}', '{"precision": ["float32"]}'])
def test_a_damaged_study_json_is_refused_by_name(tmp_path, content):
    path = tmp_path / "study.json"
    path.write_text(content)
    with refused(DataError, str(path)):
        planned_runs(Study([AUTO]), tmp_path)
    assert planned_runs(Study([SPRITES]), tmp_path)  # of one precision without the file
    path.unlink()
    path.mkdir()
    with refused(DataError, str(path), expected="the study.json of a study"):
        planned_runs(Study([AUTO]), tmp_path)


def test_a_look_at_a_study_decides_nothing(tmp_path, of_this_machine):
    of_this_machine("bfloat16")
    assert planned_runs(Study([AUTO]), tmp_path / "study")[0].run.precision == "bfloat16"
    assert not (tmp_path / "study").exists()
    settle_precision([SPRITES], tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_a_study_may_hold_different_data_and_models():
    study = Study([SPRITES, replace(SPRITES, data=MiniSprites(), model=ConvVAE(latent_dim=6))])
    assert [each["data.shapes"] for each in study.differing()] == [FEW.shapes, MiniSprites().shapes]
