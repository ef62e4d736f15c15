"""One finished tiny run, shared by the tests of this folder and never changed by them; which files run in .ci/run."""

from pathlib import Path

import pytest
from processes import TINY, finish


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    done = finish(TINY, "--folder", folder)
    assert done.returncode == 0, done.stderr
    return folder


def pytest_itemcollected(item: pytest.Item) -> None:
    """A file whose tests start the W&B server on this machine runs in .ci/run."""
    if isinstance(item, pytest.Function) and "wandb_server" in vars(item.module):
        item.add_marker(pytest.mark.ci)
