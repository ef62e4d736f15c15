"""The record and the sinks beside it: rows on the disk as they are written, whatever another sink does."""

import json
import logging
import math
import os
import signal
from dataclasses import replace

import pytest
from PIL import Image
from small import SPRITES

from equilab.errors import DataError, SettingError
from equilab.runs.evaluations import OF_VAE, Columns, Disentanglement, Findings, Traversals
from equilab.runs.folder import claim
from equilab.runs.loop import train
from equilab.runs.record import Record
from equilab.runs.sinks.sink import Sink
from equilab.runs.sinks.sinks import JsonLines, Sinks, open_sinks
from equilab.runs.sinks.wandb_sink import WandbSink
from equilab.runs.writing import WriteError
from tests.refused import refused

PICTURE = Image.new("RGB", (3, 2), (10, 200, 30))
FILM = [Image.new("RGB", (3, 2), (shade, shade, shade)) for shade in (0, 100, 200)]


def loss(value: float) -> Findings:
    return Findings({"train/loss": value})


@pytest.fixture
def record(tmp_path):
    opened = JsonLines(tmp_path)
    yield opened
    opened.close()


def rows(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_a_row_is_on_the_disk_when_it_is_written(record):
    record.log(7, loss(0.1 + 0.2))
    assert rows(record.folder) == [{"step": 7, "train/loss": 0.1 + 0.2}]  # every digit


def test_a_value_that_is_not_finite_is_null(record):
    record.log(1, Findings({"train/loss": math.nan, "train/kl": math.inf, "train/critic": 1.0}))
    assert rows(record.folder) == [{"step": 1, "train/loss": None, "train/kl": None, "train/critic": 1.0}]


def test_rows_after_the_checkpoint_are_cut_off(tmp_path, record):
    record.log(1, loss(1.0))
    position = record.sync()
    record.log(2, loss(2.0))
    again = JsonLines(tmp_path, position)
    assert again.sync() == position  # which a run saves that is stopped before its first row after a resume
    again.log(2, loss(3.0))
    again.close()
    assert rows(tmp_path) == [{"step": 1, "train/loss": 1.0}, {"step": 2, "train/loss": 3.0}]


def test_without_a_checkpoint_the_log_begins_anew(tmp_path, record):
    record.log(1, loss(1.0))
    JsonLines(tmp_path).close()
    assert rows(tmp_path) == []


def test_a_log_shorter_than_its_checkpoint_says_is_an_error(tmp_path, record):
    record.log(1, loss(1.0))
    position = record.sync()
    with refused(DataError, str(tmp_path / "metrics.jsonl"), expected=str(position + 1), got=position):
        JsonLines(tmp_path, position + 1)


def test_a_row_names_the_files_of_its_tables_and_pictures(tmp_path, record):
    table = Columns(["", "posX"], [["z0", 1.5], ["z1", None]])
    paths = record.log(
        3,
        Findings(
            {"metric/mig": 0.5}, {"metric/mig_matrix": table}, {"latent/traversals": PICTURE, "latent/film": FILM}
        ),
    )
    assert rows(tmp_path) == [
        {
            "step": 3,
            "metric/mig": 0.5,
            "metric/mig_matrix": {"table": "tables/metric_mig_matrix_000000003.json"},
            "latent/traversals": {"picture": "pictures/traversals_000000003.png"},
            "latent/film": {"picture": "pictures/film_000000003.gif"},
        }
    ]
    written = json.loads((tmp_path / "tables" / "metric_mig_matrix_000000003.json").read_text())
    assert written == {"step": 3, "columns": ["", "posX"], "rows": [["z0", 1.5], ["z1", None]]}
    assert paths.keys() == {"latent/traversals", "latent/film"}
    with Image.open(paths["latent/traversals"]) as picture:
        assert picture.convert("RGB").tobytes() == PICTURE.tobytes()
    with Image.open(paths["latent/film"]) as film:
        assert film.n_frames == 3  # pyright: ignore[reportAttributeAccessIssue]
        assert film.info["loop"] == 0  # for ever


def test_the_record_reads_tables_and_pictures_back(tmp_path, record):
    claim(tmp_path, replace(SPRITES, evaluations=OF_VAE))
    for step in (3, 12):
        table = Columns(["", "posX"], [["z0", step]])
        record.log(step, Findings({"metric/mig": 0.5}, {"metric/scores": table}, {"latent/traversals": PICTURE}))
    record.log(13, Findings({}, {}, {"latent/traversal_gif": FILM}))
    opened = Record.open(tmp_path)
    assert opened.logged_table("metric/scores") == Columns(["", "posX"], [["z0", 12]])
    assert [path.name for path in opened.pictures] == [
        "traversals_000000003.png",
        "traversals_000000012.png",
        "traversal_gif_000000013.gif",
    ]
    assert all(path.is_file() for path in opened.pictures)
    assert opened.keys == ("metric/mig",)  # numbers alone
    assert opened.last() == {"metric/mig": 0.5}
    assert opened.step == 13
    with refused(SettingError, "key", expected="metric/scores", got="'metric/mig'"):
        opened.logged_table("metric/mig")
    with refused(SettingError, "key", expected="metric/mig", got="'latent/traversals'"):
        opened.series("latent/traversals")


def test_pictures_and_tables_leave_the_numbers_as_they_are(tmp_path):
    """The rows of a run with pictures hold the numbers of one without, to the last bit."""
    found = []
    for name, further in (("plain", ()), ("pictures", (Traversals(every=2),))):
        measured = (Disentanglement(metrics=("mig",), every=2), *further)
        train(replace(SPRITES, evaluations=measured), tmp_path / name)
        found.append(Record.open(tmp_path / name))
    numbers = [
        [{key: row[key] for key in row if key.split("/")[0] in ("step", "train", "metric")} for row in record.rows]
        for record in found
    ]
    assert numbers[0] == numbers[1]
    assert len(found[0].pictures) == 0
    assert [path.name for path in found[1].pictures[:2]] == [f"reconstructions_{step:09d}.png" for step in (2, 4)]
    assert found[1].logged_table("metric/mig_matrix").header[0] == ""


class Broken(Sink):
    """Fails at a step, or at its end."""

    def __init__(self, at: int | None = None):
        self.at, self.seen, self.closed = at, list[int](), list[int]()

    def log(self, step, findings, pictures):
        if step == self.at:
            raise ConnectionError("the server has gone away")
        self.seen.append(step)

    def close(self, exit_code):
        self.closed.append(exit_code)
        if self.at is None:
            raise ConnectionError("the server has gone away")


def test_a_sink_that_fails_is_left_out_with_one_warning_and_the_others_go_on(tmp_path, caplog):
    broken, sound = Broken(at=2), Broken(at=99)
    with caplog.at_level(logging.WARNING), Sinks(JsonLines(tmp_path), [broken, sound]) as sinks:
        for step in (1, 2, 3, 4):
            sinks.log(step, loss(1.0))
    assert [row["step"] for row in rows(tmp_path)] == [1, 2, 3, 4]
    assert (broken.seen, broken.closed) == ([1], [])
    assert (sound.seen, sound.closed) == ([1, 2, 3, 4], [0])
    (warning,) = caplog.records
    assert "Broken" in warning.message
    assert "the server has gone away" in warning.message


def test_a_sink_that_fails_at_its_end_costs_nothing(tmp_path, caplog):
    with Sinks(JsonLines(tmp_path), [Broken(), sound := Broken(at=99)]) as sinks:
        sinks.log(1, loss(1.0))
    assert sound.closed == [0]
    assert len(caplog.records) == 1


@pytest.mark.parametrize(("kind", "code"), [(ZeroDivisionError, 1), (KeyboardInterrupt, 130), (SystemExit, 1)])
def test_a_training_that_ends_by_an_exception_is_not_finished_at_a_sink(tmp_path, kind, code):
    with pytest.raises(kind), Sinks(JsonLines(tmp_path), [sink := Broken(at=99)]):
        raise kind
    assert sink.closed == [code]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_training_that_a_signal_stopped_is_not_finished_at_a_sink(tmp_path, number):
    with Sinks(JsonLines(tmp_path), [sink := Broken(at=99)]) as sinks:
        sinks.stopped(number)
    assert sink.closed == [128 + number]


def test_a_disk_that_takes_no_row_stops_the_training(tmp_path, record):
    usual = record._file
    with open("/dev/full", "ab", buffering=0) as full:
        record._file = full
        with pytest.raises(WriteError, match="cannot be written"):
            record.log(1, loss(1.0))
    record._file = usual


def test_a_picture_that_cannot_be_written_stops_the_training(tmp_path, record):
    (tmp_path / "pictures").write_text("a file where the folder should be")
    with pytest.raises(WriteError, match=r"traversals_000000001\.png"):
        record.log(1, Findings({}, {}, {"latent/traversals": PICTURE}))


def test_a_sink_of_your_own_receives_what_the_record_holds(tmp_path):
    sound, broken = Broken(at=99), Broken(at=2)
    train(replace(SPRITES, steps=3), tmp_path / "run", sinks=[broken, sound])
    assert (broken.seen, broken.closed) == ([1], [])
    assert (sound.seen, sound.closed) == ([1, 2, 3], [0])
    assert Record.open(tmp_path / "run").is_finished


def test_wandb_that_cannot_start_costs_no_training(tmp_path, caplog, monkeypatch):
    def fails(*_, **__):
        raise ImportError("no module named wandb")

    monkeypatch.setattr(WandbSink, "__init__", fails)
    run = replace(SPRITES, log=replace(SPRITES.log, wandb="offline"))
    train(run, tmp_path / "run")
    assert Record.open(tmp_path / "run").is_finished
    assert [each.levelname for each in caplog.records if each.name == "equilab.training"] == ["WARNING"]


@pytest.mark.slow
@pytest.mark.parametrize("given", [None, "elsewhere"])
def test_an_offline_run_keeps_its_files_in_its_folder_and_leaves_the_environment_as_it_was(
    tmp_path, monkeypatch, given
):
    monkeypatch.delenv("WANDB_ERROR_REPORTING", raising=False)
    monkeypatch.delenv("WANDB_DATA_DIR", raising=False)
    if given is not None:
        monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / given))  # of a person who wants another place
    names = ("WANDB_DATA_DIR", "WANDB_ERROR_REPORTING")
    before = [os.environ.get(name) for name in names]
    (tmp_path / "run").mkdir()
    scored = (Disentanglement(metrics=("mig",)),)
    run = replace(SPRITES, evaluations=scored, log=replace(SPRITES.log, wandb="offline"))
    claim(tmp_path / "run", run)
    with open_sinks(run, tmp_path / "run", None) as sinks:
        sinks.log(1, Findings({}, {"metric/scores": Columns(["score"], [["mig"]])}))
        assert [os.environ.get(name) for name in names] == before
    kept = tmp_path / (given or "run/wandb")
    assert list((kept / "artifacts" / "staging").iterdir())
