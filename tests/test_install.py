"""What an install puts on the path: the package alone; the wheel carries the recipes, and neither tests nor scripts."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ci, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[1]
FOUND = """
from importlib.util import find_spec
from pathlib import Path
for name in ("equilab", "tests", "training", "configs"):
    found = find_spec(name)
    print(name, found and Path(found.origin).resolve())
"""


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=folder, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The source archive, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, folder=folder)
    return next(folder.glob("*.tar.gz")), next(folder.glob("*.whl"))


def test_a_wheel_holds_the_package_and_the_recipes_and_nothing_else(built):
    names = zipfile.ZipFile(built[1]).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"equilab"}
    sources = {f"equilab/{path.relative_to(ROOT / 'equilab').as_posix()}" for path in (ROOT / "equilab").rglob("*.py")}
    recipes = {f"equilab/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "configs").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == sources | recipes
    assert recipes > {"equilab/configs/__init__.py", "equilab/configs/studies/low_data.py"}
    assert "equilab/configs/sweeps/factor_vae_gamma.yaml" in names
    assert "equilab/py.typed" in names


def test_a_source_archive_holds_what_tests_and_documents_need(built):
    with tarfile.open(built[0]) as archive:
        tops = {Path(name).parts[1] for name in archive.getnames()}
    assert tops >= {"equilab", "training", "configs", "tests", "docs", "Makefile", "constraints.txt", ".ci"}
    assert not tops & {"runs", "wandb", "dist", "site", ".venv", ".venv-core"}


def test_an_editable_install_puts_the_package_alone_on_the_path(tmp_path):
    run(sys.executable, "-m", "venv", tmp_path / "venv", folder=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--no-deps", "--editable", ROOT, folder=tmp_path)
    found = dict(line.split(" ", 1) for line in run(python, "-c", FOUND, folder=tmp_path).splitlines())
    assert found == {
        "equilab": str(ROOT / "equilab" / "__init__.py"),
        "tests": "None",
        "training": "None",
        "configs": "None",
    }
