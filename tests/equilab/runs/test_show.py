"""The tables of runs: one, several side by side, means over seeds; and what each mistake is told."""

import json
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import pytest
from processes import TINY

from equilab.errors import DataError, SettingError
from equilab.objectives import VAE, FactorVAE
from equilab.runs.commands.show import Options, main, show
from equilab.runs.folder import claim
from equilab.runs.recipes import find_recipe
from equilab.runs.run import Run
from equilab.tables import format_value
from tests.refused import refused

MIG = {"vae": [0.1, 0.3], "factor": [0.5, 0.6, 0.7]}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of two methods with two and three seeds, of which only the records exist."""
    parent = tmp_path_factory.mktemp("study")
    run: Run = find_recipe(str(TINY))[1]
    folders = []
    for name, objective in (("vae", VAE()), ("factor", run.objective)):
        for seed, mig in enumerate(MIG[name]):
            folder = parent / f"{name}_s{seed}"
            folder.mkdir()
            claim(folder, replace(run, objective=objective, seed=seed))
            rows = [
                {"step": 60, "train/loss": 3.0, "time/steps_per_second": 30.0},
                {"step": 120, "train/loss": 2.0, "time/steps_per_second": 60.0},
                {
                    "step": 120,
                    "metric/mig": mig,
                    "metric/mig_floor_random": 0.01,
                    "metric/mig_ceiling": 0.9,
                    "metric/mig_posX": 0.2,
                    "time/evaluation": 1.0,
                },
            ]
            (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
            folders.append(folder)
    return folders


def cells(text: str, start: str) -> list[str]:
    """The cells of the first line that starts with this word."""
    line = next(line for line in text.splitlines() if line.startswith(start))
    return [cell.strip() for cell in line.split("   ") if cell.strip()]


def test_one_run_shows_scores_between_floors_and_ceilings(study):
    text = show(Options(runs=(study[0],)))
    assert cells(text, "mig")[:4] == ["mig", "0.1", "0.01", "0.9"]  # the untrained floor was not logged
    assert "parts of the scores, by factor" in text
    assert "posX" in text
    assert "(finished)" in text


def test_runs_stand_side_by_side_under_their_names(study):
    text = show(Options(runs=(study[0], study[2])))
    assert text.splitlines()[0].split() == ["vae_s0", "factor_s0", "unit"]
    assert cells(text, "metric/mig")[:3] == ["metric/mig", "0.1", "0.5"]
    assert cells(text, "objective")[1:3] == ["VAE", "FactorVAE"]
    assert cells(text, "time of all updates")[1:3] == ["3", "3"]  # 60 / 30 + 60 / 60 s
    assert "_ceiling" not in text


def test_seeds_become_a_mean_and_a_standard_deviation(study):
    text = show(Options(runs=tuple(study), seeds=True))
    assert [cell.strip() for cell in text.splitlines()[0].split("   ") if cell.strip()] == [
        "VAE, 2 seeds",
        "FactorVAE, 3 seeds",
        "unit",
    ]
    expected = [f"{format_value(mean(values))} +- {format_value(stdev(values))}" for values in MIG.values()]
    assert cells(text, "metric/mig")[1:3] == expected


def test_groups_and_folders_of_one_name_keep_a_column_each(study, tmp_path):
    """Two values of gamma with two seeds each are two groups; folders of one name are two runs."""
    run: Run = find_recipe(str(TINY))[1]
    folders = []
    for gamma in (10, 35.0, 10.0, 35):
        folder = tmp_path / str(len(folders)) / "run"
        folder.mkdir(parents=True)
        claim(folder, replace(run, objective=FactorVAE(gamma=gamma), seed=len(folders)))
        (folder / "metrics.jsonl").write_text('{"step": 120, "metric/mig": ' + str(gamma / 100) + "}\n")
        folders.append(folder)
    text = show(Options(runs=tuple(folders), seeds=True))
    assert cells(text, "objective.gamma")[1:3] == ["10", "35.0"]
    assert cells(text, "metric/mig")[1:3] == ["0.1 +- 0", "0.35 +- 0"]
    assert cells(show(Options(runs=tuple(folders))), "metric/mig")[1:5] == ["0.1", "0.35", "0.1", "0.35"]


def test_keys_choose_the_rows(study):
    text = show(Options(runs=tuple(study[:2]), keys=("train/*",)))
    assert cells(text, "train/loss")[1:3] == ["2", "2"]
    assert "metric/mig" not in text


def test_markdown_is_a_markdown_table(study):
    lines = show(Options(runs=tuple(study[:2]), markdown=True)).splitlines()
    assert lines[0] == "|  | vae_s0 | vae_s1 | unit |"
    assert lines[1] == "|---|---|---|---|"
    assert all(line.startswith("| ") and line.endswith(" |") for line in lines if line != lines[1])


def test_mistakes_are_explained(study, tmp_path, capsys):
    with refused(DataError, str(tmp_path / "run.json")):
        show(Options(runs=(tmp_path,)))
    with refused(SettingError, "keys", got="metric/mag"):
        show(Options(runs=tuple(study), keys=("metric/mag",)))
    assert main([]) == 2
    assert "RUN: expected one or more run folders" in capsys.readouterr().err


def test_the_command_prints_what_show_gives(study, capsys):
    assert main([str(study[0]), str(study[1])]) == 0
    assert capsys.readouterr().out == show(Options(runs=(study[0], study[1]))) + "\n"
