"""The pages on studies: their files are studies, their Python runs, their commands are those of the command."""

import os
import re
import shlex
import subprocess
from collections import Counter
from dataclasses import replace

import pytest
from processes import ROOT
from small import SPRITES

from equilab.objectives import Classification
from equilab.runs import Disentanglement
from equilab.runs.commands.study import main
from equilab.runs.study import Study
from equilab.runs.study.study_file import load_study

PAGE = (ROOT / "docs" / "studies.md").read_text()
FILE, PYTHON = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
COMMANDS = re.findall(r"^equilab study (.*?)(?:#.*)?$", PAGE, flags=re.MULTILINE)


def test_the_file_of_the_page_is_a_study_of_25_runs(tmp_path):
    path = tmp_path / "betas.py"
    path.write_text(FILE)
    found = Counter(type(run.objective).__name__ for run in load_study(path).runs)
    assert found == {"VAE": 5, "BetaVAE": 15, "FactorVAE": 5}


def test_the_commands_of_the_page_take_their_words(tmp_path, capsys, monkeypatch):
    """Each with --help behind it, which does nothing else."""
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) == 5
    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([*shlex.split(command), "--help"])
        assert ended.value.code == 0
        assert f"equilab study {command.split()[0]}" in capsys.readouterr().out


@pytest.mark.slow
def test_the_python_of_the_page_plans_trains_and_collects(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scored = Disentanglement(metrics=("mig",))
    names = {"study": Study([replace(SPRITES, evaluations=(scored,))])}
    exec(PYTHON, names)
    shown = capsys.readouterr().out
    assert "1 runs, 0 done, 1 to train" in shown
    assert shown.endswith("1 runs: 0 planned, 0 running, 1 done, 0 failed\n")
    assert [row[names["results"].rows.header.index("score")] for row in names["results"].rows.rows] == ["metric/mig"]


@pytest.mark.skipif(os.name == "nt", reason="sed is a command of Unix")
def test_the_study_of_the_page_of_numbers_is_the_one_of_its_table(tmp_path):
    """10 epochs and at least 500 updates of two networks, made from low_data by the page's own command."""
    page = (ROOT / "docs" / "numbers.md").read_text()
    (line,) = re.findall(r"^sed .*fewer\.py$", page, flags=re.MULTILINE)
    subprocess.run(line.replace("> fewer.py", f"> {tmp_path / 'fewer.py'}"), shell=True, check=True, cwd=ROOT)
    runs = load_study(tmp_path / "fewer.py").runs
    assert {(type(run.model).__name__, run.data.num_train) for run in runs} == {
        (name, num_train) for name in ("Z2CNN", "P4CNN") for num_train in (100, 300, 1_000, 3_000, 12_000)
    }
    assert {run.steps for run in runs} == {500, 938}
    assert len(runs) == 30
    assert {type(run.objective) for run in runs} == {Classification}
