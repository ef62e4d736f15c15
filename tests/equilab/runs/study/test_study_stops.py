"""Around a stop of a study: the command that goes on, a rerun without failures, run folders that are links."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from pools import LONG
from small import SPRITES

from equilab.errors import DataError
from equilab.runs.commands.study import PoolOptions, _command, main
from equilab.runs.study import Study, run_study
from equilab.runs.study.planned import planned_runs
from equilab.runs.study.states import claimed
from tests.refused import refused


def test_the_command_to_go_on_has_every_option_that_was_given():
    options = PoolOptions("my study.py", Path("a b"), "1/2", 3, 2)
    words = shlex.split(_command("rerun failed", options))
    start = words.index("study")
    assert words[start:] == [
        *("study", "rerun", "failed", "my study.py", "--folder", "a b", "--shard", "1/2"),
        *("--processes", "3", "--threads", "2"),
    ]


def test_a_rerun_without_a_failure_says_so(tmp_path, capsys):
    assert main(["rerun", "failed", str(LONG), "--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "no run has failed\n"


def test_a_run_folder_may_be_a_link_and_its_claim_may_not(tmp_path):
    elsewhere, link = tmp_path / "disk", tmp_path / "run"
    elsewhere.mkdir()
    link.symlink_to(elsewhere)
    with claimed(link):
        assert (elsewhere / ".claim").exists()
    (elsewhere / ".claim").unlink()
    (elsewhere / ".claim").symlink_to(tmp_path / "other")
    with refused(DataError, str(link / ".claim"), hint="remove the link"), claimed(link):
        pass


@pytest.mark.slow
def test_a_linked_run_folder_is_trained(tmp_path):
    study = Study([replace(SPRITES, seed=7)])
    (planned,) = planned_runs(study, tmp_path / "study")
    (tmp_path / "disk").mkdir()
    planned.folder.parent.mkdir()
    planned.folder.symlink_to(tmp_path / "disk")
    assert run_study(study, tmp_path / "study", processes=1).status.counts["done"] == 1
    assert (tmp_path / "disk" / "run.json").exists()
