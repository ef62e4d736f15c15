"""What W&B shows of a run's keys and settings, and matrices as pictures."""

from dataclasses import replace

import numpy as np
import pytest
from small import DIGITS, SPRITES

from equilab.errors import DataError
from equilab.runs.evaluations import Columns, Disentanglement, Findings, TestError
from equilab.runs.folder import claim
from equilab.runs.keys import keys_of
from equilab.runs.record import Record
from equilab.runs.sinks.matrix_picture import is_matrix, matrix_picture
from equilab.runs.sinks.sinks import JsonLines
from equilab.runs.sinks.wandb_layout import Layout, short_config
from equilab.runs.sinks.wandb_rows import rows_of
from tests.refused import refused

SCORED = replace(SPRITES, evaluations=(Disentanglement(metrics=("mig", "factor_vae_score")),))
VALUES = {
    "latent/kl_mean": 1.0,
    "metric/mig_floor_random": 0.1,
    "metric/mig_orientation": 0.2,
    "metric/mig": 0.3,
    "metric/mig_ceiling": 1.0,
}


def test_headline_scores_come_first_under_names_that_w_and_b_can_sort_runs_by():
    layout = Layout(keys_of(SCORED))
    assert layout.headline == {"metric/mig": "mig", "metric/factor_vae_score": "factor_vae_score"}
    assert all(name.isidentifier() for name in layout.headline.values())
    assert next(iter(layout.curves(VALUES))) == "mig"
    assert list(layout.summary(VALUES))[:3] == ["mig", "metric/mig_floor_random", "metric/mig_ceiling"]


def test_floors_and_ceilings_are_no_curves():
    layout = Layout(keys_of(SCORED))
    curves = layout.curves(VALUES)
    assert curves.keys() == {"mig", "metric/mig", "metric/mig_orientation", "latent/kl_mean"}
    assert layout.summary(VALUES) == VALUES | {"mig": 0.3}
    ends = {name.split("/")[1].removeprefix("mig_") for name in layout.references if "/mig_" in name}
    assert ends == {"floor_random", "floor_untrained", "ceiling"}


def test_parts_of_scores_are_told_from_the_scores():
    layout = Layout(keys_of(SCORED))
    assert layout.is_part("metric/mig_orientation")
    assert not any(layout.is_part(key) for key in ("metric/mig", "metric/mig_matrix", "train/kl", "latent/kl_00"))


def test_the_headline_of_a_classifier_is_its_errors():
    layout = Layout(keys_of(replace(DIGITS, evaluations=(TestError(),))))
    assert layout.headline["metric/test_error"] == "test_error"
    assert layout.is_part("metric/test_error_3")


def test_the_config_names_method_parameters_key_device_versions_and_commit(tmp_path):
    claim(tmp_path, SPRITES)
    opened = Record.open(tmp_path)
    record = replace(opened, environment=opened.environment | {"commit": "c" * 40, "gpu": None})
    found = short_config(record, commit=True)
    assert (found["method"], found["data"], found["model"]) == ("VAE", "MiniSprites", "ConvVAE")
    assert (found["data.orientations"], found["model.latent_dim"], found["optimizer.learning_rate"]) == (2, 3, 1e-3)
    assert (found["seed"], found["steps"], found["key"]) == (0, 4, SPRITES.key())
    assert found["device"] == record.environment["processor"]
    assert found["versions"]["torch"] == record.environment["torch"]
    assert found["commit"] == "c" * 40
    assert "commit" not in short_config(record, commit=False)
    assert not any(name.startswith(("log", "evaluations", "compute")) for name in found)  # they decide no result
    assert None not in found.values()


def test_rows_of_the_record_are_the_findings_that_were_logged(tmp_path):
    claim(tmp_path, SCORED)
    lines, table = JsonLines(tmp_path), Columns(["", "posX"], [["z0", 1.5], ["z1", None]])
    lines.log(5, Findings({"train/loss": 1.0}))
    picture = matrix_picture(table, "")
    paths = lines.log(5, Findings({"metric/mig": float("nan")}, {"metric/mig_matrix": table}, {"latent/a": picture}))
    lines.close()
    first, second = rows_of(Record.open(tmp_path))
    assert (first[0], first[1].step, first[1].values) == (0, 5, {"train/loss": 1.0})
    assert second[0] == 1
    assert np.isnan(second[1].values["metric/mig"])
    assert second[1].tables == {"metric/mig_matrix": table}
    assert second[1].pictures == paths
    assert [place for place, _ in rows_of(Record.open(tmp_path), 1)] == [1]
    outside = tmp_path.parent / "outside.png"
    paths["latent/a"].rename(outside)
    with refused(DataError, str(tmp_path), got="no file pictures/a_000000005.png"):
        list(rows_of(Record.open(tmp_path)))
    text = (tmp_path / "metrics.jsonl").read_text()
    (tmp_path / "metrics.jsonl").write_text(text.replace("pictures/a_000000005.png", "../outside.png"))
    with refused(DataError, str(tmp_path / "metrics.jsonl"), expected="files of the run folder", got="../outside.png"):
        list(rows_of(Record.open(tmp_path)))


@pytest.mark.parametrize("cells", [[1.0, None], [0.0, 0.0], [float("nan"), -2.0], [3, 12]])
def test_a_matrix_is_drawn_whatever_its_entries(cells):
    alone = matrix_picture(Columns(["", "a"], [["z0", 1.0]]), "mig")
    drawn = matrix_picture(Columns(["", "a", "b"], [["z0", *cells]]), "mig")
    assert drawn.width > alone.width
    assert drawn.height == alone.height
    assert len(set(drawn.tobytes())) > 2


def test_the_largest_entry_of_a_matrix_has_the_full_colour():
    one, hundred = (matrix_picture(Columns(["", "a"], [["z0", value]]), "") for value in (1.0, 100.0))
    assert one.getpixel((one.width // 2, 60)) == hundred.getpixel((hundred.width // 2, 60))


def test_a_table_of_scores_or_words_is_no_matrix():
    assert is_matrix(Columns(["class", "0"], [["0", 3]]))
    for header, rows in ((["score", "value"], [["mig", 0.1]]), (["", "a"], [["z0", "word"]]), (["", "a"], [])):
        assert not is_matrix(Columns(header, rows))
