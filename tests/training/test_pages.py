"""The pages on training and logging: their snippets run, and the table of keys is the one in the code."""

import re
import sys
from pathlib import Path

import pytest
from processes import ROOT, finish

from training import keys
from training.keys import declared_keys, keys_table
from training.recipes import find_recipe


def snippets(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(), flags=re.DOTALL)


def test_the_table_of_keys_is_the_one_in_the_code():
    assert keys_table().markdown() in (ROOT / "docs" / "logging.md").read_text()


@pytest.mark.slow
def test_the_snippets_of_the_logging_page_run(finished_run: Path, monkeypatch, capsys):
    monkeypatch.setattr(keys, "_DECLARED", list(declared_keys()))
    reading, declaring = snippets("logging.md")
    exec(reading, {"folder": finished_run})
    assert "metric/mig" in capsys.readouterr().out
    exec(declaring)
    assert keys.lookup("train/capacity").unit == "nats"


@pytest.mark.slow
def test_an_objective_of_your_own_trains_and_resumes(tmp_path, monkeypatch):
    """The files of docs/training.md, typed as they stand, trained for two updates and gone on with."""
    for code in snippets("training.md"):
        (tmp_path / code.splitlines()[0].removeprefix("# ")).write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    short = ("--steps", 2, "--log.protocol", "none", "--log.wandb", "off")
    trained = finish(tmp_path / "my_recipe.py", "--folder", tmp_path / "run", *short)
    assert trained.returncode == 0, trained.stderr
    unnamed = finish("--resume", tmp_path / "run")
    assert unnamed.returncode == 2
    assert "--modules" in unnamed.stderr
    resumed = finish("--resume", tmp_path / "run", "--modules", "my_losses")
    assert resumed.returncode == 0, resumed.stderr
    assert type(find_recipe(str(tmp_path / "my_recipe.py"))[1].objective).__name__ == "WarmUpVAE"
    sys.modules.pop("my_losses")
