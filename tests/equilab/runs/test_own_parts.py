"""A loss and an evaluation of one's own: one class each in a recipe file; the loop is not touched."""

import json
import sys
from pathlib import Path

import pytest
from processes import finish, rows

from equilab.errors import DataError
from equilab.runs.record import Record
from tests.refused import refused

RECIPE = '''"""A VAE on small sprites, measured by an evaluation of this file."""

from dataclasses import dataclass

import torch
from PIL import Image

from equilab.data import MiniSprites
from equilab.keys import Key
from equilab.models import ConvVAE
from equilab.objectives import VAE
from equilab.runs.compute import Compute
from equilab.runs.evaluations import Columns, Evaluation, Findings, Moment
from equilab.runs.run import Logging, Run


@dataclass(frozen=True)
class Brightness(Evaluation):
    """The mean of decoded pixels over random images, with a table and a picture."""

    every: int = 2  # updates between two evaluations
    images: int = 8  # images, drawn at random

    keys = (
        Key("metric/brightness", "0 to 1", "mean of decoded pixels"),
        Key("metric/by_image", "table", "the same, by image"),
        Key("latent/first", "picture", "the first decoded image"),
    )

    def __call__(self, moment: Moment) -> Findings:
        chosen = torch.from_numpy(moment.rng("brightness").integers(len(moment.table), size=self.images))
        with torch.no_grad():
            decoded = moment.model(moment.table.gather(chosen))
        rows = [[index, float(image.mean())] for index, image in enumerate(decoded)]
        picture = Image.fromarray((255 * decoded[0, 0]).byte().numpy())
        return Findings(
            {"metric/brightness": float(decoded.mean())},
            {"metric/by_image": Columns(["image", "mean"], rows)},
            {"latent/first": picture},
        )


run = Run(
    data=MiniSprites(),
    model=ConvVAE(latent_dim=2),
    objective=VAE(),
    steps=5,
    batch_size=4,
    evaluations=(Brightness(),),
    compute=Compute(threads=1),
    log=Logging(every=1, checkpoint_every=2, wandb="off"),
)
'''


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "bright_recipe.py"
    path.write_text(RECIPE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    yield path
    sys.modules.pop("bright_recipe", None)


@pytest.mark.slow
def test_an_evaluation_of_your_own_is_trained_with_and_gone_on_with(recipe, tmp_path):
    folder = tmp_path / "run"
    words = ("--evaluations.brightness.images", 3)
    trained = finish(recipe, "--folder", folder, *words)
    assert trained.returncode == 0, trained.stderr
    found = [row["step"] for row in rows(folder) if "metric/brightness" in row]
    assert found == [2, 4, 5]
    unnamed = finish("--resume", folder, "--steps", 7)
    assert unnamed.returncode == 2
    assert "--modules" in unnamed.stderr
    longer = finish("--resume", folder, "--steps", 7, "--modules", "bright_recipe")
    assert longer.returncode == 0, longer.stderr
    assert "metric/brightness" in longer.stdout
    with refused(DataError, f"{folder / 'run.json'}: run.evaluations[0].type", hint="--modules"):
        Record.open(folder)
    record = Record.open(folder, modules=["bright_recipe"])
    assert record.series("metric/brightness").steps.tolist() == [2, 4, 5, 6, 7]
    table = record.logged_table("metric/by_image")
    assert (table.header, len(table.rows)) == (["image", "mean"], 3)
    last = record.last()["metric/brightness"]
    assert last == pytest.approx(sum(mean for _, mean in table.rows) / 3, rel=1e-6)
    assert [path.name for path in record.pictures][-1] == "first_000000007.png"
    assert "bright_recipe.Brightness" in json.dumps(json.loads((folder / "run.json").read_text())["run"])
