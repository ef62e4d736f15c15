"""Floors and ceilings: computed once, kept under all that decides them, and never a reason for a wrong number."""

import json
import logging
import os
from dataclasses import dataclass

import numpy as np
import pytest

from equilab.metrics import MCC, MIG, CodeTable, ScoreSettings, score_codes
from equilab.metrics import reference_cache as cache_module
from equilab.metrics.metric import generator_of
from equilab.metrics.references import factor_codes, random_codes

FACTORS = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
CODES = FACTORS + 0.4 * np.random.default_rng(0).standard_normal(FACTORS.shape)
NAMES = ["mig", "mcc"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache folder, and nothing in memory."""
    monkeypatch.setenv("EQUILAB_CACHE", str(tmp_path))
    forget(monkeypatch)
    return tmp_path / "references"


@pytest.fixture
def counted(monkeypatch):
    """The codes that MIG has scored."""
    seen, original = [], MIG.score

    def score(self, table, blocks, rng):
        seen.append(table.codes)
        return original(self, table, blocks, rng)

    monkeypatch.setattr(MIG, "score", score)
    return seen


def forget(monkeypatch):
    monkeypatch.setattr(cache_module, "_kept", {})


def test_floors_and_ceilings_are_computed_once_in_a_process_and_once_on_a_machine(folder, counted, monkeypatch):
    first = score_codes(CODES, FACTORS, metrics=NAMES)
    assert len(counted) == 3  # codes, floor, ceiling
    again = score_codes(CODES, FACTORS, metrics=NAMES)
    assert len(counted) == 4
    forget(monkeypatch)
    from_disk = score_codes(CODES, FACTORS, metrics=NAMES)
    assert len(counted) == 5
    assert first.flat() == again.flat() == from_disk.flat()
    assert first.white == again.white == from_disk.white
    assert len(list(folder.iterdir())) == 4  # two metrics, a floor and a ceiling; no temporary file


def test_what_is_kept_is_what_the_metrics_give(folder):
    for _ in range(2):
        found = score_codes(CODES, FACTORS, metrics=NAMES, seed=3).references
        table = CodeTable(CODES, FACTORS)
        for where, codes in (("floor_random", random_codes(table, seed=3)), ("ceiling", factor_codes(table))):
            for metric in (MIG(), MCC()):
                assert found[where][metric.name] == metric(codes, rng=generator_of(metric, 3)).value


OTHERS = {
    "codes": {"codes": CODES[::-1]},
    "names of factors": {"factor_names": ("a", "b", "c")},
    "settings that decide nothing": {"settings": ScoreSettings(repeats=1)},
}


@pytest.mark.parametrize("other", OTHERS)
def test_codes_and_names_decide_no_floor(folder, other):
    arguments = {"codes": CODES, "factors": FACTORS, "metrics": NAMES}
    score_codes(**arguments)
    files = set(folder.iterdir())
    score_codes(**arguments | OTHERS[other])
    assert set(folder.iterdir()) == files


DECIDING = {  # number of further files: of the floor and the ceiling of two metrics
    "factors": ({"factors": FACTORS[:, ::-1]}, 4),
    "seed": ({"seed": 1}, 4),
    "width": ({"codes": CODES[:, :2]}, 2),  # of the floor alone
    "blocks": ({"blocks": [(0, 1), 2]}, 2),
    "settings of a metric": ({"metrics": [MIG(bins=7), "mcc"]}, 2),
    "representation": ({"settings": ScoreSettings(representation="sampled"), "codes": (CODES, 0 * CODES)}, 4),
}


@pytest.mark.parametrize("deciding", DECIDING)
def test_all_that_decides_a_floor_is_in_its_key(folder, deciding):
    changes, further = DECIDING[deciding]
    arguments = {"codes": CODES, "factors": FACTORS, "metrics": NAMES}
    score_codes(**arguments)
    before = len(list(folder.iterdir()))
    found = score_codes(**arguments | changes)
    assert len(list(folder.iterdir())) == before + further
    cache_module._kept.clear()
    for file in folder.iterdir():
        file.unlink()
    assert score_codes(**arguments | changes).flat() == found.flat()


def test_another_version_is_another_key(folder, monkeypatch):
    score_codes(CODES, FACTORS, metrics=["mig"])
    monkeypatch.setattr("equilab.metrics.scoring.version", lambda package: "9")
    score_codes(CODES, FACTORS, metrics=["mig"])
    assert len(list(folder.iterdir())) == 4


def test_a_metric_of_ones_own_is_computed_each_time(folder):
    """Its source is not in the key: an edited metric would give its old floor."""
    seen = []

    @dataclass(frozen=True)
    class Own(MIG):
        def score(self, table, blocks, rng):
            seen.append(table)
            return super().score(table, blocks, rng)

    for _ in range(2):
        score_codes(CODES, FACTORS, metrics=[Own()])
    assert len(seen) == 6
    assert not folder.exists()


DAMAGE = {
    "empty": b"",
    "cut": b'{"scores": {"mig": 0.',
    "another kind": b"[1, 2]",
    "a word for a number": b'{"scores": {"mig": "a"}, "largest": {}}',
    "nothing kept": b'{"scores": {}, "largest": {}}',
    "deep": b"[" * 100_000,
    "no text": b"\xff\xfe\x00",
    "no digest": b'{"scores": {"mig": 0.5}, "largest": {}}',
    "another digest": b'{"scores": {"mig": 0.5}, "largest": {}, "sha256": "0"}',
    "large": b'{"scores": {"mig": 0.5}, "largest": {}}' + b" " * 2**20,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_computed_again_and_replaced(folder, monkeypatch, damage):
    found = score_codes(CODES, FACTORS, metrics=["mig"]).flat()
    kept = {file: file.read_bytes() for file in folder.iterdir()}
    for file in kept:
        file.write_bytes(DAMAGE[damage])
    forget(monkeypatch)
    assert score_codes(CODES, FACTORS, metrics=["mig"]).flat() == found
    assert {file: file.read_bytes() for file in folder.iterdir()} == kept


@pytest.mark.parametrize("field", ["scores", "largest"])
def test_an_edited_value_and_a_file_of_another_key_are_computed_again(folder, monkeypatch, caplog, field):
    found = score_codes(CODES, FACTORS, metrics=["mig"])
    kept = {file: file.read_bytes() for file in folder.iterdir()}
    edited = {file: json.loads(content) for file, content in kept.items()}
    for file, tree in edited.items():
        file.write_text(json.dumps(tree | {field: dict.fromkeys(tree[field], 0.5)}))
    swapped = dict(zip(kept, reversed(kept.values()), strict=True))
    for change in (lambda: None, lambda: [file.write_bytes(content) for file, content in swapped.items()]):
        change()
        forget(monkeypatch)
        caplog.clear()
        again = score_codes(CODES, FACTORS, metrics=["mig"])
        assert again.flat() == found.flat()
        assert again.white == found.white
        assert caplog.text.count("not those that were written") == 2
        assert {file: file.read_bytes() for file in folder.iterdir()} == kept


@pytest.mark.parametrize("planted", ["link", "pipe", "folder"])
def test_only_plain_files_are_read_and_no_link_is_written_through(folder, monkeypatch, tmp_path, planted):
    found = score_codes(CODES, FACTORS, metrics=["mig"]).flat()
    target = tmp_path / "precious"
    target.write_text(json.dumps({"scores": {"mig": 7.0}, "largest": {}}))
    for file in list(folder.iterdir()):
        file.unlink()
        {"link": lambda f: f.symlink_to(target), "pipe": os.mkfifo, "folder": os.mkdir}[planted](file)
    forget(monkeypatch)
    assert score_codes(CODES, FACTORS, metrics=["mig"]).flat() == found
    assert json.loads(target.read_text())["scores"] == {"mig": 7.0}


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EQUILAB_CACHE", str(tmp_path / "file"))
    forget(monkeypatch)
    with caplog.at_level(logging.WARNING):
        found = score_codes(CODES, FACTORS, metrics=["mig"])
    assert found.references["ceiling"]["mig"] > 0.9
    assert "not written" in caplog.text
