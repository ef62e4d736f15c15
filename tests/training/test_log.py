"""The log as a record: rows on the disk as they are written, cut back to a checkpoint, whatever W&B does."""

import json
import math
import os

import pytest

from equilab.errors import DataError
from training.log import Log


def open_log(folder, **settings) -> Log:
    return Log(folder, config={}, name="name", wandb="off", project="project", **settings)


def rows(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_a_row_is_on_the_disk_when_it_is_written(tmp_path):
    with open_log(tmp_path) as log:
        log.row(7, {"train/loss": 0.1 + 0.2})
        assert rows(tmp_path) == [{"step": 7, "train/loss": 0.1 + 0.2}]  # every digit


def test_a_value_that_is_not_finite_is_null(tmp_path):
    with open_log(tmp_path) as log:
        log.row(1, {"train/loss": math.nan, "train/kl": math.inf, "train/critic": 1.0})
    assert rows(tmp_path) == [{"step": 1, "train/loss": None, "train/kl": None, "train/critic": 1.0}]


def test_rows_after_the_checkpoint_are_cut_off(tmp_path):
    with open_log(tmp_path) as log:
        log.row(1, {"train/loss": 1.0})
        position = log.sync()
        log.row(2, {"train/loss": 2.0})
    with open_log(tmp_path, position=position) as log:
        log.row(2, {"train/loss": 3.0})
    assert rows(tmp_path) == [{"step": 1, "train/loss": 1.0}, {"step": 2, "train/loss": 3.0}]


def test_a_log_cut_back_tells_its_new_length(tmp_path):
    """A run that is stopped before its first row after a resume saves this length in its checkpoint."""
    with open_log(tmp_path) as log:
        log.row(1, {"train/loss": 1.0})
        position = log.sync()
        log.row(2, {"train/loss": 2.0})
    with open_log(tmp_path, position=position) as log:
        assert log.sync() == position


def test_what_wandb_is_told_by_the_environment_ends_with_the_log(tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_DATA_DIR", raising=False)
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "true")
    with Log(tmp_path, config={}, name="name", wandb="offline", project="project"):
        assert os.environ["WANDB_DATA_DIR"] == str(tmp_path / "wandb")
        assert os.environ["WANDB_ERROR_REPORTING"] == "true"  # the person's own word stands
    assert "WANDB_DATA_DIR" not in os.environ
    assert os.environ["WANDB_ERROR_REPORTING"] == "true"


def test_a_log_shorter_than_its_checkpoint_says_is_an_error(tmp_path):
    with open_log(tmp_path) as log:
        log.row(1, {"train/loss": 1.0})
        position = log.sync()
    with pytest.raises(DataError, match=f"has {position} bytes, the checkpoint was written at {position + 1}"):
        open_log(tmp_path, position=position + 1)


def test_a_table_is_a_file_of_the_run_folder(tmp_path):
    with open_log(tmp_path) as log:
        log.table(3, "metric/mig_matrix", ["", "posX"], [["z0", 1.5], ["z1", 0.0]])
    table = json.loads((tmp_path / "tables" / "metric_mig_matrix.json").read_text())
    assert table == {"step": 3, "columns": ["", "posX"], "rows": [["z0", 1.5], ["z1", 0.0]]}
