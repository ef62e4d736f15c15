"""A finished run read back: the objects, the rows, the model and the pictures that the training had."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from processes import TINY, newest_checkpoint
from small import DIGITS, SPRITES

from equilab.errors import DataError, SettingError
from equilab.runs.evaluations import encoder_of
from equilab.runs.folder import claim
from equilab.runs.loop import train
from equilab.runs.recipes import find_recipe
from equilab.runs.record import Record
from equilab.tables import format_value
from tests.refused import refused

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def record(finished_run: Path) -> Record:
    return Record.open(finished_run)


def test_the_settings_come_back_as_objects(record):
    _, recipe = find_recipe(str(TINY))
    assert record.run.objective == recipe.objective
    assert record.run.model == recipe.model
    assert record.run.evaluations == recipe.evaluations
    assert record.key == record.run.key()
    assert record.environment["torch"] == torch.__version__


def test_a_series_holds_every_logged_value(record):
    series = record.series("train/loss")
    assert series.steps.tolist() == list(range(5, 121, 5))
    logged = [json.loads(line) for line in (record.folder / "metrics.jsonl").read_text().splitlines()]
    expected = [row["train/loss"] for row in logged if "train/loss" in row]
    np.testing.assert_array_equal(series.values, expected)


def test_the_model_is_the_trained_one(record):
    weights = torch.load(newest_checkpoint(record.folder), weights_only=True)["players"]["model"]["module"]
    model = record.model()
    assert not model.training
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    images = record.run.data.table.gather(torch.arange(4))
    assert encoder_of(model, torch.device("cpu"))(images).mean.shape == (4, 4)


def test_the_newest_table_of_a_key_is_read_back(record):
    table = record.logged_table("metric/scores")
    assert list(table.header)[:5] == ["score", "value", "floor_random", "floor_untrained", "ceiling"]
    values = {row[0]: row[1] for row in table.rows}
    assert values == {name: record.last()[f"metric/{name}"] for name in values}
    assert values.keys() == {"factor_vae_score", "mig"}


def test_a_table_has_value_unit_and_meaning(record):
    table = record.table("metric/mig", "train/kl")
    assert [row[0] for row in table.rows] == ["train/kl", "metric/mig"]
    assert table.rows[1][1] == record.series("metric/mig").values[-1]
    assert "nats per image" in str(table)
    assert "Mutual information gap" in str(table)


def test_every_form_of_a_record_holds_the_last_value_of_every_key(record):
    frame = record.to_dataframe().set_index("key")
    assert frame["value"].to_dict() == record.last()
    assert frame["unit"]["train/kl"] == "nats per image"
    kl = format_value(record.last()["train/kl"])
    assert f"| train/kl | {kl} | nats per image |" in record.to_markdown()
    assert f"train/kl & {kl} & nats per image &" in record.to_latex()
    assert r"train/gradient\_norm &" in record.to_latex()
    assert f"<td>train/kl</td><td>{kl}</td>" in record._repr_html_()


def test_the_latents_are_those_of_the_trained_model_and_always_the_same(record, tmp_path):
    """Also from a copy of the folder without its logs of W&B and its pictures."""
    copy = tmp_path / "copy"
    shutil.copytree(record.folder, copy, ignore=shutil.ignore_patterns("wandb", "pictures", "tables"))
    found, again = record.latents, Record.open(copy).latents
    assert found == again
    assert [block.name for block in found] == ["z0", "z1", "z2", "z3"]
    kl = [record.last()[f"latent/kl_mean_{index:02d}"] for index in range(4)]
    assert [block.kl for block in found] == pytest.approx(kl, rel=1e-4)
    codes = record.encoder()(record.run.data.table.gather(torch.arange(len(record.run.data)))).mean
    varying = (codes.var(0, correction=0) > 0.01).tolist()
    assert [block.alive for block in found] == [
        value > 0.1 and varies for value, varies in zip(kl, varying, strict=True)
    ]
    assert list(found.to_dataframe().columns[3:8]) == [f"nats_{name}" for name in record.run.data.factors.names]


def test_a_model_without_a_latent_is_refused_by_name(tmp_path):
    train(replace(DIGITS, steps=1), tmp_path / "run")
    with refused(DataError, str(tmp_path / "run"), expected="a variational autoencoder"):
        _ = Record.open(tmp_path / "run").latents


def test_last_takes_patterns(record):
    found = record.last("metric/mig*")
    assert "metric/mig_ceiling" in found
    assert all(key.startswith("metric/mig") for key in found)


def test_pictures_and_checkpoints_are_found(record):
    names = [path.name for path in record.pictures]
    kinds = {"reconstructions": "png", "traversals": "png", "traversal_gif": "gif"}
    assert names == [f"{kind}_{step:09d}.{suffix}" for kind, suffix in kinds.items() for step in (60, 120)]
    assert all(path.is_file() for path in record.pictures)
    assert [path.name.startswith("step_000000120") for path in record.checkpoints] == [True, False]


def test_a_finished_run_knows_it(record, tmp_path):
    assert record.is_finished
    assert record.step == 120
    shutil.copytree(record.folder, tmp_path / "cut")
    log = tmp_path / "cut" / "metrics.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:3]))
    assert not Record.open(tmp_path / "cut").is_finished


def test_the_training_time_is_the_sum_over_the_rows(record):
    rated = [row for row in record.rows if "time/steps_per_second" in row]
    assert record.training_seconds == pytest.approx(sum(5 / row["time/steps_per_second"] for row in rated))


def test_an_unknown_key_lists_the_known_ones_or_the_nearest(record):
    with refused(SettingError, "key", got="'metric/migg/'", hint="metric/mig"):
        record.series("metric/migg/")
    with refused(SettingError, "key", expected="train/loss", got="'metric/mig_color'"):
        record.series("metric/mig_color")


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A run that has not begun."""
    claim(tmp_path, find_recipe(str(TINY))[1])
    return tmp_path


