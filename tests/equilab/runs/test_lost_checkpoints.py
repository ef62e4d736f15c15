"""Runs that had a checkpoint and have none: never begun again over their rows; and runs that had none yet."""

import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from small import SPRITES, AtStep, files

from equilab.errors import DataError
from equilab.runs import loop
from equilab.runs.evaluations import HeldOutLoss, Traversals
from equilab.runs.folder import claim
from equilab.runs.loop import train
from equilab.runs.rows import read_rows
from equilab.runs.stop import StoppedAtOnce
from tests.refused import refused

RARELY = replace(SPRITES, log=replace(SPRITES.log, checkpoint_every=1_000))


def numbers_of(folder: Path) -> list[dict]:
    """The rows of a run without times and memory, which differ."""
    rows = read_rows(folder / "metrics.jsonl")
    return [{key: value for key, value in row.items() if not key.startswith("time/")} for row in rows]


SAVED = {  # runs that end, or are stopped, long before the period of checkpoints is over
    "without evaluations": (RARELY, ()),
    "with an evaluation at the end": (replace(RARELY, evaluations=(HeldOutLoss(images=8),)), ()),
    "with its end on the period of an evaluation": (replace(RARELY, evaluations=(HeldOutLoss(2, images=8),)), ()),
    "stopped": (RARELY, (AtStep(2, lambda: signal.raise_signal(signal.SIGTERM)),)),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_run_whose_checkpoints_are_lost_is_not_begun_again(tmp_path, name):
    run, sinks = SAVED[name]
    train(run, tmp_path / "run", sinks=sinks)
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    before = files(tmp_path / "run")
    with refused(DataError, str(tmp_path / "run" / "checkpoints"), got="none", hint="put them back"):
        train(replace(run, steps=6), tmp_path / "run")
    assert files(tmp_path / "run") == before


def test_without_its_rows_it_is_begun_again(tmp_path):
    train(RARELY, tmp_path)
    shutil.rmtree(tmp_path / "checkpoints")
    with refused(DataError, str(tmp_path / "checkpoints"), expected="rows up to step 4", hint="remove metrics.jsonl"):
        train(RARELY, tmp_path)
    (tmp_path / "metrics.jsonl").unlink()
    assert train(RARELY, tmp_path).step == 4


def test_rows_beyond_the_period_of_checkpoints_had_one(tmp_path):
    """Whatever run.json says: a run from before it noted checkpoints, or one that was edited."""
    claim(tmp_path, replace(RARELY, log=replace(RARELY.log, checkpoint_every=2)))
    (tmp_path / "metrics.jsonl").write_text('{"step": 3}\n')
    with refused(DataError, str(tmp_path / "checkpoints"), expected="rows up to step 3"):
        train(replace(RARELY, log=replace(RARELY.log, checkpoint_every=2)), tmp_path)


def test_rows_from_before_the_first_checkpoint_are_begun_again(tmp_path):
    def crash() -> None:
        raise KeyboardInterrupt

    with pytest.raises(StoppedAtOnce):
        train(RARELY, tmp_path / "run", sinks=[AtStep(2, crash)])
    assert [row["step"] for row in read_rows(tmp_path / "run" / "metrics.jsonl")] == [1, 2]
    assert train(RARELY, tmp_path / "run").step == 4
    train(RARELY, tmp_path / "whole")
    assert numbers_of(tmp_path / "run") == numbers_of(tmp_path / "whole")


def test_ctrl_c_while_run_json_is_written_stops_a_run_that_can_go_on(tmp_path, monkeypatch):
    def interrupted(*arguments) -> None:
        signal.raise_signal(signal.SIGINT)
        claim(*arguments)

    monkeypatch.setattr(loop, "claim", interrupted)
    assert train(RARELY, tmp_path) == (0, signal.SIGINT)
    monkeypatch.undo()
    assert train(RARELY, tmp_path) == (4, None)


def test_evaluations_that_a_finished_run_lacks_are_made(tmp_path):
    """And those that it has are not repeated, whatever their period; the rows of before stay."""
    first, second = HeldOutLoss(2, images=8), Traversals()
    train(replace(RARELY, evaluations=(first,)), tmp_path / "run")
    before = (tmp_path / "run" / "metrics.jsonl").read_bytes()
    further = replace(RARELY, evaluations=(replace(first, every=0), second))
    assert train(further, tmp_path / "run") == (4, None)
    after = (tmp_path / "run" / "metrics.jsonl").read_bytes()
    assert after.startswith(before)
    train(replace(RARELY, evaluations=(second,)), tmp_path / "whole")
    assert numbers_of(tmp_path / "run")[-1] == numbers_of(tmp_path / "whole")[-1]
    assert len(numbers_of(tmp_path / "run")) == before.count(b"\n") + 1
    train(further, tmp_path / "run")
    assert (tmp_path / "run" / "metrics.jsonl").read_bytes() == after
