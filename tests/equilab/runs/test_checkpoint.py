"""Checkpoint files: which are kept, which is newest, and what is never loaded."""

import io
import os
from hashlib import sha256

import pytest
import torch

from equilab.errors import DataError
from equilab.runs.checkpoint import checkpoints, load_newest, save
from equilab.runs.writing import WriteError
from tests.refused import refused


def test_the_newest_two_steps_are_kept(tmp_path):
    for step in (10, 20, 30):
        save(tmp_path, step, {"step": step})
    assert [path.name[:14] for path in checkpoints(tmp_path)] == ["step_000000030", "step_000000020"]
    assert load_newest(tmp_path) == {"step": 30}


def test_a_step_saved_again_takes_the_place_of_the_first(tmp_path):
    """Whatever the digests' order: the file before an evaluation gives way to the one after it."""
    save(tmp_path, 10, {"step": 10})
    for count in range(8):
        save(tmp_path, 20, {"step": 20, "count": count})
        assert len(checkpoints(tmp_path)) == 2
        assert load_newest(tmp_path) == {"step": 20, "count": count}


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    (tmp_path / ".step_000000010_0123456789abcdef.pt.42").write_bytes(b"half")
    save(tmp_path, 20, {"step": 20})
    assert [path.name[:14] for path in tmp_path.iterdir()] == ["step_000000020"]


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path):
    buffer = io.BytesIO()
    torch.save({"step": Hostile(tmp_path / "owned")}, buffer)
    digest = sha256(buffer.getvalue()).hexdigest()[:16]
    save(tmp_path, 10, {"step": 10})
    (tmp_path / f"step_000000020_{digest}.pt").write_bytes(buffer.getvalue())
    with pytest.warns(RuntimeWarning, match="refused"):
        assert load_newest(tmp_path) == {"step": 10}
    checkpoints(tmp_path)[1].unlink()
    with pytest.warns(RuntimeWarning), refused(DataError, str(tmp_path), expected="an intact checkpoint"):
        load_newest(tmp_path)
    assert not (tmp_path / "owned").exists()


def test_a_disk_that_is_full_is_named_with_what_is_intact(tmp_path, monkeypatch):
    save(tmp_path, 10, {"step": 10})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("equilab.runs.checkpoint.write_atomically", full)
    with pytest.raises(WriteError, match=r"step 20 .*No space left on device.*step_000000010_\w+\.pt is intact"):
        save(tmp_path, 20, {"step": 20})
    assert load_newest(tmp_path) == {"step": 10}
