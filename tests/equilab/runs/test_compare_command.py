"""The command compare: on records of known scores, on real small trainings, and the message of each mistake."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from processes import TINY
from small import DIGITS, write_record

from equilab.data import MiniSprites
from equilab.metrics import udr, variance_shares
from equilab.models import ConvVAE
from equilab.objectives import VAE, BetaVAE
from equilab.runs.commands.compare import main
from equilab.runs.commands.show import main as show_main
from equilab.runs.comparison import compare
from equilab.runs.loop import train
from equilab.runs.recipes import find_recipe
from equilab.runs.record import Record
from equilab.runs.run import Compute, Logging, Run
from equilab.runs.settings import settings_of

MIG = {"vae": [0.1, 0.3], "beta4": [0.5, 0.6, 0.4], "beta16": [0.2, 0.25]}
OBJECTIVES = {"vae": VAE(), "beta4": BetaVAE(4.0), "beta16": BetaVAE(16.0)}


def scores_of(mig: float) -> dict[str, float]:
    scores = {"metric/mig": mig, "metric/factor_vae_score": 1 - mig}
    return scores | {f"{key}_ceiling": 1.0 for key in scores} | {"metric/mig_posX": 0.2}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of three settings of two methods."""
    parent = tmp_path_factory.mktemp("study")
    run: Run = find_recipe(str(TINY))[1]
    return [
        write_record(
            parent / f"{name}_s{seed}", replace(run, objective=OBJECTIVES[name], seed=seed), scores_of(mig)
        ).folder
        for name, values in MIG.items()
        for seed, mig in enumerate(values)
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Real trainings of two updates: a setting with two seeds, and one with a single seed."""
    parent = tmp_path_factory.mktemp("trained")
    folders = []
    for beta, seed in ((1.0, 0), (1.0, 1), (4.0, 0)):
        run = Run(
            data=MiniSprites(shapes=1, scales=1, orientations=2),
            model=ConvVAE(latent_dim=3),
            objective=BetaVAE(beta),
            steps=2,
            batch_size=4,
            seed=seed,
            precision="float32",
            compute=Compute(threads=1),
            log=Logging(wandb="off"),
        )
        folder = parent / f"beta{beta:g}_s{seed}"
        train(run, folder)
        folders.append(folder)
    return folders


def test_the_tables_hold_the_logged_scores_of_each_setting(runs, capsys):
    assert main([*map(str, runs), "--udr", "none"]) == 0
    text = capsys.readouterr().out
    rows = {line.split("   ")[0].strip(): line.split() for line in text.splitlines() if line}
    assert rows["setting"] == ["setting", "seeds", "mig", "factor_vae_score"]
    assert rows["BetaVAE beta=4"][2:6] == ["3", "0.500", "[0.400,", "0.600]"]
    assert rows["VAE"][1:3] == ["2", "0.200"]
    assert rows["mig"][:3] == ["mig", *(f"{share:.3f}" for share in shares()[:2])]
    assert "Rank correlation over 7 runs" in text
    assert "Selection" not in text


def shares() -> tuple[float, ...]:
    methods = ["VAE"] * 2 + ["BetaVAE"] * 5
    return variance_shares(np.concatenate([*MIG.values()]), methods=methods, settings=[""] * 2 + ["4"] * 3 + ["16"] * 2)


def test_every_pair_of_settings_is_compared_first(runs, capsys):
    """The differences are those of the Python door; a folder stands for its runs."""
    assert main([str(runs[0].parent)]) == 0
    text = capsys.readouterr().out
    expected = str(compare([Record.open(folder) for folder in sorted(runs)]))
    assert text.startswith(expected + "\n\nScores: ")
    assert "3 pairs of methods by Bonferroni" in text
    assert main([*map(str, sorted(runs)), "--confidence", "0.5", "--scores", "mig"]) == 0
    narrow = compare([Record.open(folder) for folder in sorted(runs)], confidence=0.5, scores=["mig"])
    assert capsys.readouterr().out.startswith(str(narrow))


def test_files_hold_every_number_and_the_picture(runs, tmp_path, capsys):
    """A link in the place of a file is replaced, not followed."""
    (tmp_path / "other").write_text("other")
    for name in ("study.json", "rank_correlations.png"):
        (tmp_path / name).symlink_to(tmp_path / "other")
    assert main([*map(str, runs), "--udr", "none", "--scores", "mig", "factor_vae_score", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "other").read_text() == "other"
    tree = json.loads((tmp_path / "study.json").read_text())
    assert [each["scores"]["mig"] for each in tree["runs"]] == [mig for values in MIG.values() for mig in values]
    assert [each["setting"] for each in tree["runs"][2:]] == ["beta=4"] * 3 + ["beta=16"] * 2
    expected = compare([Record.open(folder) for folder in runs])
    assert [row["mean"] for row in tree["differences"]["rows"]] == [each.mean for each in expected]
    assert [row["verdict"] for row in tree["differences"]["rows"]] == [each.verdict for each in expected]
    assert tree["rank_correlations"]["matrix"][0][1] == pytest.approx(-1)
    assert list(tree["variance_shares"]["mig"].values()) == pytest.approx(shares())
    with Image.open(tmp_path / "rank_correlations.png") as picture:
        assert picture.width > 100
    assert "written: " in capsys.readouterr().err


def test_an_unfinished_run_is_left_out_by_name(runs, tmp_path, capsys):
    run = replace(find_recipe(str(TINY))[1], objective=VAE(), seed=9)
    folder = write_record(tmp_path / "stopped", run, scores_of(0.9), finished=False).folder
    assert main([*map(str, runs), str(folder), "--udr", "none"]) == 0
    said = capsys.readouterr()
    assert f"warning: {folder} is left out: it is at step 7 of 120" in said.err
    assert "over 7 runs" in said.out
    assert main([str(runs[0]), str(folder)]) == 2
    assert "RUN: expected two or more finished runs, got 1" in capsys.readouterr().err


def test_models_are_scored_again_and_ranked_by_udr(trained, tmp_path, capsys):
    options = ["--protocol", "locatello2019", "--scores", "mig", "--udr", "spearman", "--out", str(tmp_path)]
    assert main([*map(str, trained), *options]) == 0
    text = capsys.readouterr().out
    assert "Selection by udr_spearman" in text
    tree = json.loads((tmp_path / "study.json").read_text())
    codes, kl = [], []
    for folder in trained:
        opened = Record.open(folder)
        posterior = opened.model().encode(opened.run.data.table.gather(torch.arange(len(opened.run.data))))
        codes.append(posterior.mean.detach().numpy().astype(float))
        kl.append(posterior.kl().detach().numpy().astype(float).mean(0))
    expected = udr(codes, kl=kl, method="spearman", groups=[0, 0, 1])
    found = [each["udr_spearman"] for each in tree["runs"]]
    assert found[:2] == pytest.approx(expected.scores[:2].tolist(), abs=1e-3)
    assert found[2] is None  # no other seed of its setting to be compared with
    assert [each["setting"] for each in tree["runs"]] == ["beta=1", "beta=1", "beta=4"]
    assert main([*map(str, trained), *options[:-2], "--among", "all"]) == 0


def test_settings_are_what_runs_differ_in_but_for_seed_and_log():
    run: Run = find_recipe(str(TINY))[1]
    beta = replace(run, objective=BetaVAE(4.0))
    assert settings_of([run, replace(run, seed=3, log=Logging(every=7))]) == ("", "")
    assert settings_of([beta, replace(beta, objective=BetaVAE(16.0)), run]) == ("beta=4", "beta=16", "")
    wide = replace(beta, model=ConvVAE("locatello", latent_dim=4))
    assert settings_of([beta, wide]) == ("model.network=burgess", "model.network=locatello")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--scores", "dci", "--udr", "none"],
            "scores: expected scores that all runs logged: mig, factor_vae_score, got 'dci'",
        ),
        (["--udr", "lasso"], "expected a checkpoint, got none"),
        (["--protocol", "locatelo2019"], "did you mean locatello2019?"),
    ],
    ids=["score", "checkpoint", "protocol"],
)
def test_a_score_or_model_that_is_not_there_is_named(runs, capsys, options, message):
    assert main([*map(str, runs), *options]) == 2
    assert message in capsys.readouterr().err


def test_runs_that_cannot_be_compared_are_refused(runs, tmp_path, capsys):
    run = replace(find_recipe(str(TINY))[1], objective=VAE())
    other = write_record(tmp_path / "other", replace(run, data=MiniSprites(scales=1)), scores_of(0.5)).folder
    twin = write_record(tmp_path / "twin", replace(run, log=Logging(every=9)), scores_of(0.5)).folder
    digits = [tmp_path / f"digits{seed}" for seed in (0, 1)]
    for seed, folder in enumerate(digits):
        train(replace(DIGITS, steps=1, seed=seed), folder)
    cases: list[tuple[list[Path | str], str]] = [
        ([runs[0], tmp_path / "none"], "run.json"),
        ([runs[0]], "RUN: expected two or more finished runs, got 1"),
        ([runs[0], runs[0]], f"got {runs[0].name} twice"),
        ([runs[0], other], "expected runs on one data set"),
        ([runs[0], twin], "of equal settings and seed 0"),
        ([*digits], "scores: expected a score that all runs logged, got none"),
        ([runs[0], runs[2], "--udr", "lasso"], "train further seeds"),
        ([*digits, "--protocol", "locatello2019", "--udr", "none"], "expected a variational autoencoder"),
    ]
    for words, message in cases:
        assert main([str(word) for word in words]) == 2
        assert message in capsys.readouterr().err


def test_a_broken_run_in_a_folder_of_runs_is_left_out_by_name(runs, tmp_path, capsys):
    """Its run.json, or its rows; one that is named itself is an error."""
    for folder in runs:
        shutil.copytree(folder, tmp_path / folder.name)
    (tmp_path / "vae_s0" / "run.json").write_text("{")
    (tmp_path / "beta4_s0" / "metrics.jsonl").write_text("no row\n")
    whole = [folder.name for folder in sorted(runs) if folder.name not in ("vae_s0", "beta4_s0")]
    assert main([str(tmp_path)]) == 0
    found = capsys.readouterr()
    for name in ("vae_s0", "beta4_s0"):
        assert f"warning: {tmp_path / name} is left out: {tmp_path / name}" in found.err
    assert main([str(tmp_path / name) for name in whole]) == 0
    assert capsys.readouterr().out == found.out
    assert show_main([str(tmp_path)]) == 0
    found = capsys.readouterr()
    assert "vae_s0 is left out" in found.err
    assert "vae_s1" in found.out
    for command in (main, show_main):
        assert command([str(tmp_path / "vae_s0"), str(tmp_path / "vae_s1")]) == 2
        assert "valid JSON" in capsys.readouterr().err


def test_tables_that_few_runs_cannot_have_are_named(runs, capsys):
    assert main([str(runs[0]), str(runs[2])]) == 0
    shown = capsys.readouterr().out
    assert "Rank correlations are left out: they take 4 runs, these are 2." in shown
    assert "Shares of the variance are left out: they take two runs of one setting" in shown
    assert main(list(map(str, runs))) == 0
    assert "left out" not in capsys.readouterr().out
