"""The README runs as it stands: its Python as one session, its commands as processes, its links to files."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import equilab

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)
SNIPPETS = [code for language, code in BLOCKS if language == "python"]
COMMANDS = [line.split("#")[0].strip() for language, block in BLOCKS if not language for line in block.splitlines()]
SHORT = ["--steps", "2", "--log.every", "1", "--compute.threads", "1"]  # what makes a real run short
SHORT += ["--evaluations.disentanglement.images", "2000", "--evaluations.disentanglement.metrics", "mig"]
TINY = ROOT / "tests" / "equilab" / "runs" / "recipes" / "tiny.py"


def run(command: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """A command of the README, typed in `folder`, with the interpreter of the tests."""
    words = shlex.split(command)
    if words[0] == "python":
        words[0] = sys.executable
    if words[0] == "equilab":
        words[:1] = [sys.executable, "-m", "equilab"]
    if words[0] == "wandb":
        words[0] = str(Path(sys.executable).with_name("wandb"))
    clean = {key: value for key, value in os.environ.items() if not key.startswith("WANDB_")}  # nobody's account
    clean |= {"NETRC": str(folder / "no_netrc"), "WANDB_CONFIG_DIR": str(folder / "config")}
    clean |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run([*words, *more], cwd=folder, env=clean, text=True, capture_output=True, timeout=300)


def find(start: str) -> str:
    """The one command of the README that starts like this."""
    (found,) = (command for command in COMMANDS if command.startswith(start))
    return found


def test_the_layers_snippet_runs_as_it_stands():
    names = {"__name__": "readme"}
    exec(SNIPPETS[0], names)
    images, net, plain = names["images"], names["net"], names["plain"]
    assert torch.allclose(plain(images), net.eval()(images), atol=1e-5)
    assert not any(isinstance(module, equilab.nn.Layer) for module in plain[0])


def test_the_check_snippet_shows_what_it_says(capsys):
    exec(SNIPPETS[1], {"__name__": "readme"})
    shown = capsys.readouterr().out
    assert shown.startswith("FAIL")
    for words in re.search(r"# FAIL \.\.\. (.*)", SNIPPETS[1]).group(1).split(" ... "):
        assert words in shown


def test_the_library_snippet_runs_as_it_stands(capsys):
    exec(SNIPPETS[2], {"__name__": "readme"})
    rows = {line.split()[0]: line.split()[1:4] for line in capsys.readouterr().out.splitlines()[1:4]}
    assert list(rows) == ["infomec", "infomec_compactness", "infomec_explicitness"]
    for value, floor, ceiling in (map(float, row) for row in rows.values()):
        assert floor < value <= ceiling


def test_every_link_leads_to_a_file():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in link]
    assert links
    for link in links:
        assert (ROOT / link).is_file(), link


def test_the_two_commands_are_targets_of_the_makefile():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    named = [command.split()[1] for command in COMMANDS if command.startswith("make")]
    assert named == ["demo", "test"]
    assert set(named) | set(re.findall(r"`make ([a-z-]+)`", TEXT)) <= set(targets)


TESTED = (
    "train",
    "show",
    "evaluate",
    "compare",
    "export",
)  # of several settings: tests/equilab/runs/test_compare_command.py


def test_no_command_of_the_readme_is_left_out_below():
    tested = ("make demo", "make test", "wandb leet", *(f"equilab {name}" for name in TESTED))
    assert all(command.startswith(tested) for command in COMMANDS)
    assert len(SNIPPETS) == 5


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # W&B leaves the file of a GIF open
def test_the_training_snippet_runs_as_it_stands(tmp_path, monkeypatch):
    """With fewer updates of one seed."""
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(SNIPPETS[3].replace("steps=600", "steps=2").replace("seeds=[0, 1, 2]", "seeds=[0]"), names)
    assert [record.is_finished for record in names["records"]] == [True]
    assert names["records"][0].run.model.latent_dim == 6


@pytest.mark.ci  # a dozen processes, one after the other
@pytest.mark.slow
def test_every_command_about_a_run_does_what_it_says(tmp_path):
    """The commands in the order of the README, on real dSprites; the trainings are cut to two updates."""
    shown = run(find("equilab train factor_vae --help"), tmp_path)
    assert "--objective.gamma" in shown.stdout

    trained = run(find("equilab train factor_vae --objective.gamma"), tmp_path, *SHORT)
    assert trained.returncode == 0, trained.stderr
    resumed = run(find("equilab train --resume"), tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    again = run(find("equilab train runs/gamma40/run.json"), tmp_path)
    assert again.returncode == 0, again.stderr

    several = find("equilab train factor_vae --data mini_sprites")
    cut = ("--seeds", "0", "--steps", "2", "--evaluations", "held_out_loss", "--compute.threads", "1")
    seeds = run(several.replace("--seeds 0 1 2", ""), tmp_path, *cut)
    assert seeds.returncode == 0, seeds.stderr
    assert (tmp_path / "runs" / "sprites" / "s0" / "run.json").is_file()
    shutil.rmtree(tmp_path / "runs" / "sprites")

    own = tmp_path / "my_recipe.py"
    own.write_text(TINY.read_text())
    mine = run(find("equilab train my_recipe.py"), tmp_path, "--steps", "2")
    assert mine.returncode == 0, mine.stderr

    one = run(find("equilab show runs/gamma40"), tmp_path)
    assert "Mutual information gap" in one.stdout
    folders = [str(path) for path in sorted((tmp_path / "runs").iterdir()) if "again" not in path.name]
    together = run(find("equilab show runs/* --seeds").replace("runs/*", " ".join(folders)), tmp_path)
    assert together.returncode == 0, together.stderr
    assert "gamma40" in together.stdout

    evaluate = find("equilab evaluate runs/gamma40")
    few = ("--metrics", "mig", "--images", "10000", "--references", "random", "ceiling")
    scored = run(evaluate, tmp_path, *few)
    assert "equilab1, mean codes, seed 1" in scored.stdout, scored.stderr

    for method in ("vae", "factor_vae"):
        words = f"equilab train {TINY} --objective {method} --steps 2 --seeds 0 1 --folder runs/{method}"
        assert run(words, tmp_path).returncode == 0
    compared = run(find("equilab compare runs/"), tmp_path)
    assert compared.returncode == 0, compared.stderr
    assert re.search(r"^mig +VAE .*FactorVAE", compared.stdout, flags=re.MULTILINE)

    exported = run(find("equilab export").replace("--out", "--no-onnx --out"), tmp_path)
    assert exported.returncode == 0, exported.stderr
    assert (tmp_path / "factor_vae" / "model.safetensors").is_file()

    inspect = find("wandb leet").replace("leet", "leet inspect --json")  # the same reader, without its screen
    assert '"train/loss"' in run(inspect, tmp_path).stdout

    read = run(f"python -c {shlex.quote(SNIPPETS[4])}", tmp_path)
    assert read.returncode == 0, read.stderr
    assert "metric/mig_ceiling" in read.stdout


@pytest.mark.slow
@pytest.mark.ci
def test_an_online_training_without_a_login_falls_back(tmp_path):
    command = find("equilab train factor_vae --log.wandb online")
    done = run(command, tmp_path, *SHORT)
    assert done.returncode == 0, done.stderr
    assert "not logged in (wandb login), so this run is kept offline" in done.stderr
