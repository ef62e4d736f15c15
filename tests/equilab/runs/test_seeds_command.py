"""Several seeds in one command, and the commands that it prints: how to go on, how to compare."""

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from processes import TINY, at_step, finish

from equilab.optimizers import Adam
from equilab.runs.command_lines import equilab, python
from equilab.runs.commands.train import main
from equilab.runs.record import Record

STOP = at_step(3, "os.kill(os.getpid(), signal.SIGTERM)")


@pytest.mark.slow
def test_seeds_are_trainings_of_their_own_and_a_second_call_goes_on(tmp_path):
    words = (TINY, "--folder", tmp_path / "runs", "--seeds", 0, 2, "--optimizer", "adam", "--steps", 6)
    done = finish(*words)
    assert done.returncode == 0, done.stderr
    records = [Record.open(tmp_path / "runs" / name) for name in ("s0", "s2")]
    assert [record.run.seed for record in records] == [0, 2]
    assert {record.run.optimizer for record in records} == {Adam()}
    assert all(record.is_finished for record in records)
    rows = [record.rows for record in records]
    assert f"equilab compare {tmp_path / 'runs' / 's0'} {tmp_path / 'runs' / 's2'}\n" in done.stderr
    assert finish(*words).returncode == 0
    assert [Record.open(record.folder).rows for record in records] == rows


@pytest.mark.parametrize("seeds", [["0", "0"], ["-1"], ["1.5"]])
def test_seeds_that_are_none_are_refused(tmp_path, seeds):
    wrong = finish(TINY, "--folder", tmp_path / "run", "--seeds", *seeds)
    assert wrong.returncode == 2
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_seeds_that_were_stopped_go_on_by_the_command_that_is_printed(tmp_path):
    """The command names the folder: that of tomorrow has another date."""
    stopped = finish(TINY, "--seeds", 0, 2, "--steps", 6, before=f"import os; os.chdir({str(tmp_path)!r})\n{STOP}")
    assert stopped.returncode == 128 + 15
    assert "compare them" not in stopped.stderr
    line = re.search(r"Go on with:\n  .*equilab train (.*)\n", stopped.stdout)
    assert line
    words = shlex.split(line[1])
    assert words[-2] == "--folder"
    assert re.fullmatch(r"runs/\d{4}-\d\d-\d\d_tiny", words[-1])
    assert not (tmp_path / words[-1] / "s2").exists()
    done = finish(*words, before=f"import os; os.chdir({str(tmp_path)!r})")
    assert done.returncode == 0, done.stderr
    assert all(Record.open(tmp_path / words[-1] / name).is_finished for name in ("s0", "s2"))
    assert f"compare {words[-1]}/s0 {words[-1]}/s2\n" in done.stderr


@pytest.mark.slow
def test_every_seed_is_trained_though_nobody_reads_the_tables(tmp_path):
    closed = "import os; reader, writer = os.pipe(); os.close(reader); os.dup2(writer, 1)"
    done = finish(TINY, "--folder", tmp_path, "--seeds", 0, 1, "--steps", 2, before=closed)
    assert done.returncode == 0, done.stderr
    assert all(Record.open(tmp_path / name).is_finished for name in ("s0", "s1"))


@pytest.mark.slow
def test_one_seed_has_nothing_to_be_compared_with(tmp_path):
    done = finish(TINY, "--folder", tmp_path / "runs", "--seeds", 3, "--steps", 2)
    assert done.returncode == 0, done.stderr
    assert "compare them" not in done.stderr


def test_the_command_is_that_of_the_interpreter(monkeypatch, tmp_path):
    own = Path(sys.executable).parent
    assert shutil.which("equilab", path=str(own))
    monkeypatch.setenv("PATH", str(own))
    assert equilab() == "equilab"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert equilab() == f"{python()} -m equilab"
    (tmp_path / "equilab").write_text("#!/bin/sh\n")
    (tmp_path / "equilab").chmod(0o755)
    assert equilab() == f"{python()} -m equilab"  # another installation's


@pytest.mark.parametrize("place", ["file", "file/run"])
@pytest.mark.parametrize("seeds", [[], ["--seeds", 0]])
def test_a_file_in_place_of_a_folder_is_named(tmp_path, place, seeds):
    (tmp_path / "file").write_text("mine")
    wrong = finish(TINY, "--folder", tmp_path / place, *seeds)
    assert wrong.returncode == 2
    assert "expected a folder, or a path where one can be made, got the file" in wrong.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_resume_takes_its_options_in_any_order(tmp_path):
    for words in (["--resume", tmp_path, "--steps", 9], ["--steps", 9, "--resume", tmp_path]):
        wrong = finish(*words)
        assert wrong.returncode == 2
        assert "expected the run.json of a run folder" in wrong.stderr


WRONG = {
    "no seeds": (["--seeds"], "--seeds: expected one or more different seeds, got none"),
    "commas": (["--seeds", "0,1"], "got 0,1; --seeds 0 1"),
    "both": (["--seeds", "0", "1", "--seed=2"], "--seed: expected --seed or --seeds, got both"),
    "an empty folder": (["--folder", ""], "expected a value, got an empty word"),
}


@pytest.mark.parametrize("name", WRONG)
def test_options_that_say_nothing_or_two_things_are_refused(tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    words, message = WRONG[name]
    assert main([str(TINY), *words]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_named_without_a_command_that_cannot_work(capsys):
    if not Path("/proc/self").exists():
        pytest.skip("a folder in which not even the administrator can write")
    assert main([str(TINY), "--folder", "/proc/nothing"]) == 1
    said = capsys.readouterr().err
    assert "/proc/nothing: cannot be written" in said
    assert "--resume" not in said


def test_a_misspelt_resume_gets_a_hint(capsys):
    assert main(["--resum", "runs/x"]) == 2
    assert "did you mean --resume?" in capsys.readouterr().err
