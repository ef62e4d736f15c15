"""equilab evaluate: of a real run and of files, what it prints and writes, and what each mistake is told."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from small import SPRITES

from equilab.metrics import score_codes
from equilab.runs.commands.evaluate import Options, main, scores_of
from equilab.runs.evaluations import Disentanglement
from equilab.runs.loop import train
from equilab.runs.record import Record

NUM_DRAWN = 20  # of 32
FACTORS = np.stack(np.unravel_index(np.arange(120), (4, 5, 6)), axis=1)


@pytest.fixture
def codes(tmp_path):
    path = tmp_path / "codes.npz"
    np.savez(path, codes=FACTORS + 0.1, factors=FACTORS, factor_names=["shape", "x", "y"])
    return path


def test_a_run_is_scored_beside_its_floors(finished_run):
    found = scores_of(Options(finished_run, metrics=("mig", "factor_vae_score"), repeats=2))
    assert list(found) == ["mig", "factor_vae_score"]
    assert list(found.references) == ["floor_random", "floor_untrained", "floor_pca", "ceiling"]
    assert found.references["ceiling"]["factor_vae_score"] == 1
    assert found["mig"].per_factor.keys() == found["factor_vae_score"].per_factor.keys() > {"shape"}


def test_the_scores_of_a_run_are_those_of_its_training(finished_run):
    """The training scored the means of the last step with the run's seed."""
    record = Record.open(finished_run)
    logged = record.last("metric/mig", "metric/mig_ceiling", "metric/mig_floor_random")
    found = scores_of(Options(finished_run, metrics=("mig",), seed=record.run.seed)).flat()
    for key, value in logged.items():
        assert found[key.removeprefix("metric/")] == value


def test_a_file_is_scored_and_written_down(codes, tmp_path, capsys):
    arguments = [str(codes), "--metrics", "mig", "factor_vae_score", "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[2].split()[:2] == ["factor_vae_score", "1.000"]
    record = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert record["protocol"] == "locatello2019"
    assert record["scores"]["mig_shape"] == pytest.approx(1, abs=0.01)
    assert record["per_block"]["mig"].keys() == {"z0", "z1", "z2"}
    assert (tmp_path / "out" / "heat_maps.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.npz"], "DataError: absent.npz: expected a run folder or a file of codes"),
        (["{codes}", "--protocol", "locatelo2019"], "did you mean locatello2019?"),
        (["{codes}", "--metrics", "mgi"], "did you mean mig?"),
        (["{codes}", "--references", "pca"], "references: expected of codes random, ceiling, got pca"),
        (["{codes}", "--representation", "sampled"], "posterior: expected"),
        (["{codes}", "--seed", "-1"], "seed: expected an integer of at least 0, got -1"),
        (["{folder}"], "run.json"),
    ],
)
def test_mistakes_are_answered_in_a_line(codes, tmp_path, capsys, arguments, message):
    assert main([word.format(codes=codes, folder=tmp_path) for word in arguments]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown


def test_a_misspelt_option_is_answered_with_the_nearest(codes, capsys):
    with pytest.raises(SystemExit):
        main([str(codes), "--protocl", "chen2018"])
    assert "--protocol" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_no_traceback(codes, tmp_path, capsys):
    (tmp_path / "taken").write_text("a file")
    assert main([str(codes), "--metrics", "mig", "--out", str(tmp_path / "taken")]) == 2
    assert "out: expected a folder" in capsys.readouterr().err
    assert main([str(codes), "--metrics", "mig", "--out", str(tmp_path / "taken" / "below")]) == 1
    assert "NotADirectoryError" in capsys.readouterr().err


def test_few_observations_are_scored_and_no_protocol_is_claimed(tmp_path, capsys):
    few = tmp_path / "few.npz"
    np.savez(few, codes=FACTORS[1:] + 0.1, factors=FACTORS[1:])
    assert main([str(few), "--metrics", "mig", "mcc", "--references", "none", "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[0].split() == ["score", "value"]
    assert shown.splitlines()[-2].startswith("own choice of metrics")
    assert shown.splitlines()[-1].startswith("119 observations, no complete grid")
    assert json.loads((tmp_path / "out" / "scores.json").read_text())["notes"][0] in shown
    assert main([str(few), "--metrics", "mig", "--strict"]) == 2
    assert "10000 observations that mig draws" in capsys.readouterr().err


def test_a_training_and_the_command_and_score_codes_give_one_answer(tmp_path):
    """Of some of the images, drawn with the run's seed: fewer than MIG draws, and no grid."""
    evaluation = Disentanglement("equilab1", ("mig", "mcc", "sap_r2"), images=NUM_DRAWN)
    train(replace(SPRITES, steps=2, seed=5, evaluations=(evaluation,)), tmp_path / "run")
    record = Record.open(tmp_path / "run")
    logged = {key.removeprefix("metric/"): value for key, value in record.last("metric/*").items()}
    found = scores_of(Options(tmp_path / "run", metrics=("mig", "mcc", "sap_r2"))).flat()
    assert {"mig", "mcc_ceiling", "sap_r2_floor_untrained", "mig_posX"} <= logged.keys()
    assert logged.items() <= found.items()
    rows = np.random.default_rng(5).choice(len(record.run.data), size=NUM_DRAWN, replace=False)
    with torch.no_grad():
        posterior = record.model().encode(record.run.data.table.gather(torch.from_numpy(rows)))
    by_hand = score_codes(posterior, record.run.data.labels(rows), metrics=["mig", "mcc", "sap_r2"], seed=5)
    assert by_hand.protocol == ""
    for name, score in by_hand.items():
        assert score.value == pytest.approx(logged[name], abs=1e-6)  # batches of another size round otherwise
        assert by_hand.references["floor_random"][name] == logged[f"{name}_floor_random"]


def test_an_interrupt_is_a_line_and_not_a_traceback(codes, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("equilab.runs.commands.evaluate.score_codes", interrupted)
    assert main([str(codes), "--metrics", "mig"]) == 130
    assert capsys.readouterr().err.strip() == "stopped; nothing was written"
