"""The tables of runs: one, several side by side, means over seeds; the message of each mistake."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import pytest
from processes import ROOT, TINY
from small import SPRITES, write_record

from equilab.data import MiniSprites
from equilab.errors import DataError, SettingError
from equilab.models import ConvVAE
from equilab.objectives import VAE, FactorVAE
from equilab.runs.commands.show import Options, main, show
from equilab.runs.commands.show_tables import one_run, state
from equilab.runs.folder import claim
from equilab.runs.loop import train
from equilab.runs.recipes import find_recipe
from equilab.runs.record import Record
from equilab.runs.run import Run
from equilab.runs.run_folders import find_runs
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
                    "metric/scores": {"table": "tables/scores.json"},
                    "equivariance/worst": 2e-6,
                    "time/evaluation": 1.0,
                },
            ]
            (folder / "tables").mkdir()
            columns = ["score", "value", "floor_random", "floor_untrained", "ceiling", "posX"]
            scores = {"columns": columns, "rows": [["mig", mig, 0.01, None, 0.9, 0.2]]}
            (folder / "tables" / "scores.json").write_text(json.dumps(scores))
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
    parts = text.partition("parts of the scores, by factor\n")[2]
    assert cells(parts, "score") == ["score", "posX"]
    assert cells(parts, "mig") == ["mig", "0.2"]
    assert "(finished)" in text
    assert "metric/mig" not in text  # nothing is shown twice


def test_the_scores_are_those_of_the_logged_table(study, tmp_path):
    """Columns of the table that are no factor of the data, and factors named like references, are read as they are."""
    folder = tmp_path / "run"
    shutil.copytree(study[0], folder)
    columns = ["score", "value", "ceiling", "pose/yaw", "ceiling"]
    table = {"columns": columns, "rows": [["mig", 0.123, 0.9, 0.7, 0.2], ["factor_vae_score", 0.6, None, None, None]]}
    (folder / "tables" / "scores.json").write_text(json.dumps(table))
    text = show(Options(runs=(folder,)))
    assert cells(text, "mig")[:3] == ["mig", "0.123", "0.9"]
    assert cells(text, "factor_vae_score")[:2] == ["factor_vae_score", "0.6"]
    parts = text.partition("by factor\n")[2]
    assert cells(parts, "score") == ["score", "pose/yaw", "ceiling"]
    assert cells(parts, "mig") == ["mig", "0.7", "0.2"]


def test_equivariance_errors_are_shown(study, tmp_path):
    """Of one run and of several, whether or not it has scores."""
    assert cells(show(Options(runs=(study[0],))), "equivariance/worst")[:2] == ["equivariance/worst", "2e-06"]
    assert cells(show(Options(runs=tuple(study[:2]))), "equivariance/worst")[1:3] == ["2e-06", "2e-06"]
    assert cells(show(Options(runs=tuple(study), seeds=True)), "equivariance/worst")[1:3] == ["2e-06 +- 0"] * 2


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


def test_a_seed_counts_once(study, tmp_path):
    shutil.copytree(study[0], tmp_path / "copy")
    with refused(DataError, "RUN", got=f"{study[0]} and {tmp_path / 'copy'}, of equal settings and seed 0"):
        show(Options(runs=(*study, tmp_path / "copy"), seeds=True))


@pytest.fixture
def stopped(study, tmp_path) -> list[Path]:
    """Three runs of one setting, of which one stopped early with far higher scores."""
    folders = [tmp_path / f"run_{seed}" for seed in range(3)]
    for seed, (folder, source) in enumerate(zip(folders, study[2:], strict=True)):
        shutil.copytree(source, folder)
        if seed == 2:
            (folder / "metrics.jsonl").write_text('{"step": 60, "train/loss": 3.0, "metric/mig": 99.0}\n')
    return folders


def test_an_unfinished_run_has_no_part_in_the_means(stopped, capsys):
    expected = [format_value(mean(MIG["factor"][:2])), format_value(stdev(MIG["factor"][:2]))]
    assert cells(show(Options(runs=tuple(stopped), seeds=True)), "metric/mig")[1] == " +- ".join(expected)
    assert capsys.readouterr().err == f"warning: {stopped[2]} is left out: it is at step 60 of 120\n"
    kept = show(Options(runs=tuple(stopped), seeds=True, unfinished=True))
    values = [*MIG["factor"][:2], 99.0]
    assert cells(kept, "metric/mig")[1] == f"{format_value(mean(values))} +- {format_value(stdev(values))}"
    assert kept.splitlines()[0].split("   ")[-2].strip() == "FactorVAE, 3 seeds, 1 unfinished"
    assert capsys.readouterr().err == ""
    with refused(DataError, "RUN", expected="a finished run", hint="--unfinished"):
        show(Options(runs=(stopped[2],), seeds=True))


def test_a_folder_of_runs_lists_its_runs(stopped, study):
    text = show(Options(runs=(stopped[0].parent,)))
    assert cells(text, "run   ")[:4] == ["run", "method", "seed", "state"]
    assert cells(text, "run_0")[:4] == ["run_0", "FactorVAE", "0", "finished"]
    assert cells(text, "run_2")[3] == "at step 60 of 120"
    listed = show(Options(runs=(study[0].parent,)))
    assert cells(listed, "run   ")[4:] == ["mig"]
    assert [line.split()[-1] for line in listed.splitlines()[1:]] == [
        f"{mig:g}" for mig in (*MIG["factor"], *MIG["vae"])
    ]
    seeds = show(Options(runs=(study[0].parent,), seeds=True))
    ordered = show(Options(runs=(*study[2:], *study[:2]), seeds=True))
    assert seeds == ordered


def test_runs_are_found_below_a_folder_of_folders(study, tmp_path):
    for name in ("a/b/one", "a/two"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(study[0], tmp_path / name)
    (tmp_path / "a" / "notes").mkdir()
    assert find_runs([tmp_path]) == [tmp_path / "a/b/one", tmp_path / "a/two"]
    assert find_runs([tmp_path / "a/two", tmp_path / "a/notes"]) == [tmp_path / "a/two", tmp_path / "a/notes"]


def test_a_reader_that_goes_away_is_no_error(study):
    """As `equilab show RUN | head -1`: status 0 and nothing on stderr, though the pipe closes before all is written."""
    words = [sys.executable, "-m", "equilab", "show", *map(str, study * 300), "--markdown"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_the_latent_is_shown(finished_run):
    text = show(Options(runs=(finished_run,)))
    table = text.partition("\nlatent\n")[2]
    assert table == str(Record.open(finished_run).latents)
    assert "\nlatent\n" not in show(Options(runs=(finished_run,), latents=False))


def test_a_latent_that_cannot_be_measured_says_why(study, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(study[0], folder)
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 120, "latent/kl_00": 3.0, "time/evaluation": 1.0}\n')
    assert (
        show(Options(runs=(folder,))).splitlines()[-1] == f"not measured: {folder}: expected a checkpoint, got none yet"
    )


def test_groups_and_folders_of_one_name_keep_a_column_each(study, tmp_path):
    """Two values of gamma with two seeds each are two groups; folders of one name are two runs."""
    run: Run = find_recipe(str(TINY))[1]
    folders = []
    for gamma in (10, 35.0, 10.0, 35):
        folder = tmp_path / str(len(folders)) / "run"
        folder.mkdir(parents=True)
        claim(folder, replace(run, objective=FactorVAE(gamma=gamma), seed=len(folders)))
        (folder / "metrics.jsonl").write_text(
            json.dumps({"step": 120, "metric/mig": gamma / 100, "time/evaluation": 1.0}) + "\n"
        )
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


def test_a_run_whose_tables_are_lost_is_shown_without_them(finished_run, tmp_path):
    folder = shutil.copytree(finished_run, tmp_path / "run")
    shutil.rmtree(folder / "tables")
    tables = one_run(Record.open(folder), latents=False)
    assert "the table is lost" in tables["scores"]
    assert "train/loss" in str(next(iter(tables.values())))


def test_a_run_that_recovered_from_a_loss_beyond_all_meaning_has_not_diverged(tmp_path):
    claim(tmp_path, replace(SPRITES, steps=9))
    rows = [{"step": 1, "train/loss": 2.0}, {"step": 2, "train/loss": 1e30}]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert state(Record.open(tmp_path)) == "diverged, at step 2 of 9"
    rows += [{"step": 3, "train/loss": 2.0}, {"step": 3, "metric/mig": 0.1, "time/evaluation": 1.0}]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert state(Record.open(tmp_path)) == "at step 3 of 9"


def test_a_run_whose_rows_are_lost_says_so(tmp_path):
    train(replace(SPRITES, steps=3), tmp_path)
    (tmp_path / "metrics.jsonl").write_text("")
    assert state(Record.open(tmp_path)) == "its rows are lost; checkpoint of step 3 of 3"


def test_long_methods_of_a_list_stay_apart(tmp_path):
    """Shortened, where their beginnings differ."""
    many = replace(
        SPRITES, data=MiniSprites(shapes=2, scales=2, orientations=3, positions=5), steps=12_345, batch_size=7
    )
    for name, run in {"a": SPRITES, "b": many, "c": replace(many, model=ConvVAE(latent_dim=9))}.items():
        write_record(tmp_path / name, run, {})
    text = show(Options(runs=(tmp_path,)))
    assert "model.latent_dim=9" in text
    assert text.count("model.latent_dim=3") == 2
    shutil.rmtree(tmp_path / "c")
    assert " ... " in show(Options(runs=(tmp_path,)))
