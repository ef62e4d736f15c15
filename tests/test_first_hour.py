"""docs/first_hour.md, from the wheel in an empty environment to the upload: every file and every command as it stands."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "equilab" / "runs"))
PAGE = (ROOT / "docs" / "first_hour.md").read_text()
VERSIONS = ("3.11", "3.13")


class Step(NamedTuple):
    """A command of the page and the lines that it shows there."""

    command: str
    shown: list[str]


def files() -> dict[str, str]:
    """The Python files of the page by their names, which are their first lines."""
    blocks = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, flags=re.DOTALL)
    return dict(blocks)


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
    assert any(command.startswith("lab/bin/pip install") for command in commands)
    for word in ("my_training.py", "compare", "show", "export", "upload"):
        assert any(word in command for command in commands), word
    assert set(files()) >= {"my_images.py", "my_training.py"}
    assert all(step.shown for step in steps() if "equilab" in step.command and "pip" not in step.command)


def interpreter(version: str) -> str:
    """A Python of this version that runs and makes environments; the test is skipped where there is none."""
    name = f"python{version}"
    for candidate in filter(
        None, (sys.executable if sys.version.startswith(f"{version}.") else None, shutil.which(name))
    ):
        if subprocess.run([candidate, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0:
            return candidate
    pytest.skip(f"no {name} runs here")


def refuse_gigabytes(python: Path, wheel: Path, folder: Path) -> None:
    """Skips the test where this Python's torch comes with CUDA, which is gigabytes."""
    report = folder / "report.json"
    install = (
        "-m",
        "pip",
        "install",
        "--quiet",
        "--dry-run",
        "--report",
        str(report),
        "-c",
        str(ROOT / "constraints.txt"),
    )
    subprocess.run([str(python), *install, str(wheel)], check=True, capture_output=True)
    names = {item["metadata"]["name"] for item in json.loads(report.read_text())["install"]}
    if any(name.startswith(("nvidia", "cuda")) for name in names):
        pytest.skip("torch for this Python comes with CUDA here, which is gigabytes")


@pytest.mark.ci
@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_every_command_of_the_first_hour_does_what_the_page_shows(version, tmp_path):
    from wandb_server import WandbServer

    python = interpreter(version)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([python, "-m", "venv", str(tmp_path / "probe")], check=True)
    refuse_gigabytes(tmp_path / "probe" / "bin" / "python", wheel, tmp_path)
    for name, code in files().items():
        (tmp_path / name).write_text(code)
    with WandbServer() as server:
        clean = {
            key: value for key, value in os.environ.items() if not key.startswith(("WANDB_", "PYTHON", "EQUILAB_"))
        }
        clean |= server.environment | {
            "OMP_NUM_THREADS": "2",
            "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
            "NETRC": str(tmp_path / "no_netrc"),
            "HOME": str(tmp_path),
        }
        for command, shown in steps():
            words = shlex.split(command.replace("python3 ", f"{python} ", 1))
            if words[0].startswith("lab/"):
                words[0] = str(tmp_path / words[0])
            expanded = [
                path for word in words for path in (sorted(map(str, tmp_path.glob(word))) if "*" in word else [word])
            ]
            done = subprocess.run(expanded, cwd=tmp_path, env=clean, text=True, capture_output=True, timeout=900)
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            missing = [line for line in shown if not alike(line, (done.stdout + done.stderr).splitlines())]
            assert not missing, f"{command}\n{missing}\nis not in\n{done.stdout}\n{done.stderr}"
        assert server.runs


def alike(line: str, printed: list[str]) -> bool:
    """Whether a line of the page begins like one that was printed; numbers may differ."""
    return line.strip() in ("...", "") or any(first_words(line) == first_words(each) for each in printed)


def first_words(line: str) -> list[str]:
    """The first two words of a line, any number in them as 0."""
    words = re.sub(r"[-+]?\d[\d,.e+-]*", "0", line).split()
    return words[:2]
