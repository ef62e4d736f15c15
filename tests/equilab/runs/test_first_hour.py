"""docs/first_hour.md, from the wheel in an empty environment to the upload: every file and command as it stands."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest
from wandb_process import client_environment
from wandb_server import wandb_server
from wandb_state import Received

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "first_hour.md").read_text()
CONSTRAINTS = ROOT / "constraints.txt"


class Step(NamedTuple):
    """A command of the page and the lines that it shows there."""

    command: str
    shown: list[str]


def files() -> dict[str, str]:
    """The Python files of the page by their names, which are their first lines."""
    return dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, flags=re.DOTALL))


def steps() -> list[Step]:
    """The commands of the page, in order."""
    found = list[Step]()
    for block in re.findall(r"```console\n(.*?)```", PAGE, flags=re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Step(line.removeprefix("$ "), []))
            elif line.strip():
                found[-1].shown.append(line)
    return found


def test_the_page_goes_from_the_install_to_the_upload():
    commands = [step.command for step in steps()]
    for word in ("-m venv", "pip install", "my_training.py", "compare", "show", "export", "upload"):
        assert any(word in command for command in commands), word
    assert set(files()) >= {"my_images.py", "my_training.py"}
    assert all(step.shown for step in steps() if step.command.startswith("equilab"))


def interpreter(version: str) -> str:
    """A Python of this version that runs and makes environments; the test is skipped where there is none."""
    own = sys.executable if sys.version.startswith(f"{version}.") else None
    for candidate in filter(None, (own, shutil.which(f"python{version}"))):
        if subprocess.run([candidate, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0:
            return candidate
    pytest.skip(f"no python{version} runs here")


def skip_gigabytes(python: Path, wheel: Path, folder: Path) -> None:
    """Skips the test where this Python's torch comes with CUDA, which is gigabytes."""
    report = folder / "report.json"
    install = f"-m pip install --quiet --dry-run --report {report} -c {CONSTRAINTS} {wheel}"
    subprocess.run([str(python), *install.split()], check=True, capture_output=True)
    names = {item["metadata"]["name"] for item in json.loads(report.read_text())["install"]}
    if any(name.startswith(("nvidia", "cuda")) for name in names):
        pytest.skip("torch for this Python comes with CUDA here, which is gigabytes")


def environment(folder: Path, server: Received) -> dict[str, str]:
    """The variables of a stranger who is logged in to a W&B server: the new environment is first on the path."""
    ours = ("PYTHON", "EQUILAB_", "OMP_")
    clean = client_environment(folder, server)
    return {key: value for key, value in clean.items() if not key.startswith(ours)} | {
        "PATH": f"{folder / 'lab' / 'bin'}{os.pathsep}{clean['PATH']}",
        "PIP_CONSTRAINT": str(CONSTRAINTS),
        "EQUILAB_CACHE": str(folder / "cache"),
        "OMP_NUM_THREADS": "1",  # other tests run beside it
    }


@pytest.mark.ci
@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.11", "3.13"])
def test_every_command_of_the_first_hour_does_what_the_page_shows(version, tmp_path):
    python = interpreter(version)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([python, "-m", "venv", str(tmp_path / "lab")], check=True)
    skip_gigabytes(tmp_path / "lab" / "bin" / "python", wheel, tmp_path)
    for name, code in files().items():
        (tmp_path / name).write_text(code)
    with wandb_server() as server:
        for command, shown in steps():
            words = shlex.split(command.replace("python3 ", f"{python} ", 1))
            done = subprocess.run(
                [*chain(*(expanded(word, tmp_path) for word in words))],
                cwd=tmp_path,
                env=environment(tmp_path, server),
                text=True,
                capture_output=True,
                timeout=900,
            )
            printed = done.stdout + done.stderr
            assert done.returncode == 0, f"{command}\n{printed}"
            missing = [line for line in shown if not any(alike(line, each) for each in printed.splitlines())]
            assert not missing, f"{command}\n{missing}\nis not in\n{printed}"
            if "my_training" in command:  # the latents carry the factors that the page names
                alive = re.findall(r"^z\d +alive.*$", printed, flags=re.MULTILINE)
                assert all(any(re.search(rf"\b{name} \d", row) for row in alive) for name in ("x", "y"))
        for command in ("keys", "train factor_vae --help", "study status low_data", "study --help", "demo --help"):
            words = ["equilab", *command.split()]
            done = subprocess.run(
                words, cwd=tmp_path, env=environment(tmp_path, server), capture_output=True, timeout=300
            )
            assert done.returncode == 0, f"{command}\n{done.stderr.decode()}"  # the recipes are in the wheel
        assert len(server.runs) == 6
        assert all(run.rows for run in server.runs.values())


def expanded(word: str, folder: Path) -> list[str]:
    """The paths that a pattern stands for, as a shell in the folder writes them."""
    return sorted(str(path.relative_to(folder)) for path in folder.glob(word)) if "*" in word else [word]


def alike(line: str, printed: str) -> bool:
    """Whether a line of the page is one that was printed: word by word, but for numbers, addresses and verdicts.

    Another processor may train another latent: of a block only its state is compared. "..." stands for anything.
    """
    expected, found = words_of(line), words_of(printed)
    if expected[:1] == ["..."]:
        return True
    if expected[-1:] == ["..."]:
        return found[: len(expected) - 1] == expected[:-1]
    if re.match(r"z#$", expected[0]):
        return found[:2] == expected[:2]
    if expected[-2:] == ["not", "separated"]:
        ends = (["not", "separated"], ["is", "better"], ["no", "interval"])
        return found[: len(expected) - 2] == expected[:-2] and found[-2:] in ends
    return expected == found


def words_of(line: str) -> list[str]:
    """The words of a line, numbers as #, addresses as a word."""
    masked = re.sub(r"https?://\S+", "ADDRESS", line)
    return re.sub(r"-?\d+(\.\d+)?(e[+-]?\d+)?", "#", masked).split()


@pytest.mark.parametrize(
    ("line", "printed", "expected"),
    [
        ("z4   alive   2.898   x 1.32", "z1   alive   2.7   y 1.3", True),
        ("z4   alive   2.898   x 1.32", "z1   dead   0.01", False),
        ("mig   VAE   BetaVAE   3 paired   -0.10   -0.41   0.15   not separated", "mig   VAE   BetaVAE", False),
        ("score   value   meaning", "score   meaning", False),
        ("mig   0.3   1   Mutual information ...", "mig   0.28   1   Mutual information gap", True),
        ("runs/vae/s0: 9 rows: https://wandb.ai/you/1", "runs/vae/s0: 9 rows: http://localhost:1/tester/2", True),
    ],
)
def test_a_line_of_the_page_is_compared_word_by_word(line, printed, expected):
    assert alike(line, printed) == expected
