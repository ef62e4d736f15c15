"""The pages on training and logging: their snippets run, and the table of keys is the one in the code."""

import re
import sys
from pathlib import Path

import pytest
from processes import ROOT, finish, rows

from equilab.runs.keys import Keys, keys_table
from equilab.runs.recipes import find_recipe


def snippets(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(), flags=re.DOTALL)


def test_the_table_of_keys_is_the_one_in_the_code():
    assert keys_table().to_markdown() in (ROOT / "docs" / "logging.md").read_text()


@pytest.mark.slow
def test_the_snippets_of_the_logging_page_run(finished_run: Path, capsys):
    reading, declaring = snippets("logging.md")
    exec(reading, {"folder": finished_run})
    assert "metric/mig" in capsys.readouterr().out
    names: dict = {}
    exec(declaring, names)
    assert Keys(names["keys"]).lookup("train/capacity").unit == "nats"


@pytest.mark.slow
def test_an_objective_and_an_evaluation_of_your_own_train_and_resume(tmp_path, monkeypatch):
    """The files of docs/training.md, typed as they stand, trained for two updates and gone on with."""
    for code in (each for each in snippets("training.md") if each.startswith("# my_")):
        (tmp_path / code.splitlines()[0].removeprefix("# ")).write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    short = ("--steps", 2, "--batch-size", 4, "--log.wandb", "off", "--evaluations.contrast.every", 1)
    short += ("--evaluations.disentanglement.images", 10_000, "--evaluations.disentanglement.metrics", "mig")
    short += (
        "--evaluations.held-out-loss.images",
        64,
    )
    trained = finish(tmp_path / "my_recipe.py", "--folder", tmp_path / "run", *short)
    assert trained.returncode == 0, trained.stderr
    unnamed = finish("--resume", tmp_path / "run")
    assert unnamed.returncode == 2
    assert "--modules" in unnamed.stderr
    resumed = finish("--resume", tmp_path / "run", "--modules", "my_losses", "my_recipe")
    assert resumed.returncode == 0, resumed.stderr
    assert [row["step"] for row in rows(tmp_path / "run") if "latent/contrast" in row] == [1, 2]
    assert type(find_recipe(str(tmp_path / "my_recipe.py"))[1].objective).__name__ == "FreeBitsVAE"
    for name in ("my_losses", "my_recipe"):
        sys.modules.pop(name)
