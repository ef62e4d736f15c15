"""Shared fixtures and the option --shard; shape annotations of the metrics are checked while the tests run.

What equilab keeps on the disk between two processes is kept in the checkout, not in the cache folder of the user.
"""

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

from tests.shard import pytest_addoption, pytest_collection_modifyitems  # noqa: F401

os.environ.setdefault("EQUILAB_CACHE", str(Path(__file__).resolve().parents[1] / ".pytest_cache" / "equilab"))
install_import_hook("equilab.metrics", "beartype.beartype")


@pytest.fixture
def real_data() -> Path:
    """The folder of real data files (environment variable EQUILAB_DATA); the test is skipped where there is none."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("EQUILAB_DATA", root.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data: set EQUILAB_DATA to the folder that holds dsprites_reference (looked in {folder})")
    return folder


@pytest.fixture
def mnist(real_data: Path) -> Path:
    """The folder of MNIST's four files in that of real data; the test is skipped where it is absent."""
    if not (real_data / "mnist").is_dir():
        pytest.skip(f"no MNIST: put its four idx.gz files into {real_data / 'mnist'}")
    return real_data / "mnist"