def test_a_run_that_has_not_begun_is_empty(empty):
    record = Record.open(empty)
    assert (record.rows, record.step, record.pictures, record.is_finished) == ([], 0, [], False)
    with refused(DataError, str(empty), expected="a checkpoint"):
        record.model()


def test_a_last_line_cut_short_is_left_out_and_any_other_is_an_error(empty):
    log = empty / "metrics.jsonl"
    log.write_text('{"step": 1, "train/loss": 2.0}\n{"step": 2, "trai')
    assert Record.open(empty).rows == [{"step": 1, "train/loss": 2.0}]
    log.write_text('{"step": 1, "tra\n{"step": 2, "train/loss": 2.0}\n')
    with refused(DataError, f"{log}, line 1", expected="in every line"):
        _ = Record.open(empty).rows


def test_a_value_that_is_not_finite_is_nan(empty):
    (empty / "metrics.jsonl").write_text('{"step": 1, "train/loss": null}\n')
    assert np.isnan(Record.open(empty).series("train/loss").values[0])


def test_a_folder_that_is_no_run_is_explained(tmp_path):
    with refused(DataError, str(tmp_path / "nothing" / "run.json"), expected="run.json of a run folder"):
        Record.open(tmp_path / "nothing")


def test_a_run_without_evaluations_ends_with_the_row_of_its_last_update(tmp_path):
    """Whatever the period of the log: else nothing would say that it is finished."""
    train(replace(SPRITES, steps=3, log=replace(SPRITES.log, every=2)), tmp_path / "run")
    record = Record.open(tmp_path / "run")
    assert [row["step"] for row in record.rows] == [2, 3]
    assert record.is_finished
    assert record.training_seconds > 0


def test_a_run_json_stands_for_its_folder(finished_run):
    assert Record.open(finished_run / "run.json") == Record.open(finished_run)


def test_a_lost_table_is_named(finished_run, tmp_path):
    folder = shutil.copytree(finished_run, tmp_path / "run")
    shutil.rmtree(folder / "tables")
    with pytest.raises(DataError) as found:
        Record.open(folder).logged_table("metric/scores")
    assert found.value.got.startswith("no file tables")
    assert "metric_scores" in found.value.got


def test_a_row_names_no_file_outside_of_the_run(finished_run, tmp_path):
    folder = shutil.copytree(finished_run, tmp_path / "run")
    with open(folder / "metrics.jsonl", "a") as file:
        file.write('{"step": 9, "latent/other": {"picture": "/etc/hostname"}}\n')
    with refused(DataError, str(folder / "metrics.jsonl"), got="/etc/hostname"):
        _ = Record.open(folder).pictures
