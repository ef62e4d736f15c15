"""A trial of a W&B sweep: the sweep file of this project, the real client and agent, a server on the loopback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from processes import ROOT, TINY_ROWS
from wandb_process import WANDB, client_environment, logged, numbers
from wandb_server import SWEEP, wandb_server
from wandb_state import Received

from equilab.runs.commands.train import main
from equilab.runs.record import Record

SWEEP_FILE = ROOT / "configs" / "sweeps" / "factor_vae_gamma.yaml"
TIMEOUT = 240  # seconds


def wandb(*words: object, folder: Path, server: Received) -> str:
    """What a command of W&B's writes to stderr, called in a folder."""
    known = client_environment(folder, server, PYTHONPATH=str(ROOT))
    known["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{known['PATH']}"
    done = subprocess.run(
        [WANDB, *map(str, words)], cwd=folder, env=known, text=True, capture_output=True, timeout=TIMEOUT
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.slow
def test_a_trial_takes_the_id_the_project_and_the_parameters_of_the_sweep_and_a_resume_goes_on_with_it(tmp_path):
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(SWEEP_FILE.read_text().replace("  - mini_sprites\n", f"  - {TINY_ROWS}\n"))  # of seconds
    with wandb_server() as received:
        wandb("sweep", "--project", "study", sweep, folder=tmp_path, server=received)
        received.trials = [{"id": "trial7", "objective.gamma": 20.0, "seed": 2, "steps": 10}]
        wandb("agent", "--count", 1, f"tester/study/{SWEEP}", folder=tmp_path, server=received)
        (folder,) = (tmp_path / "runs").iterdir()
        record = Record.open(folder)
        assert list(received.runs) == ["trial7"]
        run = received.run
        assert (run.about["sweep"], run.about["project"], run.about["entity"]) == (SWEEP, "study", "tester")
        assert (record.run.objective.gamma, record.run.seed, record.run.steps) == (20.0, 2, 10)
        assert run.config["objective.gamma"]["value"] == 20.0
        assert numbers(run.rows, record) == logged(record)
        assert run.finished == [0]

        longer = [sys.executable, "-m", "equilab", "train", "--resume", str(folder), "--steps", "20"]
        known = client_environment(tmp_path, received)
        assert subprocess.run(longer, cwd=ROOT, env=known, capture_output=True, timeout=TIMEOUT).returncode == 0
        assert list(received.runs) == ["trial7"]  # outside of the agent, whose variables are gone
        assert run.about["project"] == "study"
        assert numbers(run.rows, Record.open(folder)) == logged(Record.open(folder))
        assert run.replaced == []


def test_every_parameter_of_the_sweep_file_is_an_option_of_its_recipe(tmp_path, capsys):
    sweep = yaml.safe_load(SWEEP_FILE.read_text())
    words = sweep["command"][sweep["command"].index("train") + 1 :]
    assert words[-1] == "${args}"
    given = [f"--{name}={each['values'][-1]}" for name, each in sweep["parameters"].items()]
    folder = ("--folder", str(tmp_path / "run"))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")  # so that it is refused after its options were read
    assert main([*words[:-1], *given, *folder]) == 2
    assert "expected a folder without a run" in capsys.readouterr().err
    assert main([*words[:-1], "--objective.gama=1", *folder]) == 2
