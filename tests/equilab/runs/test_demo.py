"""The demo: it trains, shows its table and pictures, names the next commands; a stopped one goes on."""

import pytest
from processes import TINY

from equilab.runs.commands.demo import demo
from equilab.runs.recipes import find_recipe
from equilab.runs.record import Record


@pytest.mark.slow
def test_the_demo_ends_with_its_table_its_pictures_and_what_to_try_next(tmp_path, capsys):
    folder = tmp_path / "demo"
    assert demo(str(TINY), folder) == 0
    shown = capsys.readouterr().out
    for part in ("random codes", "untrained", "factors as codes", f"pictures: {folder / 'pictures'}"):
        assert part in shown
    for command in (
        f"wandb leet {folder}/wandb",
        "equilab train factor_vae",
        "--resume runs/full",
    ):
        assert command in shown
    rows = Record.open(folder).rows
    assert demo(str(TINY), folder) == 0  # it is only shown again
    assert capsys.readouterr().out == shown
    assert Record.open(folder).rows == rows


def test_the_demo_is_a_factor_vae_on_dsprites():
    _, run = find_recipe("demo")
    assert type(run.data).__name__ == "DSprites"
    assert type(run.objective).__name__ == "FactorVAE"
